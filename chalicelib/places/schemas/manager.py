"""The public contract of handing a place over."""

from datetime import datetime

from chalicelib.core.schemas import Input, Output
from chalicelib.groups.schemas.names import MemberId


class NewManagerOffer(Input):
    """Offers the place to one of its staff."""

    successor: MemberId
    """Their `member_id`."""


class ManagerOffer(Output):
    """To whom a place is offered."""

    successor: str
    """Their `member_id`."""
    ends_at: datetime
    """Until when they may accept."""
