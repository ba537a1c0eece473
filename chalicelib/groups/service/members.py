"""What managers do with members: look at them, which they can see, and remove them (R0.2, R1.3, B1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.alerts.raising import ask_to_follow
from chalicelib.core import store, tokens
from chalicelib.core.errors import Broken
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.attention import show
from chalicelib.groups.consents import Action, receipt
from chalicelib.groups.disclosures import WHY_DETAILS, WHY_LIST, disclose
from chalicelib.groups.errors import MemberAdministrates, MemberNotFound, MembershipNotFound
from chalicelib.groups.legible import legible
from chalicelib.groups.service.departments import department_path
from chalicelib.groups.service.endings import commit_as_it_is, end_membership
from chalicelib.groups.tables import AdminRow, AttentionIndex, ListedMember, MembershipRow, PathIndex


@dataclass(frozen=True)
class MemberPage:
    """One page of members, the cursor of the next, and how many rows could not be read."""

    members: list[ListedMember]
    cursor: str | None
    unreadable: int


class Removal(StrEnum):
    """What became of one member of those to be removed."""

    REMOVED = "removed"
    NOT_FOUND = "not_found"
    """Is no member of what the caller manages, or was removed before."""
    REFUSED = "refused"
    """The owner, or an administrator who is not below the caller."""
    UNREADABLE = "unreadable"
    """The stored row is damaged; it is reported to the operators."""


class Members:
    """Lists, shows and removes members."""

    def list_members(
        self, manager: Manager, department_id: str | None, *, attention: bool, limit: int, cursor: str | None
    ) -> MemberPage:
        """One page of a subtree, consistent, so that it never shows a withdrawn consent; or only who needs attention.

        Each person on it finds the look in their access log: it is in the ledger before the answer leaves. Raises
        UnknownDepartment or InvalidCursor.
        """
        path, index = department_path(manager, department_id), AttentionIndex if attention else PathIndex
        scope = f"members|{manager.org_id}|{index.Meta.index_name}|{path}"
        start = tokens.open_cursor(scope, cursor)
        range_key = MembershipRow.attention_key if attention else MembershipRow.path
        page = store.query(
            ListedMember,
            manager.org_id,
            range_key.startswith(path),
            index=index.Meta.index_name,
            limit=limit,
            start=start,
        )
        shown = _as_they_stand(manager, page.rows, attention=attention)
        disclose(manager, shown, why=WHY_LIST)
        following = tokens.seal_cursor(scope, page.next_key)
        return MemberPage(shown, following, page.unreadable)

    def details(self, manager: Manager, member_id: str) -> MembershipRow:
        """One member of the manager's subtree, who finds the look in their access log. Raises MemberNotFound."""
        membership = member_of(manager, member_id)
        show(membership, manager.organization.policy_set)
        disclose(manager, [membership], why=WHY_DETAILS)
        return membership

    def remove_all(self, manager: Manager, member_ids: Iterable[str]) -> dict[str, Removal]:
        """Remove several who do not belong, each by itself, and say of each what became of it; a repetition does no harm."""
        return {member_id: self._removal(manager, member_id) for member_id in dict.fromkeys(member_ids)}

    def _removal(self, manager: Manager, member_id: str) -> Removal:
        try:
            self.remove(manager, member_id)
        except MemberNotFound:
            return Removal.NOT_FOUND
        except MemberAdministrates:
            return Removal.REFUSED
        except Broken:
            return Removal.UNREADABLE
        return Removal.REMOVED

    def remove(self, manager: Manager, member_id: str) -> None:
        """Remove somebody who does not belong; what they shared is erased at once, and a role that they had ends.

        Raises MemberNotFound, also for who is not in the manager's subtree, or MemberAdministrates.
        """
        keys = MembershipRow.of(manager.org_id, member_id), AdminRow.of(manager.org_id, member_id)
        rows = store.read_together(keys)
        membership, has_role = _reached(manager, rows.get(keys[0])), legible(rows, keys[1]) is not None
        if manager.admin is not None and membership.person_id == manager.organization.owner_id:
            raise MemberAdministrates

        def removing(as_it_is: MembershipRow) -> Transaction:
            transaction = Transaction()
            _end_lower_role(transaction, manager, as_it_is)
            end_membership(transaction, as_it_is, with_role=False, below=manager.path)
            return transaction.put(receipt(as_it_is, manager.organization, Action.REMOVED))

        try:
            commit_as_it_is(membership, removing)
        except MembershipNotFound as error:
            raise MemberNotFound from error
        if has_role:
            ask_to_follow(membership.person_id)


def _as_they_stand(manager: Manager, rows: list[ListedMember], *, attention: bool) -> list[ListedMember]:
    """The members as they stand at this moment; who needs no attention any more is not on a list of those who do."""
    for row in rows:
        show(row, manager.organization.policy_set)
    return [row for row in rows if row.attention or not attention]


def member_of(manager: Manager, member_id: str) -> MembershipRow:
    """A member of the manager's subtree. Raises MemberNotFound for anybody else, so that nobody learns who is beside."""
    key = MembershipRow.of(manager.org_id, member_id)
    return _reached(manager, store.read_together([key]).get(key))


def _reached(manager: Manager, membership: MembershipRow | None) -> MembershipRow:
    if membership is None or not manager.reaches(membership.path):
        raise MemberNotFound
    return membership


def _end_lower_role(transaction: Transaction, manager: Manager, membership: MembershipRow) -> None:
    """End the role of a member with the membership. An administrator does so only to those below their own department."""
    key = AdminRow.of(manager.org_id, membership.member_id)
    if manager.admin is None:
        transaction.delete(key)
        return
    below = AdminRow.path.startswith(manager.path) & (AdminRow.path != manager.path)
    transaction.delete(key, AdminRow.person_id.does_not_exist() | below, MemberAdministrates())
