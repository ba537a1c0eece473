"""Whether a place is open at a moment, by the city's clock."""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.errors import Broken
from chalicelib.core.settings import settings
from chalicelib.places.tables import PlaceRow


def is_open_at(place: PlaceRow, at: datetime) -> bool:
    """Whether a moment lies in the place's hours; one without hours is open always. Raises Broken for hours that say nothing."""
    if place.hours is None:
        return True
    local = clock.local(settings().city.time_zone, at)
    day, time = local.isoweekday(), f"{local:%H:%M}"
    try:
        return any(day in one["days"] and str(one["opens"]) <= time < str(one["closes"]) for one in place.hours)
    except (TypeError, KeyError, IndexError) as error:
        raise Broken from error
