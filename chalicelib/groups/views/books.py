"""Books as the public contract shows them."""

from chalicelib.groups.access import Manager
from chalicelib.groups.schemas import books as schemas
from chalicelib.groups.schemas.succession import Offer
from chalicelib.groups.service.books import OwnBooks
from chalicelib.groups.service.succession import offered_until
from chalicelib.groups.tables import OrganizationRow


def organization(row: OrganizationRow) -> schemas.Organization:
    """A book as its owner sees it."""
    offer, ends_at = None, offered_until(row)
    if row.successor_id is not None and ends_at is not None:
        offer = Offer(successor=row.successor_id, ends_at=ends_at)
    return schemas.Organization(
        org_id=row.org_id,
        name=row.name,
        kind=row.kind,
        subdistrict=row.subdistrict,
        created_at=row.created_at,
        role="owner",
        department_id=None,
        offer=offer,
    )


def managed(manager: Manager) -> schemas.Organization:
    """A book as whoever manages it, or a part of it, sees it."""
    book = organization(manager.organization)
    if manager.admin is None:
        return book
    return book.model_copy(
        update={"role": "administrator", "department_id": manager.admin.department_id, "offer": None}
    )


def organizations(own: OwnBooks) -> schemas.OrganizationList:
    """The caller's own books."""
    return schemas.OrganizationList(items=[organization(row) for row in own.books], unreadable=own.unreadable)
