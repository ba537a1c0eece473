"""What a person does with a membership: join, change what is shared, leave (R0.3, R1.2, R1.4, B5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.alerts.raising import ask_to_follow
from chalicelib.core import clock, store
from chalicelib.core.errors import Broken, GatebookError, Unavailable
from chalicelib.core.ports import HealthSource
from chalicelib.core.store import Transaction
from chalicelib.groups import attention, statuses
from chalicelib.groups.access import Guest, Member
from chalicelib.groups.consents import Action, Scope, current_text_version, in_order, receipt, snapshot
from chalicelib.groups.errors import (
    AlreadyMember,
    ChangedMeanwhile,
    DepartmentClosing,
    InvitationFull,
    InvitationRevoked,
    LabelRequired,
)
from chalicelib.groups.labels import fitting, shown_label
from chalicelib.groups.legible import legible, report_broken
from chalicelib.groups.names import name_mac
from chalicelib.groups.service.again import as_it_is, with_same_consent
from chalicelib.groups.service.bearers import claim_label
from chalicelib.groups.service.departments import check_department
from chalicelib.groups.service.endings import commit_as_it_is, end_by_pointer, end_membership
from chalicelib.groups.service.invitations import Invited
from chalicelib.groups.service.uses import check_maker, use_once
from chalicelib.groups.tables import AdminRow, DepartmentRow, InvitationRow, MembershipRow, OrganizationRow
from chalicelib.people.access import Person
from chalicelib.people.errors import SessionEnded
from chalicelib.people.service.bindings import check_binding
from chalicelib.people.tables.people import MembershipPointer, PersonRow

DEFAULT_TYPE = "member"


@dataclass(frozen=True)
class Joined:
    """A membership, and whether this request made it."""

    membership: MembershipRow
    is_new: bool


@dataclass(frozen=True)
class OwnMembership:
    """A membership of the caller with its organization."""

    organization: OrganizationRow
    membership: MembershipRow
    role: AdminRow | None


@dataclass(frozen=True)
class OwnMemberships:
    """The caller's memberships, and how many more can't be read."""

    memberships: list[OwnMembership]
    unreadable: int


class Memberships:
    """Joins, shares and leaves."""

    def __init__(self, source: HealthSource) -> None:
        """Take the source whose facts a new consent lets an organization see."""
        self._source = source

    def join(self, guest: Guest, scopes: Sequence[str], label: str | None = None) -> Joined:
        """Join with the chosen scopes, under a label where one is given; who is a member already gets that membership, unchanged.

        Raises InvitationRevoked, InvitationExpired, InvitationFull, LabelRequired, InvalidLabel, LabelIsPersonal,
        LabelDoesNotFit, LabelTaken, or SessionEnded if the person was erased meanwhile.
        """
        if guest.membership is not None:
            return Joined(guest.membership, is_new=False)
        for attempt in range(store.ROUNDS):
            try:
                return self._join(guest, in_order(scopes), label)
            except ChangedMeanwhile:
                store.wait_before(attempt)
                guest = as_it_is(guest)
        raise Unavailable

    def _join(self, guest: Guest, scopes: list[str], label: str | None) -> Joined:
        """Join with book and status as they were read. Raises ChangedMeanwhile if one changed since, and what `join` does."""
        try:
            Invited(guest.organization, guest.invitation).refuse_unless_open()
            membership = self._new_membership(guest, scopes, _label(guest.invitation, label))
            _joining(guest, membership).commit()
        except InvitationRevoked as error:
            raise _why_closed(guest) from error
        except (AlreadyMember, InvitationFull):
            twin = _joined_meanwhile(guest)
            if twin is None:
                raise
            return Joined(twin, is_new=False)
        return Joined(membership, is_new=True)

    def _new_membership(self, guest: Guest, scopes: list[str], label: str | None) -> MembershipRow:
        person, org_id, invitation = guest.person.row, guest.organization.org_id, guest.invitation
        row = MembershipRow(
            org_id,
            guest.member_id,
            person_id=person.person_id,
            enrolment=person.enrolment,
            name_mask=person.name_mask,
            document_mask=person.document_mask,
            department_id=invitation.department_id,
            path=invitation.path,
            type=invitation.type or DEFAULT_TYPE,
            scopes=scopes,
            label=label,
            name_mac=name_mac(org_id, person.name_keys or f"#{person.name_mac}"),
            joined_at=clock.now(),
            consent_version=1,
            text_version=current_text_version(),
            shared_version=statuses.shared_from(scopes, None, person),
            **self._view(scopes, person.person_id),
        )
        attention.assign_to(row, statuses.columns(row, person))
        attention.assign_to(row, attention.columns(row, guest.organization.policy_set))
        return row

    def _view(self, scopes: Sequence[str], person_id: str) -> dict[str, Any]:
        """The snapshot of a person for these scopes; who shares nothing is not even asked about."""
        return dict(snapshot(scopes, self._source.facts_of(person_id) if scopes else []))

    def change_scopes(self, member: Member, scopes: Sequence[str]) -> MembershipRow:
        """Share exactly these scopes from now on; what is taken back is erased from the organization at once.

        Raises ConsentChangedMeanwhile, or MembershipNotFound if the membership ended meanwhile.
        """
        for attempt in range(store.ROUNDS):
            try:
                return self._share(member, in_order(scopes))
            except ChangedMeanwhile:
                store.wait_before(attempt)
                member = with_same_consent(member)
        raise Unavailable

    def _share(self, member: Member, scopes: list[str]) -> MembershipRow:
        """Share with row, status and policies as they were read. Raises ChangedMeanwhile if they changed since."""
        row, organization, person = member.membership, member.organization, member.person.row
        same = attention.unchanged(row) & (MembershipRow.consent_version == row.consent_version)
        shared: dict[str, Any] = {"shared_version": statuses.shared_from(scopes, row, person), "scopes": scopes}
        shared |= {**self._view(scopes, row.person_id), "text_version": current_text_version()}
        attention.assign_to(row, shared)
        shared |= statuses.columns(row, person)
        attention.assign_to(row, shared)
        standing = attention.columns(row, organization.policy_set)
        attention.assign_to(row, standing)
        actions = [*store.assign(MembershipRow, {**shared, **standing}), MembershipRow.consent_version.add(1)]
        transaction = Transaction().update(row.own_key, actions, same, ChangedMeanwhile())
        if scopes:  # who shares nothing is overdue with nothing, whatever the policies say
            transaction.check(organization.own_key, organization.same_policies(), ChangedMeanwhile())
        if Scope.HEALTH_CODE in scopes:
            transaction.check(person.own_key, person.same_status(), ChangedMeanwhile())
        if member.acting is not None:
            check_binding(transaction, member.acting.binding)
        transaction.put(receipt(row, organization, Action.CHANGED, _by(member)))
        transaction.commit()
        return row

    def leave(self, member: Member) -> None:
        """Leave, taking back everything that was shared. Raises MembershipNotFound if that happened meanwhile."""

        def leaving(membership: MembershipRow) -> Transaction:
            transaction = Transaction()
            end_membership(transaction, membership)
            return transaction.put(receipt(membership, member.organization, Action.LEFT, _by(member)))

        commit_as_it_is(member.membership, leaving)
        if member.role is not None:
            ask_to_follow(member.membership.person_id)

    def own(self, person: Person) -> OwnMemberships:
        """The caller's memberships in books that were not deleted."""
        pointers = pointers_of(person.person_id, person.enrolment)
        keys = [(OrganizationRow.of(one.org_id), MembershipRow.of(one.org_id, one.member_id)) for one in pointers]
        roles = [AdminRow.of(one.org_id, one.member_id) for one in pointers]
        rows = store.read_together([*(key for pair in keys for key in pair), *roles])
        found: list[OwnMembership] = []
        unreadable = 0
        for (organization_key, membership_key), role_key in zip(keys, roles, strict=True):
            try:
                organization, membership = rows.get(organization_key), rows.get(membership_key)
            except Broken as error:
                report_broken(membership_key, error)
                unreadable += 1
                continue
            if organization is not None and organization.deleted_at is None and membership is not None:
                found.append(OwnMembership(organization, membership, legible(rows, role_key)))
        return OwnMemberships(found, unreadable)

    def leave_all(self, person: Person) -> None:
        """Leave every organization, before a person is erased. What was left meanwhile is passed over."""
        for pointer in pointers_of(person.person_id):
            key = OrganizationRow.of(pointer.org_id)
            organization = legible(store.read_together([key]), key)
            end_by_pointer(pointer, organization, Action.ERASED)


