"""Where a member stands: department, type and label, changed by whoever manages them (R0.1, R0.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.core import store
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.disclosures import WHY_DETAILS, disclose
from chalicelib.groups.errors import DepartmentClosing, MemberChanged, UnknownDepartment
from chalicelib.groups.labels import label_key, label_of
from chalicelib.groups.service.bearers import claim_label, has_label
from chalicelib.groups.service.departments import check_department, department_path
from chalicelib.groups.service.members import member_of
from chalicelib.groups.service.memberships import DEFAULT_TYPE
from chalicelib.groups.tables import TOP, LabelRow, MembershipRow


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

        Raises MemberNotFound, UnknownDepartment, DepartmentClosing, InvalidLabel, LabelTaken, or MemberChanged if somebody else
        changed the member at the same moment.
        """
        before = member_of(manager, member_id)
        after = _placed(manager, before, placement)
        disclose(manager, [before], why=WHY_DETAILS)
        _placing(before, after).commit()
        return after


def _placed(manager: Manager, before: MembershipRow, placement: Placement) -> MembershipRow:
    after = MembershipRow.from_raw_data(before.serialize())
    after.department_id = placement.of("department_id", before.department_id)
    after.path = _path(manager, before, after.department_id)
    after.type = label_of(placement.of("type", before.type) or DEFAULT_TYPE, "type")
    label = placement.of("label", before.label)
    after.label = None if label is None else label_of(label)
    if before.attention_key is not None:
        after.attention_key = after.path + before.attention_key.removeprefix(before.path)
    return after


def _path(manager: Manager, before: MembershipRow, department_id: str | None) -> str:
    """Where the member stands then. Whom an administrator manages they can't put above themselves."""
    if department_id == before.department_id:
        return before.path
    if department_id is not None:
        return department_path(manager, department_id)
    if manager.path != TOP:
        raise UnknownDepartment
    return TOP


def _placing(before: MembershipRow, after: MembershipRow) -> Transaction:
    names = ("department_id", "path", "type", "label", "attention_key")
    changed: dict[str, Any] = {
        name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)
    }
    transaction = Transaction()
    if not changed:
        return transaction.check(before.own_key, _as_read(before), MemberChanged())
    transaction.update(before.own_key, store.assign(MembershipRow, changed), _as_read(before), MemberChanged())
    if after.department_id != before.department_id:
        check_department(transaction, before.org_id, after.department_id, DepartmentClosing())
    if after.label != before.label:
        claim_label(transaction, after)
        if before.label is not None and label_key(before.label) != label_key(after.label or ""):
            transaction.delete(LabelRow.of(before.org_id, label_key(before.label)))
    return transaction


def _as_read(before: MembershipRow) -> Condition:
    """That the member stands where they were read, in the same membership."""
    same: Condition = (MembershipRow.joined_at == before.joined_at) & (MembershipRow.path == before.path)
    same &= MembershipRow.type == before.type
    same &= has_label(before.label)
    if before.attention_key is None:
        same &= MembershipRow.attention_key.does_not_exist()
    else:
        same &= MembershipRow.attention_key == before.attention_key
    return same
