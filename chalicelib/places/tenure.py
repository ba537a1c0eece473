"""How long a place that was offered to a successor may be taken over (B16)."""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.groups.service.succession import OFFER_LASTS
from chalicelib.places.tables import PlaceRow


def offered_until(place: PlaceRow) -> datetime | None:
    """Until when the place may be taken over; None if it is offered to nobody, or was for too long."""
    if place.successor_id is None or place.offered_at is None:
        return None
    until: datetime = place.offered_at + OFFER_LASTS
    return until if until > clock.now() else None
