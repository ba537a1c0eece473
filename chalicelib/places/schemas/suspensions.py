"""The public contract of suspending a place for a violation."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.core.schemas import Input, Moment
from chalicelib.places.schemas.places import printable

REASON_LENGTH = 500


class NewSuspension(Input):
    """Suspends a place for a violation (R4.3)."""

    reason: Annotated[str, Field(min_length=1, max_length=REASON_LENGTH), AfterValidator(printable)]
    """What its manager reads; nothing about a person belongs here."""
    until: Moment | None = None
    """When it ends by itself; null is when another officer lifts it."""
