"""The public contract of handing a book over."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from chalicelib.core.schemas import Input, Output


class NewOffer(Input):
    """Offers the book to a member."""

    successor: Annotated[str, Field(min_length=1, max_length=64)]
    """Their `member_id`."""


class Offer(Output):
    """To whom a book is offered."""

    successor: str
    """Their `member_id`."""
    ends_at: datetime
    """Until when they may accept."""