def _why_closed(guest: Guest) -> GatebookError:
    """What kept somebody out at the last moment: a department that is just being removed may yet stay, anything else is final."""
    if guest.invitation.department_id is None:
        return InvitationRevoked()
    key = DepartmentRow.of(guest.organization.org_id, guest.invitation.department_id)
    department = legible(store.read_together([key]), key)
    is_closing = department is not None and department.closing_until is not None
    return DepartmentClosing() if is_closing else InvitationRevoked()


def _label(invitation: InvitationRow, label: str | None) -> str | None:
    """The label in its one spelling, if one is given. Raises LabelRequired, InvalidLabel, LabelIsPersonal or LabelDoesNotFit."""
    pattern = invitation.label_pattern
    if label is None or not label.strip():
        if pattern is not None:
            raise LabelRequired(fields={"pattern": pattern})
        return None
    spelled = shown_label(label)
    return spelled if pattern is None else fitting(spelled, pattern)


def _joining(guest: Guest, membership: MembershipRow) -> Transaction:
    """All or nothing: membership, label, pointer, receipt and the code's use, while all that let the guest in goes on.

    That is the code with its maker's role, the book, the department, and the guest's life.
    """
    person, org = guest.person, guest.organization
    transaction = Transaction()
    free = MembershipRow.org_id.does_not_exist() | (MembershipRow.enrolment < person.enrolment)
    transaction.put(membership, free, AlreadyMember())
    claim_label(transaction, membership)
    use_once(transaction, guest.invitation)
    check_maker(transaction, guest.invitation)
    check_department(transaction, org.org_id, guest.invitation.department_id, InvitationRevoked())
    transaction.check(org.own_key, _takes_members(org, guest.invitation), ChangedMeanwhile())
    pointer = MembershipPointer.of(person.person_id, org.org_id)
    transaction.put(
        MembershipPointer(
            pointer.hash_value, pointer.range_value, member_id=membership.member_id, enrolment=person.enrolment
        )
    )
    if guest.acting is not None:
        check_binding(transaction, guest.acting.binding)
    transaction.put(receipt(membership, org, Action.GIVEN, _by(guest)))
    return transaction.update(person.row.own_key, [PersonRow.memberships.add(1)], *_living(person.row, membership))


