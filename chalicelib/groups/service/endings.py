"""How a membership ends: with its pointer, its label and its role, once, and with a receipt (B5)."""

from collections.abc import Callable

from chalicelib.core import store
from chalicelib.core.store import Transaction
from chalicelib.groups.consents import Action, current_text_version, receipt
from chalicelib.groups.errors import MembershipNotFound
from chalicelib.groups.legible import legible
from chalicelib.groups.service.bearers import has_label, release_label, release_label_of
from chalicelib.groups.tables import TOP, AdminRow, MembershipRow, OrganizationRow
from chalicelib.people.tables.people import MembershipPointer, PersonRow


def end_membership(
    transaction: Transaction,
    membership: MembershipRow,
    *,
    with_role: bool = True,
    with_label: bool = True,
    below: str = TOP,
) -> None:
    """Remove membership and pointer and count the person's memberships down, once: the membership must still be there.

    A role that the member had in the organization ends `with_role`, and their label is free `with_label`, or by the caller. The
    transaction raises MembershipNotFound also for who does not stand at the path `below`, or under it, any more.
    """
    if with_role:
        transaction.delete(AdminRow.of(membership.org_id, membership.member_id))
    still_there = (MembershipRow.enrolment == membership.enrolment) & has_label(membership.label)
    if below != TOP:
        still_there &= MembershipRow.path.startswith(below)
    transaction.delete(membership.own_key, still_there, MembershipNotFound())
    if with_label:
        release_label(transaction, membership)
    transaction.delete(MembershipPointer.of(membership.person_id, membership.org_id))
    transaction.update(PersonRow.of(membership.person_id), [PersonRow.memberships.add(-1)])


def commit_as_it_is(membership: MembershipRow, ending: Callable[[MembershipRow], Transaction]) -> None:
    """End a membership that may be given another label at the same moment: then it is read again, once.

    Raises MembershipNotFound, and what else the parts of the transaction mean.
    """
    try:
        ending(membership).commit()
    except MembershipNotFound:
        again = store.read_together([membership.own_key]).get(membership.own_key)
        if again is None or again.enrolment != membership.enrolment or again.label == membership.label:
            raise
        ending(again).commit()


def end_by_pointer(pointer: MembershipPointer, organization: OrganizationRow | None, action: Action) -> None:
    """End a membership by its pointer, unless it ended meanwhile."""
    try:
        ending_by_pointer(pointer, organization, action).commit()
    except MembershipNotFound:
        return


def ending_by_pointer(
    pointer: MembershipPointer, organization: OrganizationRow | None, action: Action, *, with_rest: bool = True
) -> Transaction:
    """What ends a membership even if its row, or that of its organization, can't be read any more: the pointer will do.

    Nobody is kept in a book by a damaged row. Without an organization there is nothing that a receipt could name. Role and
    label end `with_rest`, as in `end_membership`. The transaction raises MembershipNotFound if the membership ended meanwhile.
    """
    key = MembershipRow.of(pointer.org_id, pointer.member_id)
    membership = legible(store.read_together([key]), key)
    transaction = Transaction().delete(key)
    still_there = MembershipPointer.enrolment == pointer.enrolment
    transaction.delete(pointer.own_key, still_there, MembershipNotFound())
    transaction.update(PersonRow.of(pointer.person_id), [PersonRow.memberships.add(-1)])
    if with_rest:
        transaction.delete(AdminRow.of(pointer.org_id, pointer.member_id))
        release_label_of(transaction, pointer, membership)
    if organization is not None:
        transaction.put(receipt(membership or _unread(pointer), organization, action))
    return transaction


def _unread(pointer: MembershipPointer) -> MembershipRow:
    """As much of a membership as its receipt needs."""
    version = current_text_version()
    return MembershipRow(
        pointer.org_id,
        pointer.member_id,
        person_id=pointer.person_id,
        enrolment=pointer.enrolment,
        text_version=version,
    )
