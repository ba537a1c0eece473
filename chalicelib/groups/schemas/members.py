"""The public contract of members as managers see them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from chalicelib.core.schemas import Input, Output, PageQuery
from chalicelib.groups.errors import SearchByOne
from chalicelib.groups.schemas.names import DepartmentId, MemberId, Word
from chalicelib.groups.service.members import Removal
from chalicelib.people.schemas import Document, Phone


class MembersQuery(PageQuery):
    """Which members to list."""

    department_id: DepartmentId | None = None
    attention: bool = False
    """Only who is abnormal or overdue: department by department, and worst first within each."""


class MemberChange(Input):
    """Changes where a member stands. What is left out stays as it is."""

    department_id: DepartmentId | None = None
    """Null is the organization itself."""
    type: Annotated[Word, Field(examples=["teacher"])] | None = None
    """Null is `member`."""
    label: Annotated[Word, Field(examples=["S-0042"])] | None = None
    """The organization's own number for the member, unique in it and never an ID or phone number; null takes it away."""


class MembersSought(Input):
    """Finds members by exactly one of name, surname, document, phone and label."""

    name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    surname: Annotated[str, Field(min_length=1, max_length=8, examples=["王"])] | None = None
    """As masks show it; of Latin names that is the first letter."""
    document: Document | None = None
    phone: Phone | None = None
    label: Annotated[Word, Field(examples=["S-0042"])] | None = None
    """The whole label; case and width of its characters do not matter."""
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str, Field(max_length=1024)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        sought = self.name, self.surname, self.document, self.phone, self.label
        if len([one for one in sought if one is not None]) != 1:
            raise SearchByOne
        return self


class RemovalRequest(Input):
    """Removes several members."""

    member_ids: Annotated[list[MemberId], Field(min_length=1, max_length=100)]


class RemovalResult(Output):
    """What became of one of them."""

    member_id: str
    result: Removal


class RemovalReport(Output):
    """What became of each."""

    items: list[RemovalResult]
    removed: int


class MemberStatus(Output):
    """What a member's health code says, as far as it can be gone by now."""

    state: Annotated[str, Field(examples=["green"])]
    """A state of the city's scheme, or `unknown` where none is known or what is known is too old."""
    since: datetime | None
    until: datetime | None
    """When it changes by itself; null for what no date ends."""
    as_of: datetime | None
    """How old the data are that it was computed from; null where nobody can say."""


class MemberItem(Output):
    """A member as the book shows them: masked, and only what they share; what is not shared is null."""

    member_id: str
    name: str
    document: str
    department_id: str | None
    label: str | None
    type: str
    scopes: list[str]
    status: MemberStatus | None
    """Null where it is not shared."""
    nucleic_acid: dict[str, Any] | None
    vaccination: dict[str, Any] | None
    travel: dict[str, Any] | None
    attention: str | None
    overdue: list[str]
    joined_at: datetime


class MemberList(Output):
    """One page of members."""

    items: list[MemberItem]
    cursor: str | None
    unreadable: int
    """How many stored members of this page could not be read; their rows are reported to the operators."""
