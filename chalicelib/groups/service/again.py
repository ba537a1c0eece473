"""Reading again what changed under a request, so that it is done with what counts now."""

from dataclasses import replace

from chalicelib.core import store
from chalicelib.groups.access import Guest, Member
from chalicelib.groups.errors import (
    ConsentChangedMeanwhile,
    InvitationNotFound,
    MembershipNotFound,
    OrganizationNotFound,
)
from chalicelib.groups.tables import OrganizationRow
from chalicelib.people.errors import SessionEnded


def present_book(organization: OrganizationRow) -> OrganizationRow:
    """The organization as it is now. Raises OrganizationNotFound if it was deleted."""
    key = OrganizationRow.of(organization.org_id)
    row = store.read_together([key]).get(key)
    if row is None or row.deleted_at is not None:
        raise OrganizationNotFound
    return row


def as_it_is(guest: Guest) -> Guest:
    """The guest with book and person as they are now.

    Raises InvitationNotFound if the book was deleted, or SessionEnded if the person was erased.
    """
    keys = guest.organization.own_key, guest.person.row.own_key
    rows = store.read_together(keys)
    organization, person = rows.get(keys[0]), rows.get(keys[1])
    if organization is None or organization.deleted_at is not None:
        raise InvitationNotFound
    if person is None or person.enrolment != guest.person.enrolment:
        raise SessionEnded
    return replace(guest, organization=organization, person=replace(guest.person, row=person))


def with_same_consent(member: Member) -> Member:
    """The member with row, book and person as they are now.

    Raises MembershipNotFound if either ended, or ConsentChangedMeanwhile: of two choices at one moment the first counts.
    """
    seen = member.membership
    keys = seen.own_key, member.organization.own_key, member.person.row.own_key
    rows = store.read_together(keys)
    row, organization, person = rows.get(keys[0]), rows.get(keys[1]), rows.get(keys[2])
    if row is None or row.joined_at != seen.joined_at or organization is None or organization.deleted_at is not None:
        raise MembershipNotFound
    if person is None or person.enrolment != member.person.enrolment:
        raise MembershipNotFound
    if row.consent_version != seen.consent_version:
        raise ConsentChangedMeanwhile
    return replace(member, membership=row, organization=organization, person=replace(member.person, row=person))
