"""Places as the public contract shows them."""

from datetime import datetime

from chalicelib.core.errors import Broken
from chalicelib.groups.service.succession import offered_until
from chalicelib.places.access import PlaceManager, Staff
from chalicelib.places.schemas import places as schemas
from chalicelib.places.schemas.manager import ManagerOffer
from chalicelib.places.service.places import OwnPlaces
from chalicelib.places.tables import REGISTRAR, PlaceRow


def place(staff: Staff) -> schemas.Place:
    """A place as its manager, or somebody on its staff, sees it."""
    row = staff.place
    return schemas.Place(
        place_id=row.place_id,
        name=row.name,
        type=row.type,
        subdistrict=row.subdistrict,
        address=row.address,
        capacity=None if row.capacity is None else int(row.capacity),
        capacity_mode=row.capacity_mode,
        hours=hours(row),
        stay_minutes=int(row.stay_minutes),
        gates=int(row.gates),
        staff=int(row.staff),
        role=role(staff),
        member_id=staff.member_id,
        state="open" if row.is_open else "suspended",
        suspensions=suspensions(row) if staff.is_manager else None,
        org_id=row.org_id,
        asked_org_id=row.asked_org_id if staff.is_manager else None,
        offer=_offer(staff),
        created_at=row.created_at,
    )


def role(staff: Staff) -> schemas.PlaceRole:
    """What somebody is at a place."""
    if staff.is_manager or staff.row is None:
        return "manager"
    return "registrar" if staff.row.role == REGISTRAR else "inspector"


def managed(manager: PlaceManager, row: PlaceRow) -> schemas.Place:
    """A place as its manager sees it."""
    return place(Staff(manager.person, row, None))


def places(own: OwnPlaces) -> schemas.PlaceList:
    """The places that the caller manages or works at."""
    return schemas.PlaceList(items=[place(one) for one in own.places], unreadable=own.unreadable)


def hours(row: PlaceRow) -> list[schemas.OpeningShown] | None:
    """When a place is open. Raises Broken for hours that say nothing."""
    if row.hours is None:
        return None
    try:
        return [schemas.OpeningShown.model_validate(one, strict=True) for one in row.hours]
    except (TypeError, ValueError) as error:
        raise Broken from error


def suspensions(row: PlaceRow) -> list[schemas.PlaceSuspension]:
    """Why nobody is checked in at a place. Raises Broken."""
    found = []
    if row.suspended_since is not None:
        since = row.suspended_since
        found.append(schemas.PlaceSuspension(cause="state", since=since, until=None, reason=None))
    if row.is_in_violation:
        found.append(violation(row))
    return found


def violation(row: PlaceRow) -> schemas.PlaceSuspension:
    """An officer's suspension of a place. Raises Broken for one that does not say since when."""
    try:
        stored = dict(row.violation or {})
        since, until, reason = stored["at"], stored["until"], stored["reason"]
        end = None if until is None else datetime.fromisoformat(until)
        return schemas.PlaceSuspension(
            cause="violation", since=datetime.fromisoformat(since), until=end, reason=str(reason)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Broken from error


def _offer(staff: Staff) -> ManagerOffer | None:
    successor, ends_at = staff.place.successor_id, offered_until(staff.place)
    if successor is None or ends_at is None or not (staff.is_manager or staff.member_id == successor):
        return None
    return ManagerOffer(successor=successor, ends_at=ends_at)
