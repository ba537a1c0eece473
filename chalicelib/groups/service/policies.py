"""After how many days something of a member is overdue: set by whoever manages them (R0.5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.core import store
from chalicelib.core.errors import Unavailable
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.errors import (
    ChangedMeanwhile,
    EmptyPolicy,
    PolicyNotFound,
    TooManyPolicies,
    UnknownDepartment,
)
from chalicelib.groups.labels import label_of, shown_label
from chalicelib.groups.policies import MAX_POLICIES, Policy, PolicySet, Stated
from chalicelib.groups.service.again import present_book
from chalicelib.groups.service.departments import check_department, department_path
from chalicelib.groups.service.standings import POLICY_CHANGED
from chalicelib.groups.tables import OrganizationRow
from chalicelib.people.tables.privacy import ledger_entry


@dataclass(frozen=True)
class ShownPolicy:
    """A policy as a manager sees it; one that is inherited belongs to a department above theirs, and is not theirs to change."""

    policy: Policy
    is_inherited: bool


class Policies:
    """Shows, sets and takes away policies. Members are compared with them in the background (`Standings.recompute`)."""

    def list_policies(self, manager: Manager) -> list[ShownPolicy]:
        """The policies of the manager's subtree and, as inherited, those above it that count there too."""
        return [
            ShownPolicy(policy, is_inherited=not manager.reaches(policy.path))
            for policy in manager.organization.policy_set
            if manager.reaches(policy.path) or manager.path.startswith(policy.path)
        ]

    def set_policy(
        self, manager: Manager, department_id: str | None, type_: str | None, days: Mapping[str, int]
    ) -> ShownPolicy:
        """Let a policy stand in place of what was stated for this department and type; None is the manager's own department.

        Raises EmptyPolicy, InvalidLabel, LabelIsPersonal, UnknownDepartment, TooManyPolicies or OrganizationNotFound.
        """
        if not days:
            raise EmptyPolicy
        new_type = None if type_ is None else shown_label(type_, "type")
        policy = Policy(department_path(manager, department_id), new_type, days)

        def change(present: PolicySet) -> Stated:
            stated = present.with_policy(policy)
            if len(PolicySet(0, stated)) > MAX_POLICIES:
                raise TooManyPolicies(fields={"limit": MAX_POLICIES})
            return stated

        _change(manager, policy, change)
        return ShownPolicy(policy, is_inherited=False)

    def remove_policy(self, manager: Manager, department_id: str | None, type_: str | None) -> None:
        """Take a policy away, so that what is above it counts.

        Raises InvalidLabel, UnknownDepartment, PolicyNotFound or OrganizationNotFound.
        """
        policy = Policy(department_path(manager, department_id), _type(type_), {})

        def change(present: PolicySet) -> Stated:
            stated = present.without(policy.path, policy.type)
            if stated == present.stated:
                raise PolicyNotFound
            return stated

        _change(manager, policy, change)


def _type(text: str | None) -> str | None:
    """A type in its one spelling, as members have it. Raises InvalidLabel."""
    return None if text is None else label_of(text, "type")


def _change(manager: Manager, policy: Policy, change: Callable[[PolicySet], Stated]) -> None:
    """Carry a change out on the newest policies; one that changes nothing causes nothing. Raises Unavailable."""
    organization = manager.organization
    for attempt in range(store.ROUNDS):
        stated = change(organization.policy_set)
        if stated == organization.policy_set.stated:
            return
        try:
            _changing(manager, organization, policy, stated).commit()
        except ChangedMeanwhile:
            store.wait_before(attempt)
            organization = present_book(organization)
        else:
            return
    raise Unavailable


def _changing(manager: Manager, organization: OrganizationRow, policy: Policy, stated: Stated) -> Transaction:
    """The change, and the ledger's entry from which its work begins."""
    actions = [OrganizationRow.policies.set(stated), OrganizationRow.policies_version.add(1)]
    transaction = Transaction().update(organization.own_key, actions, organization.same_policies(), ChangedMeanwhile())
    check_department(transaction, organization.org_id, policy.department_id, UnknownDepartment())
    actor = manager.person.row.name_mask or ""
    entry = ledger_entry(
        POLICY_CHANGED, org_id=organization.org_id, organization=organization.name, path=policy.path, actor=actor
    )
    return transaction.put(entry)
