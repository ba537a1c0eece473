"""What somebody owns or administers, for those who have to know it without a request of theirs."""

from chalicelib.core import store
from chalicelib.core.crypto import pairwise_id
from chalicelib.groups.legible import legible
from chalicelib.groups.tables import TOP, AdminRow, OrganizationRow
from chalicelib.people.tables.people import MembershipPointer, OwnershipPointer


class Managed:
    """Answers whose alerts a person gets, as `alerts` asks (its port `Administered`)."""

    def organizations_of(self, person_id: str) -> list[tuple[str, str]]:
        """Each organization that a person owns or administers, and the id by which it knows them. Deleted books are none."""
        owned = store.query_all(OwnershipPointer, person_id, OwnershipPointer.sk.startswith(OwnershipPointer.PREFIX))
        joined = store.query_all(
            MembershipPointer, person_id, MembershipPointer.sk.startswith(MembershipPointer.PREFIX)
        )
        ids = {one.org_id: pairwise_id(one.org_id, person_id) for one in owned}
        ids |= {one.org_id: one.member_id for one in joined}
        keys = [key for org_id in ids for key in (OrganizationRow.of(org_id), AdminRow.of(org_id, ids[org_id]))]
        rows = store.read_together(keys)
        return [(org_id, ids[org_id]) for org_id in ids if _manages(rows, org_id, ids[org_id], person_id)]


def parts_of(person_id: str, enrolment: int) -> list[tuple[str, str]]:
    """Each part of a book that a person looks after in this life: the organization, and the path of what is theirs in it."""
    owned = [
        one.org_id
        for one in store.query_all(OwnershipPointer, person_id, OwnershipPointer.sk.startswith(OwnershipPointer.PREFIX))
    ]
    joined = list(
        store.query_all(MembershipPointer, person_id, MembershipPointer.sk.startswith(MembershipPointer.PREFIX))
    )
    roles = {one.org_id: AdminRow.of(one.org_id, one.member_id) for one in joined}
    rows = store.read_together([*(OrganizationRow.of(one) for one in {*owned, *roles}), *roles.values()])
    found: list[tuple[str, str]] = []
    for org_id in sorted({*owned, *roles}):
        book, role = legible(rows, OrganizationRow.of(org_id)), None
        if org_id in roles:
            role = legible(rows, roles[org_id])
        if book is None or book.deleted_at is not None:
            continue
        if book.owner_id == person_id:
            found.append((org_id, TOP))
        elif role is not None and role.person_id == person_id and role.enrolment == enrolment:
            found.append((org_id, role.path))
    return found


def _manages(rows: store.Rows, org_id: str, member_id: str, person_id: str) -> bool:
    organization = legible(rows, OrganizationRow.of(org_id))
    if organization is None or organization.deleted_at is not None:
        return False
    role = legible(rows, AdminRow.of(org_id, member_id))
    return organization.owner_id == person_id or (role is not None and role.person_id == person_id)
