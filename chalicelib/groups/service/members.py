"""What the owner of a book does with its members: look at them, which they can see, and remove them (R1.3, B1)."""

import json
from dataclasses import dataclass

from chalicelib.core import store, tokens
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Owner
from chalicelib.groups.consents import DISCLOSABLE, Action, disclosed, receipt
from chalicelib.groups.errors import DepartmentNotFound, MemberNotFound, MembershipNotFound
from chalicelib.groups.service.memberships import end_membership
from chalicelib.groups.tables import TOP, AttentionIndex, ListedMember, MembershipRow, PathIndex
from chalicelib.people.tables.privacy import ledger_entry

WHY_LIST = "members"
"""The reason that a person's access log shows for a look at the list."""


@dataclass(frozen=True)
class MemberPage:
    """One page of members, the cursor of the next, and how many rows could not be read."""

    members: list[ListedMember]
    cursor: str | None
    unreadable: int


class Members:
    """Lists and removes members."""

    def list_members(
        self, owner: Owner, department_id: str | None, *, attention: bool, limit: int, cursor: str | None
    ) -> MemberPage:
        """One page of the book, consistent, so that it never shows a withdrawn consent; or only who needs attention.

        Each person on it finds the look in their access log: it is in the ledger before the answer leaves. Raises
        DepartmentNotFound (there are none yet) or InvalidCursor.
        """
        if department_id is not None:
            raise DepartmentNotFound
        org_id = owner.organization.org_id
        index = AttentionIndex if attention else PathIndex
        scope = f"members|{org_id}|{index.Meta.index_name}"
        start = json.loads(tokens.open_cursor(scope, cursor)) if cursor else None
        range_key = MembershipRow.attention_key if attention else MembershipRow.path
        page = store.query(
            ListedMember, org_id, range_key.startswith(TOP), index=index.Meta.index_name, limit=limit, start=start
        )
        if page.rows:
            _disclose(owner, page.rows)
        following = tokens.seal_cursor(scope, json.dumps(page.next_key)) if page.next_key else None
        return MemberPage(page.rows, following, page.unreadable)

    def remove(self, owner: Owner, member_id: str) -> None:
        """Remove somebody who does not belong; what they shared is erased at once. Raises MemberNotFound."""
        key = MembershipRow.of(owner.organization.org_id, member_id)
        membership = store.read_together([key]).get(key)
        if membership is None:
            raise MemberNotFound
        transaction = Transaction()
        end_membership(transaction, membership)
        transaction.put(receipt(membership, owner.organization, Action.REMOVED))
        try:
            transaction.commit()
        except MembershipNotFound as error:
            raise MemberNotFound from error


def _disclose(owner: Owner, members: list[ListedMember]) -> None:
    """Put one ledger entry for the whole page; its consumer writes each person's access log (design §4)."""
    entry = ledger_entry(
        "DISCLOSURE",
        [disclosed(row.person_id, int(row.enrolment), row.scopes) for row in members],
        org_id=owner.organization.org_id,
        organization=owner.organization.name,
        actor=owner.person.row.name_mask or "",
        what=list(DISCLOSABLE),
        why=WHY_LIST,
    )
    store.put(entry)
