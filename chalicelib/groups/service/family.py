"""Memberships of dependants: what a guardian does in their name is theirs, and every receipt says who did it (R0.4, R2.5, B5)."""

from dataclasses import replace

from chalicelib.core import store
from chalicelib.core.crypto import pairwise_id
from chalicelib.groups.access import Acting, Guest, Member
from chalicelib.groups.errors import MembershipNotFound
from chalicelib.groups.tables import MembershipRow, OrganizationRow
from chalicelib.health.service.family import look
from chalicelib.people.access import Guardian, Person
from chalicelib.people.service.bindings import acted_for, binding_of
from chalicelib.people.tables.dependants import DependantRow
from chalicelib.people.tables.people import PersonRow

SHOWN = ("memberships",)
"""What a dependant's access log says of the list."""


class FamilyMemberships:
    """Puts dependants in the place of the guardians who act for them."""

    def guest(self, caller: Guest, dependant_id: str) -> Guest:
        """A dependant with the caller's code in hand. Raises DependantNotFound or DependantActsAlone."""
        binding = binding_of(caller.person.row, dependant_id)
        dependant = acted_for(binding)
        key = _membership_key(caller.organization.org_id, dependant)
        row = store.read_together([key]).get(key)
        present = row if row is not None and row.enrolment == dependant.enrolment else None
        return replace(
            caller, person=_as(dependant, caller.person), membership=present, acting=_acting(caller.person, binding)
        )

    def member(self, caller: Guardian, org_id: str) -> Member:
        """A dependant as a member. Raises DependantNotFound, DependantActsAlone or MembershipNotFound."""
        dependant = acted_for(caller.binding)
        place, key = OrganizationRow.of(org_id), _membership_key(org_id, dependant)
        rows = store.read_together([place, key])
        organization, membership = rows.get(place), rows.get(key)
        if organization is None or organization.deleted_at is not None or membership is None:
            raise MembershipNotFound
        if membership.enrolment != dependant.enrolment:
            raise MembershipNotFound
        acting = _acting(caller.person, caller.binding)
        return Member(_as(dependant, caller.person), organization, membership, acting=acting)

    def dependant(self, caller: Guardian) -> Person:
        """A dependant whose memberships are to be listed; they read of it. Raises DependantNotFound or DependantActsAlone."""
        dependant = acted_for(caller.binding)
        store.put(look(caller, dependant, SHOWN))
        return _as(dependant, caller.person)


def _membership_key(org_id: str, dependant: PersonRow) -> store.Key[MembershipRow]:
    return MembershipRow.of(org_id, pairwise_id(org_id, dependant.person_id))


def _as(dependant: PersonRow, guardian: Person) -> Person:
    """The dependant as whoever calls, on the guardian's account, since they have none."""
    return replace(guardian, row=dependant)


def _acting(guardian: Person, binding: DependantRow) -> Acting:
    return Acting(binding, guardian.row.name_mask or "")
