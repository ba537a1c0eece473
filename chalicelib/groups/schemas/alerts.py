"""The public contract of an organization's alerts."""

from datetime import datetime
from typing import Any, Literal

from chalicelib.core.schemas import Output

Delivery = Literal["waiting", "held", "sent", "withheld", "unreachable", "dropped"]


class Message(Output):
    """One message that went out."""

    member_id: str
    """Who was told, by the id under which the organization knows them."""
    channel: Literal["sms", "email"]
    at: datetime


class Acknowledgement(Output):
    """Who saw to an alert first, and when."""

    member_id: str
    """By the id under which the organization knows them."""
    is_owner: bool
    at: datetime


class AlertItem(Output):
    """One change of a member's health code, and whom the organization had told of it."""

    alert_id: str
    at: datetime
    """When the health code changed."""
    member_id: str
    name: str
    """Masked."""
    department_id: str | None
    label: str | None
    status: dict[str, Any] | None
    """The member's status as it is now, which may have changed again since."""
    delivery: Delivery
    """`waiting` says that somebody is still to be told. `held` alerts wait for an operator of the city, who may have them
    dropped. Of an `unreachable` one nobody could be told: look at your channels."""
    messages: list[Message]
    acknowledged: Acknowledgement | None


class AlertList(Output):
    """One page of alerts, newest first. A page may be short, even empty, though there are more: follow the cursor."""

    items: list[AlertItem]
    cursor: str | None
    unreadable: int
    """Rows that could not be read; the city's operators know of them."""