def _by(caller: Guest | Member) -> str | None:
    """Who acts in somebody's name, as their receipt says it."""
    return None if caller.acting is None else caller.acting.by


def _living(person: PersonRow, membership: MembershipRow) -> tuple[Condition, GatebookError]:
    """That the guest's life goes on, with the status that was read if they share it, and what it means if not."""
    if Scope.HEALTH_CODE in membership.scopes:
        return person.same_status(), ChangedMeanwhile()
    return PersonRow.enrolment == person.enrolment, SessionEnded()


def _takes_members(organization: OrganizationRow, invitation: InvitationRow) -> Condition:
    """That the book is there with the policies that were read, and still its who made the invitation, if that was its owner."""
    same = organization.same_policies()
    return same if invitation.term is None else same & (OrganizationRow.owner_term == invitation.term)


def _joined_meanwhile(guest: Guest) -> MembershipRow | None:
    """The membership that a twin of this request made, in the same life of the person."""
    key = MembershipRow.of(guest.organization.org_id, guest.member_id)
    row = store.read_together([key]).get(key)
    return row if row is not None and row.enrolment == guest.person.enrolment else None


def pointers_of(person_id: str, enrolment: int | None = None) -> list[MembershipPointer]:
    """What the person is a member of, in one life or in all."""
    prefix = MembershipPointer.sk.startswith(MembershipPointer.PREFIX)
    pointers = store.query_all(MembershipPointer, person_id, prefix)
    return [pointer for pointer in pointers if enrolment in {None, pointer.enrolment}]
