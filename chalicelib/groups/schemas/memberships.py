"""The public contract for people: what a code opens, joining, sharing, leaving."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from chalicelib.core.schemas import Input, Output
from chalicelib.groups.consents import Scope

Scopes = Annotated[list[Annotated[Scope, Field(strict=False)]], Field(max_length=len(Scope))]


class OrganizationPreview(Output):
    """What somebody who holds a code learns of the organization."""

    name: str


class ScopeWords(Output):
    """A scope and what it means."""

    scope: str
    text: str


class InvitationPreview(Output):
    """What joining means, before anything is given."""

    organization: OrganizationPreview
    department: str | None
    """The department that one joins; null for the organization itself."""
    label_pattern: str | None
    """The form of the label that one must give: `#` a digit, `@` a Latin letter, `*` either, the rest itself; null for none."""
    scopes: list[str]
    scope_texts: list[ScopeWords]
    consent_version: str
    consent_text: str


class JoinRequest(Input):
    """Joins and shares the chosen scopes; none is a choice too."""

    scopes: Scopes
    label: Annotated[str, Field(max_length=32, examples=["S-0042"])] | None = None
    """The organization's own number for the member, never an ID or phone number; needed where the invitation has a pattern."""
    dependant_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """Who joins, of the caller's dependants; null is the caller."""


class Administers(Output):
    """An administrator's part of the organization."""

    department_id: str | None
    """Null is the whole organization."""


class Membership(Output):
    """A membership of the caller."""

    org_id: str
    member_id: str
    organization: str
    department_id: str | None
    type: str
    label: str | None
    administers: Administers | None
    """What the member administers; null if nothing."""
    scopes: list[str]
    overdue: list[str]
    """What of the shared is overdue now, by the organization's periods. The member is reminded of it every day."""
    due: dict[str, date]
    """From which day of the city each kind that the organization waits for is overdue."""
    joined_at: datetime
    offered_until: datetime | None
    """Until when the caller may take the book over; null if it is not offered to them."""


class MembershipList(Output):
    """The caller's memberships."""

    items: list[Membership]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""


class ConsentRequest(Input):
    """Shares exactly these scopes from now on."""

    scopes: Scopes
