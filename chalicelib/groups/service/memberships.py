"""What a person does with a membership: join, change what is shared, leave (R0.3, R1.2, R1.4, B5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core import clock, store
from chalicelib.core.crypto import keyed_id
from chalicelib.core.ports import Fact, HealthSource
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Guest, Member
from chalicelib.groups.consents import Action, current_text_version, in_order, receipt, snapshot
from chalicelib.groups.errors import (
    AlreadyMember,
    ConsentChangedMeanwhile,
    InvitationNotFound,
    MembershipNotFound,
)
from chalicelib.groups.service.invitations import refuse_unless_open, use_once
from chalicelib.groups.tables import TOP, MembershipRow, OrganizationRow
from chalicelib.people.access import Person
from chalicelib.people.errors import SessionEnded
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


class Memberships:
    """Joins, shares and leaves."""

    def __init__(self, source: HealthSource) -> None:
        """Take the source whose facts a new consent lets an organization see."""
        self._source = source

    def join(self, guest: Guest, scopes: Sequence[str]) -> Joined:
        """Join with the chosen scopes; who is a member already gets that membership, unchanged.

        Raises InvitationRevoked, InvitationExpired, InvitationFull, or SessionEnded if the person was erased meanwhile.
        """
        if guest.membership is not None:
            return Joined(guest.membership, is_new=False)
        refuse_unless_open(guest.invitation)
        membership = self._new_membership(guest, in_order(scopes))
        try:
            _joining(guest, membership).commit()
        except AlreadyMember:
            stored = store.read_together([membership.own_key]).get(membership.own_key)
            if stored is None:
                raise
            return Joined(stored, is_new=False)
        return Joined(membership, is_new=True)

    def _new_membership(self, guest: Guest, scopes: list[str]) -> MembershipRow:
        person, org_id = guest.person.row, guest.organization.org_id
        return MembershipRow(
            org_id,
            guest.member_id,
            person_id=person.person_id,
            enrolment=person.enrolment,
            name_mask=person.name_mask,
            document_mask=person.document_mask,
            path=TOP,
            type=DEFAULT_TYPE,
            scopes=scopes,
            name_mac=keyed_id("member-name", org_id, person.name_mac or ""),
            joined_at=clock.now(),
            consent_version=1,
            text_version=current_text_version(),
            **self._view(scopes, person.person_id),
        )

    def _view(self, scopes: Sequence[str], person_id: str) -> dict[str, Any]:
        """The snapshot of a person for these scopes; who shares nothing is not even asked about."""
        return dict(snapshot(scopes, self._source.facts_of(person_id) if scopes else []))

    def change_scopes(self, member: Member, scopes: Sequence[str]) -> MembershipRow:
        """Share exactly these scopes from now on; what is taken back is erased from the organization at once."""
        chosen, old = in_order(scopes), member.membership
        view = self._view(chosen, member.person.person_id)
        shared = {**view, "scopes": chosen, "text_version": current_text_version()}
        actions = [*store.assign(MembershipRow, shared), MembershipRow.consent_version.add(1)]
        unchanged = MembershipRow.consent_version == old.consent_version
        for name, value in shared.items():
            setattr(old, name, value)
        transaction = Transaction().update(old.own_key, actions, unchanged, ConsentChangedMeanwhile())
        transaction.put(receipt(old, member.organization, Action.CHANGED))
        transaction.commit()
        return old

    def leave(self, member: Member) -> None:
        """Leave, taking back everything that was shared. Raises MembershipNotFound if that happened meanwhile."""
        transaction = Transaction()
        end_membership(transaction, member.membership)
        transaction.put(receipt(member.membership, member.organization, Action.LEFT))
        transaction.commit()

    def own(self, person: Person) -> list[OwnMembership]:
        """The caller's memberships in books that were not deleted."""
        pointers = [pointer for pointer in _pointers(person.person_id) if pointer.enrolment == person.enrolment]
        keys = [(OrganizationRow.of(one.org_id), MembershipRow.of(one.org_id, one.member_id)) for one in pointers]
        rows = store.read_together([key for pair in keys for key in pair])
        found = [(rows.get(organization), rows.get(membership)) for organization, membership in keys]
        return [
            OwnMembership(organization, membership)
            for organization, membership in found
            if organization is not None and organization.deleted_at is None and membership is not None
        ]

    def leave_all(self, person: Person) -> None:
        """Leave every organization, before a person is erased. What was left meanwhile is passed over."""
        for pointer in _pointers(person.person_id):
            organization_key = OrganizationRow.of(pointer.org_id)
            membership_key = MembershipRow.of(pointer.org_id, pointer.member_id)
            rows = store.read_together([organization_key, membership_key])
            organization, membership = rows.get(organization_key), rows.get(membership_key)
            if membership is not None:
                _erase_membership(membership, organization)

    def refresh(self, person: PersonRow) -> None:
        """Bring the snapshots of an enrolled person up to date with the source, within what each membership shares."""
        pointers = [pointer for pointer in _pointers(person.person_id) if pointer.enrolment == person.enrolment]
        keys = [MembershipRow.of(one.org_id, one.member_id) for one in pointers]
        facts = self._source.facts_of(person.person_id) if keys else []
        rows = store.read_together(keys)
        for key in keys:
            if (row := rows.get(key)) is not None and row.scopes:
                _store_snapshot(row, facts)


