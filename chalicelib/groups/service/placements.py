"""Where a member stands: department, type and label, changed by whoever manages them (R0.1, R0.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.core import store
from chalicelib.core.errors import Unavailable
from chalicelib.core.store import Transaction
from chalicelib.groups import attention
from chalicelib.groups.access import Manager
from chalicelib.groups.disclosures import WHY_DETAILS, disclose
from chalicelib.groups.errors import ChangedMeanwhile, DepartmentClosing, MemberChanged, UnknownDepartment
from chalicelib.groups.labels import label_key, shown_label
from chalicelib.groups.service.again import present_book
from chalicelib.groups.service.bearers import claim_label, has_label
from chalicelib.groups.service.departments import check_department, department_path
from chalicelib.groups.service.members import member_of
from chalicelib.groups.service.memberships import DEFAULT_TYPE
from chalicelib.groups.tables import TOP, LabelRow, MembershipRow, OrganizationRow

PLACE = ("department_id", "path", "type", "label")
"""Where a member stands, column by column."""


@dataclass(frozen=True)
class Placement:
    """What is to be changed of a member; what is not in `changes` stays. None is the organization itself, `member`, no label."""

    changes: Mapping[str, str | None]

    def of(self, name: str, present: str | None) -> str | None:
        """The value after the change of `department_id`, `type` or `label`."""
        return self.changes.get(name, present)


class Placements:
    """Moves members and changes their type and label."""

    def place(self, manager: Manager, member_id: str, placement: Placement) -> MembershipRow:
        """Change where a member of the manager's subtree stands, within that subtree.

        Raises MemberNotFound, UnknownDepartment, DepartmentClosing, InvalidLabel, LabelIsPersonal, LabelTaken, or MemberChanged
        if somebody else moved the member at the same moment. What else changed at that moment, a snapshot or a policy, is taken
        into account.
        """
        before = member_of(manager, member_id)
        disclose(manager, [before], why=WHY_DETAILS)
        for attempt in range(store.ROUNDS):
            after = _placed(manager, before, placement)
            try:
                _placing(manager.organization, before, after).commit()
            except ChangedMeanwhile:
                store.wait_before(attempt)
                before = _read_again(manager, before)
                manager = replace(manager, organization=present_book(manager.organization))
            else:
                attention.show(after, manager.organization.policy_set)
                return after
        raise Unavailable


def _placed(manager: Manager, before: MembershipRow, placement: Placement) -> MembershipRow:
    after = MembershipRow.from_raw_data(before.serialize())
    after.department_id = placement.of("department_id", before.department_id)
    after.path = _path(manager, before, after.department_id)
    type_, label = placement.of("type", before.type) or DEFAULT_TYPE, placement.changes.get("label")
    after.type = before.type if type_ == before.type else shown_label(type_, "type")
    after.label = placement.of("label", before.label) if label is None else shown_label(label)
    attention.assign_to(after, attention.columns(after, manager.organization.policy_set))
    return after


def _read_again(manager: Manager, before: MembershipRow) -> MembershipRow:
    """The member as they are now. Raises MemberChanged if they do not stand where they did, MemberNotFound if they left."""
    now = member_of(manager, before.member_id)
    if any(getattr(now, name) != getattr(before, name) for name in (*PLACE, "joined_at")):
        raise MemberChanged
    return now


def _path(manager: Manager, before: MembershipRow, department_id: str | None) -> str:
    """Where the member stands then. Whom an administrator manages they can't put above themselves."""
    if department_id == before.department_id:
        return before.path
    if department_id is not None:
        return department_path(manager, department_id)
    if manager.path != TOP:
        raise UnknownDepartment
    return TOP


def _placing(organization: OrganizationRow, before: MembershipRow, after: MembershipRow) -> Transaction:
    """The move, with the standing that comes of it if the department or the type is another."""
    changed: dict[str, Any] = {
        name: getattr(after, name) for name in PLACE if getattr(after, name) != getattr(before, name)
    }
    transaction, as_read = Transaction(), attention.unchanged(before) & has_label(before.label)
    if not changed:
        return transaction.check(before.own_key, as_read, ChangedMeanwhile())
    if {"path", "type"} & changed.keys():
        changed |= {name: getattr(after, name) for name in attention.STANDING}
        transaction.check(organization.own_key, organization.same_policies(), ChangedMeanwhile())
    transaction.update(before.own_key, store.assign(MembershipRow, changed), as_read, ChangedMeanwhile())
    if after.department_id != before.department_id:
        check_department(transaction, before.org_id, after.department_id, DepartmentClosing())
    if after.label != before.label:
        claim_label(transaction, after)
        if before.label is not None and label_key(before.label) != label_key(after.label or ""):
            transaction.delete(LabelRow.of(before.org_id, label_key(before.label)))
    return transaction
