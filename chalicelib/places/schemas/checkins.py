"""The public contract of check-ins."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from chalicelib.core.schemas import Input, Moment, Output, PageQuery
from chalicelib.core.shown_states import StateShown
from chalicelib.health.schemas.declarations import HealthDeclaration
from chalicelib.people.schemas import Document
from chalicelib.places.errors.checkins import OneWayOfKnowing
from chalicelib.places.visiting.request import Received

GateId = Annotated[str, Field(min_length=1, max_length=64)]
Temperature = Literal["normal", "fever"]
DependantId = Annotated[str, Field(min_length=1, max_length=64)]
ScannedAt = Moment | None


class CheckinRequest(Input):
    """What a visitor scanned."""

    code: Annotated[str, Field(min_length=1, max_length=512)]
    """The code of a poster or a screen, or the whole address that it holds."""
    scanned_at: ScannedAt = None
    """When it was scanned, the same in each retry; null is now. What waited without network may be 72 hours old."""
    temperature: Literal["normal"] | None = None
    """What the visitor says of their temperature (quick check-in); null says nothing."""
    dependants: Annotated[list[DependantId], Field(default_factory=list, max_length=5)]
    """Whom the visitor brings along and acts for (`GET /v1/me/dependants`); each gets a result of their own (R2.5)."""

    _received: Received = PrivateAttr(default_factory=Received)

    @property
    def received(self) -> Received:
        """When and how the request came."""
        return self._received


class InspectionRequest(Input):
    """Whom an inspector has before them, known by a pass, drawn or printed, or by name and document where there is none."""

    text: Annotated[str | None, Field(alias="pass", max_length=4096)] = None
    """The visitor's pass as it was drawn on a phone or printed on paper."""
    name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    document: Document | None = None
    temperature: Temperature
    """The band that was measured."""
    gate_id: GateId | None = None
    scanned_at: ScannedAt = None
    """When the pass was scanned, as in a visitor's own check-in. What is typed is asked now."""

    _received: Received = PrivateAttr(default_factory=Received)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        """Refuse none or several ways of knowing somebody."""
        if (self.text is None) != (self.name is not None) or (self.name is None) != (self.document is None):
            raise OneWayOfKnowing
        return self

    @property
    def received(self) -> Received:
        """When and how the request came."""
        return self._received


class PlaceVisited(Output):
    """Where somebody was checked in."""

    place_id: str
    name: str | None
    """Null where it could not be read."""
    gate: str | None
    """The name of the gate, if one was named."""


class Checkin(Output):
    """A check-in, and whether its visitor is let in."""

    checkin_id: str
    place: PlaceVisited
    at: datetime
    """When the code was scanned."""
    queued: bool
    """Whether it waited in a device without network."""
    mode: str
    """How the visitor was known: `poster` or `screen`, which they scanned; `pass`, `paper` or `typed`, at the gate;
    `dependant` for whom somebody brought along."""
    assurance: Literal["static", "rotating", "inspector"]
    """What proves that they were there: a poster, which can be forwarded; a screen that changes; somebody who saw them."""
    state: StateShown
    """The state that was shown."""
    allowed: bool
    """Whether they may enter."""
    alarm: bool
    """Whether the siren sounds: a state that raises it, or fever. No check-in changes a state."""
    relation: Literal["internal", "visitor"] | None
    """Whether they belong to the organization whose access point this is; null at a place of none."""
    temperature: Temperature | None
    temperature_source: Literal["self", "measured"] | None
    until: datetime
    """When the visit ends by itself."""
    out_at: datetime | None
    """When they checked out."""


class CheckinAnswer(Checkin):
    """What a scan answers."""

    repeated: bool
    """Whether this visit was there already, and nothing was stored."""
    occupancy: int | None
    """How many are inside, counted up to the capacity; null where the place has none."""
    is_full: bool | None
    """Whether the place is full; null where it has no capacity."""
    left_out: list[str]
    """What the answer would hold and could not be read just now."""


class DependantCheckin(Output):
    """What came of somebody who was brought along."""

    dependant_id: str
    name: str | None
    """Masked; null for nobody whom the caller acts for."""
    refused: Literal["dependant_not_found", "place_full"] | None
    """Why they were not checked in; null if they were."""
    checkin: Checkin | None


class OwnCheckinAnswer(CheckinAnswer):
    """What a visitor's scan answers."""

    dependants: list[DependantCheckin]
    """One for each who was brought along, in the order in which they were named."""


class VisitorCard(Output):
    """Who stands before the inspector, masked."""

    name: str
    document: str
    phone: str | None
    portrait: None
    """There is none yet."""
    declaration: HealthDeclaration | None
    """What they last declared; null where they declared nothing."""


class InspectionAnswer(CheckinAnswer):
    """What an inspector's scan answers."""

    visitor: VisitorCard


class OwnCheckin(Checkin):
    """A visit as its visitor reads it."""

    ends_at: datetime
    """When it ended, or will: by check-out, after the usual stay, or with the next scan."""
    open: bool
    shown_to: Literal["self", "staff", "companion"]
    """Who saw what was shown: the visitor alone, who scanned, the staff at the gate, or who brought the visitor along."""
    shown: list[str]
    """What they saw."""


class OwnCheckins(Output):
    """The caller's visits, the latest first."""

    items: list[OwnCheckin]
    cursor: str | None
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""


class OwnCheckinsQuery(PageQuery):
    """Which part of the caller's visits to list."""
