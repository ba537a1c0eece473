"""Bases of the public contract's models: what comes in is exact, what goes out is what the model says."""

import re
from contextlib import suppress
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticKnownError

NUMBER = re.compile(r"-?[0-9]+")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _as_numbers_are_written(value: object) -> object:
    """Refuse what Python would read as a number and no other language does, such as `1_0` or ` 5`."""
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        raise PydanticKnownError("int_parsing")
    return value


def _as_moments_are_written(value: object) -> object:
    """Read a moment. Refuses seconds since 1970, which pydantic takes even as text."""
    if isinstance(value, str) and DATE.match(value):
        with suppress(ValueError):
            return datetime.fromisoformat(value.upper())
    raise PydanticKnownError("datetime_type")


DIGITS = BeforeValidator(_as_numbers_are_written)
"""Marks a number in a query, where everything is text; stands after the number's limits, or its description loses them."""

Moment = Annotated[AwareDatetime, BeforeValidator(_as_moments_are_written)]
"""A moment in a request body: RFC 3339 with its offset, as text."""


class Input(BaseModel):
    """A request body: unknown fields are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Query(BaseModel):
    """A query string: unknown parameters are refused, numbers come as text."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Output(BaseModel):
    """An answer. Fields may be added in any version, so clients must ignore those they don't know."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class PageQuery(Query):
    """How a list is paged."""

    limit: Annotated[int, Field(ge=1, le=100), DIGITS] = 50
    """Rows of one page, at most 100 (T-35)."""
    cursor: Annotated[str, Field(max_length=1024)] | None = None
    """Where the page before this one ended, as it was given out."""
