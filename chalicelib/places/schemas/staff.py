"""The public contract of who works at a place."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.schemas import Input, Output

MOST_OWN_GATES = 40
"""Gates of one registrar: giving them and taking as many others back is one transaction."""

StaffRole = Literal["inspector", "registrar"]
GateId = Annotated[str, Field(min_length=1, max_length=64)]


class TypedCode(Input):
    """A declaration code as the manager gave it."""

    declaration_code: Annotated[str, Field(min_length=1, max_length=32, examples=["7K2M9QX4"])]
    """Eight letters and digits; case, spaces and hyphens don't matter."""


class DeclarationCode(Output):
    """With what somebody joins the staff of a place (R2.2)."""

    declaration_code: str
    declared_at: datetime
    """Since when it is the place's code."""


class StaffChange(Input):
    """Makes somebody an inspector or a registrar, and says which gates are theirs. What is left out, or null, stays."""

    role: StaffRole | None = None
    """An inspector has no gates of their own: those go back to the manager."""
    gates: Annotated[list[GateId], Field(max_length=MOST_OWN_GATES)] | None = None
    """All gates that are the registrar's from now on, by `gate_id`."""


class StaffMember(Output):
    """Somebody who works at a place."""

    member_id: str
    name: str
    """Masked: the surname and two stars."""
    role: StaffRole
    gates: list[str]
    """The ids of a registrar's own gates."""
    bound_at: datetime


class StaffList(Output):
    """Who works at a place, in the order in which they were bound; its manager is not among them."""

    items: list[StaffMember]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""
