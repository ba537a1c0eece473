"""The public contract of printed passes."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from chalicelib.core.schemas import Input, Output
from chalicelib.health.service.papers import Print


class PaperPassRequest(Input):
    """Says for whom to print."""

    dependant_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """A dependant of the caller; null is the caller."""


class PaperPass(Output):
    """A printed pass that holds."""

    paper_id: str
    name: str
    """Whose it is, masked."""
    dependant_id: str | None
    """Which dependant's it is; null is the caller's own."""
    printed_at: datetime
    expires_at: datetime
    """Until when it holds, unless it is taken back or printed anew."""

    @classmethod
    def of(cls, one: Print) -> Self:
        """A print as its holder sees it."""
        return cls(**_columns(one))


class PaperPassPrinted(PaperPass):
    """A pass that was printed just now."""

    model_config = ConfigDict(serialize_by_alias=True)

    text: Annotated[str, Field(serialization_alias="pass")]
    """What to print as a QR code. Only an inspector at an open place can learn from it whose it is."""

    @classmethod
    def of(cls, one: Print) -> Self:
        """A print with what is drawn."""
        return cls(text=one.text, **_columns(one))


class PaperPassList(Output):
    """The printed passes that hold."""

    items: list[PaperPass]


def _columns(one: Print) -> dict[str, Any]:
    row = one.row
    return {
        "paper_id": row.paper_id,
        "name": one.name,
        "dependant_id": one.dependant_id,
        "printed_at": row.printed_at,
        "expires_at": row.expires_at,
    }
