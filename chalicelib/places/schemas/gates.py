"""The public contract of gates, their posters and their screens."""

from datetime import datetime
from typing import Literal

from chalicelib.core.schemas import Input, Output
from chalicelib.groups.schemas.names import MemberId, OrganizationName

Presence = Literal["static", "rotating"]


class NewGate(Input):
    """Opens a gate with a code of its own (R4.4)."""

    name: OrganizationName
    presence: Presence = "static"
    """Whether its code is printed, or shown on a screen that changes every half minute."""
    registrar_id: MemberId | None = None
    """The registrar whose gate it is, by `member_id`; null is the manager's."""


class GateChange(Input):
    """Changes a gate. What is left out, or null, stays as it is; whose it is, `PATCH …/staff/{member_id}` says."""

    name: OrganizationName | None = None
    presence: Presence | None = None


class Gate(Output):
    """An entrance of a place."""

    gate_id: str
    name: str
    presence: str
    version: int
    """Of its poster; none of an earlier version holds."""
    printed_at: datetime
    voided_at: datetime | None
    """Since when it has no poster that holds; null while it has one."""
    registrar_id: str | None
    """Whose gate it is; null is the manager's."""
    is_suspended: bool
    """Whether its registrar's own state suspends it (R4.3)."""
    created_at: datetime


class GateList(Output):
    """The gates of a place, the oldest first."""

    items: list[Gate]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""


class Poster(Output):
    """What hangs at a gate (R2.6, B7)."""

    place: str
    gate: str
    version: int
    printed_at: datetime
    code: str
    url: str
    print_url: str
    """A page to print: place, gate, version, date and QR code, in both languages."""
    svg: str
    """SVG markup of the address as a QR code."""


class GateScreen(Output):
    """What a gate's screen shows in this half minute."""

    code: str
    url: str
    svg: str
    until: datetime
    """When it shows the next one."""
