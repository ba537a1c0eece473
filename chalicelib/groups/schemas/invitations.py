"""The public contract of registration codes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.schemas import Input, Moment, Output
from chalicelib.groups.schemas.names import DepartmentId, Word


class NewInvitation(Input):
    """Makes a registration code."""

    department_id: DepartmentId | None = None
    """Null joins what the caller manages: the organization itself, or an administrator's department."""
    expires_at: Moment | None = None
    max_uses: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    type: Annotated[Word, Field(examples=["teacher"])] | None = None
    """What who joins with it is in the organization; periods can differ by it. Null is `member`."""
    label_pattern: Annotated[Word, Field(examples=["S-####"])] | None = None
    """The form of the label that one must give to join: `#` a digit, `@` a Latin letter, `*` either, the rest itself.

    It has at least one of the three, or only one person could join.
    """


class InvitationItem(Output):
    """A registration code in a list."""

    invitation_id: str
    code: str
    url: str
    state: Literal["open", "expired", "full", "revoked"]
    """Only an open one lets people in."""
    department_id: str | None
    expires_at: datetime | None
    max_uses: int | None
    uses: int | None
    """How often it was used; null for one without a limit, which counts nothing."""
    type: str | None
    label_pattern: str | None
    created_at: datetime


class Invitation(InvitationItem):
    """A registration code to show, print or send."""

    print_url: str
    """A page to print: the organization's name, the QR code and what to do, in both languages."""
    qr: str
    """SVG markup of the address as a QR code."""


class InvitationList(Output):
    """One page of registration codes."""

    items: list[InvitationItem]
    cursor: str | None
    unreadable: int
    """How many stored codes of this page could not be read; their rows are reported to the operators."""
