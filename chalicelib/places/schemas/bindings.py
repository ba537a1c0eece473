"""The public contract of places that are an organization's access points."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.schemas import Input, Output


class AskedBinding(Input):
    """Asks an organization to make the place its access point (R0.1)."""

    org_id: Annotated[str, Field(min_length=1, max_length=64)]


class AccessPoint(Output):
    """A place that is an organization's access point, or asks to be."""

    place_id: str
    name: str
    type: str
    address: str
    state: Literal["bound", "asking"]
    since: datetime


class AccessPointList(Output):
    """One page of the access points of an organization, and of the places that ask to be, by their ids."""

    items: list[AccessPoint]
    cursor: str | None
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""
