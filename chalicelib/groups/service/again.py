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


def present_book(organization: OrganizationRow) -> OrganizationRow:
    """The organization as it is now. Raises OrganizationNotFound if it was deleted."""
    key = OrganizationRow.of(organization.org_id)
    row = store.read_together([key]).get(key)
    if row is None or row.deleted_at is not None:
        raise OrganizationNotFound
    return row


def with_present_book(guest: Guest) -> Guest:
    """The guest with the book as it is now. Raises InvitationNotFound if it was deleted."""
    try:
        return replace(guest, organization=present_book(guest.organization))
    except OrganizationNotFound as error:
        raise InvitationNotFound from error


def with_same_consent(member: Member) -> Member:
    """The member with row and book as they are now.

    Raises MembershipNotFound if either ended, or ConsentChangedMeanwhile: of two choices at one moment the first counts.
    """
    seen = member.membership
    keys = seen.own_key, member.organization.own_key
    rows = store.read_together(keys)
    row, organization = rows.get(keys[0]), rows.get(keys[1])
    if row is None or row.joined_at != seen.joined_at or organization is None or organization.deleted_at is not None:
        raise MembershipNotFound
    if row.consent_version != seen.consent_version:
        raise ConsentChangedMeanwhile
    return replace(member, membership=row, organization=organization)
