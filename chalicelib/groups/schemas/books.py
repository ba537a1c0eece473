"""The public contract of a book itself."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.city import BookKind
from chalicelib.core.schemas import Input, Output
from chalicelib.groups.schemas.names import OrganizationName
from chalicelib.groups.schemas.succession import Offer


class OpenBook(Input):
    """Opens a group book (R1.1)."""

    name: OrganizationName
    kind: BookKind
    subdistrict: Annotated[str, Field(min_length=1, max_length=32, examples=["371302001"])]
    """Nine digits whose first six are a county code of this city; never the full address."""


class Organization(Output):
    """A group book as its owner and its administrators see it."""

    org_id: str
    name: str
    kind: str
    subdistrict: str
    created_at: datetime
    role: Literal["owner", "administrator"]
    """What the caller is in it."""
    department_id: str | None
    """The department that the caller manages with all below it; null for the whole organization."""
    offer: Offer | None
    """To whom the owner offers the book; null if to nobody, and for administrators."""


class OrganizationList(Output):
    """The caller's own books."""

    items: list[Organization]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""
