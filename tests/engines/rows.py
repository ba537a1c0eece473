"""Rows of a city that tests of storage write by themselves: organizations without anybody."""

from chalicelib.core import clock, ids, store
from chalicelib.groups.tables import InvitationRow, OrganizationRow


def organization(org_id: str | None = None, name: str = "Third School") -> OrganizationRow:
    """An organization, not stored."""
    org_id = org_id or ids.new_id()
    return OrganizationRow(
        org_id, "ORG", name=name, kind="school", subdistrict="371302001", owner_id="nobody", created_at=clock.now()
    )


def invitation(org_id: str, number: int) -> InvitationRow:
    """An invitation, not stored; numbers sort as they count."""
    return InvitationRow(org_id, f"INVITATION#{number:06}", uses=0, created_at=clock.now())


def stored_invitations(count: int) -> str:
    """The organization id under which so many invitations were stored."""
    org_id = ids.new_id()
    store.write_all(invitation(org_id, number) for number in range(count))
    return org_id
