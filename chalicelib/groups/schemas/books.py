"""The public contract of a book itself."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.city import BookKind
from chalicelib.core.schemas import Input, Output
from chalicelib.groups.schemas.names import OrganizationName
from chalicelib.groups.schemas.succession import Offer

Subdistrict = Annotated[str, Field(min_length=1, max_length=32, examples=["371302001"])]


class OpenBook(Input):
    """Opens a group book (R1.1)."""

    name: OrganizationName
    kind: BookKind
    subdistrict: Subdistrict
    """Nine digits whose first six are a county code of this city; never the full address."""


class BookChange(Input):
    """Changes what a book says of its organization. What is left out, or null, stays as it is."""

    name: OrganizationName | None = None
    """Receipts that were given keep the name under which they were."""
    subdistrict: Subdistrict | None = None
    """As for opening a book."""


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
