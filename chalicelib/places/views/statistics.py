"""Numbers of places and early warnings as the public contract shows them."""

from chalicelib.core import clock
from chalicelib.core.settings import settings
from chalicelib.places.schemas import statistics as schemas
from chalicelib.places.service.statistics import Figures
from chalicelib.places.service.warnings import Warned, WarningList


def of_place(figures: Figures) -> schemas.VisitNumbers:
    """A day of a place."""
    return schemas.VisitNumbers(
        day=figures.day,
        visits=figures.visits,
        own=figures.own,
        worrying=figures.worrying,
        alarms=figures.alarms,
        checked_out=figures.out,
        by_hour=dict(figures.by_hour),
        by_gate=dict(figures.by_gate),
        by_state=dict(figures.by_state),
        by_temperature=dict(figures.by_temperature),
        by_mode=dict(figures.by_mode),
        by_relation=dict(figures.by_relation),
        exact=figures.is_exact,
    )


def of_city(figures: Figures) -> schemas.CityNumbers:
    """A day of the city, as anybody may see it."""
    return schemas.CityNumbers(
        day=figures.day,
        visits=figures.visits,
        by_hour=dict(figures.by_hour),
        by_state=dict(figures.by_state),
        by_temperature=dict(figures.by_temperature),
    )


def warnings(found: WarningList) -> schemas.EarlyWarningPage:
    """A page of early warnings."""
    return schemas.EarlyWarningPage(
        items=[_warning(one) for one in found.items], cursor=found.cursor, unreadable=found.unreadable
    )


def _warning(one: Warned) -> schemas.EarlyWarning:
    return schemas.EarlyWarning(
        day=clock.local_day(settings().city.time_zone, one.row.at),
        place_id=one.row.place_id,
        place=None if one.place is None else one.place.name,
        subdistrict=one.row.subdistrict,
        amount=int(one.row.amount),
        hours=int(one.row.hours),
        at=one.row.at,
    )
