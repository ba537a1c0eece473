"""The public contract of what a place's staff sees of its check-ins."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.schemas import DIGITS, Output, PageQuery, Query

Gate = Annotated[str, Field(min_length=1, max_length=64)]


class LiveQuery(PageQuery):
    """Which of today's check-ins to list."""

    gate: Gate | None = None
    """Null is every gate that the caller may see."""
    alarm: bool | None = None
    """Those for which the siren sounded, or those for which it did not."""
    relation: Literal["internal", "visitor"] | None = None
    """At a bound place: those of the organization, or those from outside (R0.6)."""


class LiveCheckin(Output):
    """A check-in as the staff sees it. Names and documents are masked."""

    checkin_id: str
    """By which the staff check the visitor out."""
    visitor_id: str
    """How this place knows the visitor, and no other."""
    name: str
    document: str
    at: datetime
    gate_id: str | None
    state: str
    word: str
    """The state's word as it is shown with it."""
    allowed: bool
    alarm: bool
    temperature: str | None
    temperature_source: str | None
    mode: str
    assurance: str
    relation: str | None
    out_at: datetime | None
    """When they checked out; null where a stay ends by itself."""


class LiveList(Output):
    """One page of today's check-ins, newest first. A page may be short, or empty, while more follow."""

    items: list[LiveCheckin]
    cursor: str | None
    unreadable: int
    """How many stored check-ins could not be read; their rows are reported to the operators."""


class CheckinCsvQuery(Query):
    """Which check-ins to export."""

    day: date | None = None
    """In the city's calendar; null is today."""
    from_hour: Annotated[int, Field(ge=0, le=23), DIGITS] = 0
    to_hour: Annotated[int, Field(ge=1, le=24), DIGITS] = 24
    """The hour at which the file ends, which is not in it."""
