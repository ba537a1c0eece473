"""Access points as the public contract shows them."""

from chalicelib.places.schemas import bindings as schemas
from chalicelib.places.service.bindings import AccessPoint, AccessPoints
from chalicelib.places.tables import BOUND


def access_point(point: AccessPoint) -> schemas.AccessPoint:
    """A place as the organization sees it."""
    return schemas.AccessPoint(
        place_id=point.place.place_id,
        name=point.place.name,
        type=point.place.type,
        address=point.place.address,
        state="bound" if point.row.state == BOUND else "asking",
        since=point.row.since,
    )


def access_points(found: AccessPoints) -> schemas.AccessPointList:
    """One page of them."""
    items = [access_point(point) for point in found.points]
    return schemas.AccessPointList(items=items, cursor=found.cursor, unreadable=found.unreadable)
