"""The public contract of policies."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.schemas import Input, Output, Query
from chalicelib.groups.policies import MAX_DAYS
from chalicelib.groups.schemas.names import DepartmentId, Word

Days = Annotated[int, Field(ge=1, le=MAX_DAYS)] | Literal["never"] | None
"""A period in days, or that the kind is never overdue; null says nothing, so that what is stated above counts."""


class NewPolicy(Input):
    """Says after how many days something is overdue, in place of what was said for this department and type."""

    department_id: DepartmentId | None = None
    """Null is what the caller manages."""
    type: Word | None = None
    """Null is every type of member."""
    nucleic_acid_days: Days = None
    travel_days: Days = None
    vaccination_days: Days = None


class PolicyKey(Query):
    """Which policy to take away."""

    department_id: DepartmentId | None = None
    """None is what the caller manages."""
    type: Word | None = None
    """None is the policy of every type."""


class Policy(Output):
    """After how many days something of a member is overdue; null leaves it to what is stated above."""

    department_id: str | None
    """Null is the organization."""
    type: str | None
    """Null is every type of member."""
    nucleic_acid_days: Days
    travel_days: Days
    vaccination_days: Days
    inherited: bool
    """Whether it belongs to a department above what the caller manages, and is not the caller's to change."""


class PolicyList(Output):
    """The policies that count in what the caller manages. The nearest to a member that states a kind counts, its own type first."""

    items: list[Policy]
