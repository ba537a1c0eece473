"""The public contract of channels."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.schemas import Input, Output
from chalicelib.core.texts import Language


class ChannelsChosen(Input):
    """Chooses by which channels alerts come; one stays switched on."""

    sms: bool
    email: bool
    language: Language
    """In which language alerts come."""
    morning: bool = False
    """Whether one text message each morning says how many are overdue and abnormal in the books that the caller manages."""


class EmailGiven(Input):
    """Gives an e-mail address."""

    address: Annotated[str, Field(min_length=3, max_length=254, examples=["wang@example.com"])]


class Confirmation(Output):
    """How far the address is for one organization's alerts."""

    org_id: str
    state: Literal["pending", "confirmed"]


class Email(Output):
    """The address to which alerts go. Each organization that the caller owns or administers has it confirmed by a mail."""

    address: str
    """Masked."""
    organizations: list[Confirmation]
    """Empty while the mails are under way, and for whom there is nothing to manage. An organization that is missing, or
    `pending`, sends text messages."""


class Channels(Output):
    """By which channels alerts come."""

    sms: bool
    email: bool
    language: Language
    """In which language alerts come."""
    morning: bool
    """Whether the numbers of the caller's books come each morning. They come as text messages alone."""
    email_address: Email | None
    """Null if none was given."""
