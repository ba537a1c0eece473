"""Bases of the public contract's models: what comes in is exact, what goes out is what the model says."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Input(BaseModel):
    """A request body: unknown fields are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True, use_attribute_docstrings=True)


class Query(BaseModel):
    """A query string: unknown parameters are refused, numbers come as text."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, use_attribute_docstrings=True)


class Output(BaseModel):
    """An answer. Fields may be added in any version, so clients must ignore those they don't know."""

    model_config = ConfigDict(frozen=True, defer_build=True, use_attribute_docstrings=True)


class PageQuery(Query):
    """How a list is paged."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    """Rows of one page, at most 100 (T-35)."""
    cursor: Annotated[str, Field(max_length=1024)] | None = None
    """Where the page before this one ended, as it was given out."""
