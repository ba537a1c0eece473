"""What somebody owns or administers, for those who have to know it without a request of theirs."""

from chalicelib.core import store
from chalicelib.core.crypto import pairwise_id
from chalicelib.groups.legible import legible
from chalicelib.groups.tables import AdminRow, OrganizationRow
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


def _manages(rows: store.Rows, org_id: str, member_id: str, person_id: str) -> bool:
    organization = legible(rows, OrganizationRow.of(org_id))
    if organization is None or organization.deleted_at is not None:
        return False
    role = legible(rows, AdminRow.of(org_id, member_id))
    return organization.owner_id == person_id or (role is not None and role.person_id == person_id)