def _joining(guest: Guest, membership: MembershipRow) -> Transaction:
    """Six writes or none: the invitation's use, the book's being there, membership, pointer, receipt, and the person's life."""
    person, org = guest.person, guest.organization
    transaction = Transaction()
    use_once(transaction, guest.invitation)
    alive = OrganizationRow.org_id.exists() & OrganizationRow.deleted_at.does_not_exist()
    transaction.check(org.own_key, alive, InvitationNotFound())
    free = MembershipRow.org_id.does_not_exist() | (MembershipRow.enrolment < person.enrolment)
    transaction.put(membership, free, AlreadyMember())
    pointer = MembershipPointer.of(person.person_id, org.org_id)
    transaction.put(
        MembershipPointer(
            pointer.hash_value, pointer.range_value, member_id=membership.member_id, enrolment=person.enrolment
        )
    )
    transaction.put(receipt(membership, org, Action.GIVEN))
    same_life = PersonRow.enrolment == person.enrolment
    return transaction.update(PersonRow.of(person.person_id), [PersonRow.memberships.add(1)], same_life, SessionEnded())


def end_membership(transaction: Transaction, membership: MembershipRow) -> None:
    """Remove membership and pointer and count the person's memberships down, once: the membership must still be there."""
    still_there = MembershipRow.enrolment == membership.enrolment
    transaction.delete(membership.own_key, still_there, MembershipNotFound())
    transaction.delete(MembershipPointer.of(membership.person_id, membership.org_id))
    transaction.update(PersonRow.of(membership.person_id), [PersonRow.memberships.add(-1)])


def _erase_membership(membership: MembershipRow, organization: OrganizationRow | None) -> None:
    transaction = Transaction()
    end_membership(transaction, membership)
    if organization is not None:
        transaction.put(receipt(membership, organization, Action.ERASED))
    try:
        transaction.commit()
    except MembershipNotFound:
        return


def _pointers(person_id: str) -> list[MembershipPointer]:
    prefix = MembershipPointer.sk.startswith(MembershipPointer.PREFIX)
    return list(store.query_all(MembershipPointer, person_id, prefix))


def _store_snapshot(row: MembershipRow, facts: list[Fact]) -> None:
    """Write the snapshot unless the consent changed since it was read: then the change itself wrote a newer one."""
    view = {name: value for name, value in snapshot(row.scopes, facts).items() if value != getattr(row, name)}
    if not view:
        return
    actions = store.assign(MembershipRow, view)
    store.update(row.own_key, actions, MembershipRow.consent_version == row.consent_version)
