"""The public contract of health codes and messages."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from chalicelib.core.schemas import Input, Output, PageQuery
from chalicelib.core.scheme import Icon
from chalicelib.core.shown_states import StateShown
from chalicelib.health.tables.messages import Category


class Cause(Output):
    """Why the state is so (B2)."""

    rule: str
    says: str
    """The rule in plain words."""
    kind: str
    result: str
    occurred_at: datetime
    place: str
    source: str
    """Who reported the fact."""
    reported_at: datetime


class Test(Output):
    """The latest nucleic-acid test."""

    result: str
    occurred_at: datetime


class Vaccination(Output):
    """The last dose."""

    doses: int
    occurred_at: datetime


class Travel(Output):
    """The latest journey or travel check."""

    kind: str
    result: str
    occurred_at: datetime


class HealthCode(StateShown):
    """The caller's health code. Where data are too old to go by, the state is the scheme's *unknown*, without a cause."""

    model_config = ConfigDict(serialize_by_alias=True)

    cause: Cause | None
    since: datetime | None
    until: datetime | None
    """When the state changes if nothing is reported."""
    as_of: datetime | None
    """Until when the city knows what its sources knew; null if nobody can say."""
    nucleic_acid: Test | None
    vaccination: Vaccination | None
    travel: Travel | None
    pass_: Annotated[str | None, Field(serialization_alias="pass")]
    """What the phone draws as a QR code; it lives for a minute."""


class PastStatus(Output):
    """A status that the caller had."""

    state: str
    word: str
    colour: str
    icon: Icon
    cause: Cause | None
    since: datetime | None
    until: datetime | None
    """When it was to end, as it was computed."""
    at: datetime
    """When it was computed."""


class StatusHistory(Output):
    """The statuses of this life, newest first."""

    items: list[PastStatus]
    cursor: str | None


Text = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]


class MessageRequest(Input):
    """Writes to the city's officers."""

    category: Category
    text: Text
    """Free text. It is shown to officers without the caller's name, and nobody opens the caller's phone number."""


class AnswerRequest(Input):
    """Answers a message."""

    text: Text


class MessageShown(Output):
    """A message, and its answer once there is one."""

    message_id: str
    category: Category
    text: str
    at: datetime
    answer: str | None
    answered_at: datetime | None


class MessagePage(Output):
    """Messages: those that wait the oldest first, answered ones and one's own the newest first."""

    items: list[MessageShown]
    cursor: str | None


class MessagesQuery(PageQuery):
    """Which messages an officer wants to see."""

    answered: Literal["true", "false"] = "false"
    """Whether those that were answered, rather than those that wait."""
