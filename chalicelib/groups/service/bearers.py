"""Who bears which label: a row a label, put and removed in the transactions that join, change and end."""

from pynamodb.expressions.condition import Condition

from chalicelib.core import store
from chalicelib.core.store import Transaction
from chalicelib.groups.errors import LabelTaken, MembershipNotFound
from chalicelib.groups.labels import label_key
from chalicelib.groups.tables import LabelRow, MembershipRow
from chalicelib.people.tables.people import MembershipPointer


def claim_label(transaction: Transaction, membership: MembershipRow) -> None:
    """Make the label the member's, if they have one. The transaction raises LabelTaken if it is somebody else's."""
    if membership.label is None:
        return
    key = LabelRow.of(membership.org_id, label_key(membership.label))
    row = LabelRow(key.hash_value, key.range_value, label=membership.label, member_id=membership.member_id)
    free = LabelRow.org_id.does_not_exist() | (LabelRow.member_id == membership.member_id)
    transaction.put(row, free, LabelTaken())


def release_label(transaction: Transaction, membership: MembershipRow) -> None:
    """Free the label of a member who is known to bear it still (`has_label` in the same transaction)."""
    if membership.label is not None:
        transaction.delete(LabelRow.of(membership.org_id, label_key(membership.label)))


def release_label_of(transaction: Transaction, pointer: MembershipPointer, membership: MembershipRow | None) -> None:
    """Free the label of a member whose row may be illegible: then the organization's labels are looked through.

    The transaction raises MembershipNotFound if the member was given another label at this moment.
    """
    mine = LabelRow.member_id == pointer.member_id
    if membership is None:
        labels = store.query_all(LabelRow, pointer.org_id, LabelRow.sk.startswith(LabelRow.PREFIX))
        keys = [row.own_key for row in labels if row.member_id == pointer.member_id]
    else:
        keys = [] if membership.label is None else [LabelRow.of(pointer.org_id, label_key(membership.label))]
    for key in keys:
        transaction.delete(key, mine, MembershipNotFound())


def has_label(label: str | None) -> Condition:
    """That the stored membership has this label, or none."""
    same: Condition = MembershipRow.label.does_not_exist() if label is None else MembershipRow.label == label
    return same
