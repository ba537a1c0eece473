"""The public contract of the numbers of places, and of early warnings."""

import datetime as dt
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticKnownError

from chalicelib.core.schemas import DATE, Output, Query


def _as_days_are_written(value: object) -> object:
    """Refuse what pydantic would read as a day and nobody writes so, such as seconds since 1970."""
    if isinstance(value, str) and DATE.fullmatch(value):
        return value
    raise PydanticKnownError("date_parsing", {"error": "use YYYY-MM-DD"})


Day = Annotated[dt.date, BeforeValidator(_as_days_are_written)]


class DayQuery(Query):
    """Of which day."""

    day: Day | None = None
    """A day of the city's calendar; today without one."""


class VisitNumbers(Output):
    """How many came to a place on a day, a few seconds ago."""

    day: dt.date
    visits: int
    """Check-ins, also of people who were not let in."""
    own: bool
    """True if these are the check-ins that the caller made as an inspector; there is no more to see of them then."""
    worrying: int
    """With fever, or in a state that sounds the siren."""
    alarms: int
    """With a state that sounds the siren."""
    checked_out: int
    by_hour: dict[str, int]
    """By the hour of the city's clock, `00` to `23`."""
    by_gate: dict[str, int]
    by_state: dict[str, int]
    by_temperature: dict[str, int]
    by_mode: dict[str, int]
    """By how the visitor was known: they scanned a poster or a screen, or somebody scanned or typed."""
    by_relation: dict[str, int]
    """At a place that is bound to an organization: its own members, and others."""
    exact: bool
    """False if a number could not be read, so that sums may be too low; it is reported to the operators."""


class CityNumbers(Output):
    """How many check-ins a city had on a day. Groups of fewer than five are left out, and what would give them away."""

    day: dt.date
    visits: int
    by_hour: dict[str, int]
    by_state: dict[str, int]
    by_temperature: dict[str, int]


class EarlyWarning(Output):
    """Check-ins with fever or an alarming state that came together on a day."""

    day: dt.date
    place_id: str | None
    """Null where it is about a whole sub-district."""
    place: str | None
    subdistrict: str
    amount: int
    hours: int
    """Within how many hours."""
    at: dt.datetime
    """When they were last counted."""


class EarlyWarningPage(Output):
    """Early warnings, the newest day first."""

    items: list[EarlyWarning]
    cursor: str | None
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""
