"""The public contract of a place itself."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from chalicelib.core.canonical import UNSEEN
from chalicelib.core.schemas import Input, Output
from chalicelib.groups.schemas.books import Subdistrict
from chalicelib.groups.schemas.names import UNPRINTABLE, OrganizationName
from chalicelib.places.schemas.manager import ManagerOffer

ADDRESS_LENGTH = 200
LINE_LENGTH = 500
"""What a normal form can make longer than it was written is still no page."""

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
MOST_OPENINGS = 21
"""Three a day; nobody closes more often."""


def printable(written: str) -> str:
    """A line of text in one spelling (NFKC), without spaces around it. It must show something."""
    import unicodedata

    shown = re.sub(r"\s+", " ", UNSEEN.sub("", unicodedata.normalize("NFKC", written))).strip()
    if not shown or len(shown) > LINE_LENGTH or {unicodedata.category(one) for one in written} & UNPRINTABLE:
        message = "must be visible text without control characters"
        raise ValueError(message)
    return shown


PlaceAddress = Annotated[str, Field(min_length=1, max_length=ADDRESS_LENGTH), AfterValidator(printable)]
PlaceTypeName = Annotated[str, Field(min_length=1, max_length=32, examples=["restaurant"])]
ClockTime = Annotated[str, Field(pattern=CLOCK, examples=["08:30"])]
Stay = Annotated[int, Field(ge=5, le=1440)]
Places = Annotated[int, Field(ge=1, le=1_000_000)]
PlaceRole = Literal["manager", "registrar", "inspector"]
CapacityMode = Literal["soft", "strict"]


class OpeningHours(Input):
    """When a place is open on some days of the week, by the city's clock."""

    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]
    """Days of the week: 1 is Monday, 7 Sunday."""
    opens: ClockTime
    closes: ClockTime
    """Later than `opens`; `24:00` is midnight. What goes on after midnight is another entry, of the next day."""

    @model_validator(mode="after")
    def _is_some_time(self) -> Self:
        """Refuse what is never."""
        if self.opens >= self.closes or len(set(self.days)) < len(self.days):
            message = "must open before it closes, on days that differ"
            raise ValueError(message)
        return self


Hours = Annotated[list[OpeningHours], Field(min_length=1, max_length=MOST_OPENINGS)]


class OpenPlace(Input):
    """Opens a place, or a visitor register (R2.1, R4.1)."""

    name: OrganizationName
    type: PlaceTypeName
    """One of the city's catalogue (`GET /v1/city`)."""
    subdistrict: Subdistrict
    """Nine digits whose first six are a county code of this city."""
    address: PlaceAddress
    capacity: Places | None = None
    """How many may be inside at a time; null is any number."""
    capacity_mode: CapacityMode = "soft"
    """Whether the capacity is only shown, or nobody is let in above it."""
    hours: Hours | None = None
    """When it is open; null is always."""
    stay_minutes: Stay | None = None
    """How long a visit lasts that nobody ends; null is the city's usual time."""


class PlaceChange(Input):
    """Changes what a place says of itself. What is left out stays; null does too, but takes away a capacity or hours."""

    name: OrganizationName | None = None
    type: PlaceTypeName | None = None
    subdistrict: Subdistrict | None = None
    address: PlaceAddress | None = None
    capacity: Places | None = None
    capacity_mode: CapacityMode | None = None
    hours: Hours | None = None
    stay_minutes: Stay | None = None


class OpeningShown(Output):
    """When a place is open on some days of the week."""

    days: list[int]
    opens: str
    closes: str


class PlaceSuspension(Output):
    """Why nobody is checked in: the manager's own state, or an officer's decision for a violation (R4.3)."""

    cause: Literal["state", "violation"]
    since: datetime
    until: datetime | None
    """When it ends by itself, if it does; one by a state ends with the state."""
    reason: str | None
    """An officer's reason."""


class Place(Output):
    """A place as its manager and its staff see it."""

    place_id: str
    name: str
    type: str
    subdistrict: str
    address: str
    capacity: int | None
    capacity_mode: str
    hours: list[OpeningShown] | None
    stay_minutes: int
    gates: int
    staff: int
    role: PlaceRole
    """What the caller is there."""
    member_id: str
    """As what the place knows the caller."""
    state: Literal["open", "suspended"]
    suspensions: list[PlaceSuspension] | None
    """Why it is suspended; told to its manager only."""
    org_id: str | None
    """The organization whose access point it is (R0.1)."""
    asked_org_id: str | None
    """The organization that the manager asked to bind it; null for the staff."""
    offer: ManagerOffer | None
    """To whom the manager offers the place; null if to nobody, and for who is neither of them."""
    created_at: datetime


class PlaceList(Output):
    """The places that the caller manages or works at."""

    items: list[Place]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""
