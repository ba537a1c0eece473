"""The staff of a place as the public contract shows it."""

from chalicelib.core.errors import Broken
from chalicelib.places.schemas import staff as schemas
from chalicelib.places.service.staff import StaffFound, Worker
from chalicelib.places.tables import REGISTRAR, PlaceRow


def declaration_code(place: PlaceRow) -> schemas.DeclarationCode:
    """With what somebody joins the staff. Raises Broken for a place that has no code."""
    if place.declaration_code is None or place.declared_at is None:
        raise Broken
    return schemas.DeclarationCode(declaration_code=place.declaration_code, declared_at=place.declared_at)


def worker(one: Worker) -> schemas.StaffMember:
    """Somebody who works at a place."""
    return schemas.StaffMember(
        member_id=one.row.member_id,
        name=one.row.name_mask,
        role="registrar" if one.row.role == REGISTRAR else "inspector",
        gates=one.gates,
        bound_at=one.row.bound_at,
    )


def workers(found: StaffFound) -> schemas.StaffList:
    """Who works at a place."""
    return schemas.StaffList(items=[worker(one) for one in found.workers], unreadable=found.unreadable)
