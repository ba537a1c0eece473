"""The public contract of group books."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from chalicelib.core.canonical import UNSEEN
from chalicelib.core.city import BookKind
from chalicelib.core.schemas import Input, Moment, Output, PageQuery, Query
from chalicelib.groups.consents import Scope

NAME_LENGTH = 100
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that a name may not hold: it is shown, printed and exported (T-30)."""


BLANK_PATTERN = "\u2800"
"""A Braille cell without dots: a symbol by its category, and nothing to see."""


def _printable(name: str) -> str:
    """The name in one spelling (NFKC), without spaces around it. It must show something and be no longer than it may."""
    import unicodedata

    shown = UNSEEN.sub("", unicodedata.normalize("NFKC", name)).strip()
    kinds = {unicodedata.category(character) for character in name}
    is_seen = any(unicodedata.category(one)[0] in "LNPS" and one != BLANK_PATTERN for one in shown)
    if not is_seen or len(shown) > NAME_LENGTH or kinds & UNPRINTABLE:
        message = "must be visible text without control characters"
        raise ValueError(message)
    return shown


OrganizationName = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(_printable)]
Scopes = Annotated[list[Annotated[Scope, Field(strict=False)]], Field(max_length=len(Scope))]


class OpenBook(Input):
    """Opens a group book (R1.1)."""

    name: OrganizationName
    kind: BookKind
    subdistrict: Annotated[str, Field(min_length=1, max_length=32, examples=["371302001"])]
    """Nine digits whose first six are a county code of this city; never the full address."""


class Organization(Output):
    """A group book as its owner sees it."""

    org_id: str
    name: str
    kind: str
    subdistrict: str
    created_at: datetime


class OrganizationList(Output):
    """The caller's own books."""

    items: list[Organization]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""


class NewInvitation(Input):
    """Makes a registration code."""

    department_id: Annotated[str, Field(max_length=64)] | None = None
    """Null joins the organization itself."""
    expires_at: Moment | None = None
    max_uses: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class Invitation(Output):
    """A registration code to show, print or send."""

    code: str
    url: str
    qr: str
    """SVG markup of the address as a QR code."""


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
    scopes: list[str]
    scope_texts: list[ScopeWords]
    consent_version: str
    consent_text: str


class JoinRequest(Input):
    """Joins and shares the chosen scopes; none is a choice too."""

    scopes: Scopes


class Membership(Output):
    """A membership of the caller."""

    org_id: str
    member_id: str
    organization: str
    scopes: list[str]
    joined_at: datetime


class MembershipList(Output):
    """The caller's memberships."""

    items: list[Membership]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""


class ConsentRequest(Input):
    """Shares exactly these scopes from now on."""

    scopes: Scopes


class SharedAddress(Query):
    """What messengers add to an address that is sent through them. Nothing of it is used, and none of it closes a page."""

    model_config = ConfigDict(extra="ignore")


class MembersQuery(PageQuery):
    """Which members to list."""

    department_id: Annotated[str, Field(max_length=64)] | None = None
    attention: bool = False
    """Only who is abnormal or overdue, worst first."""


class MemberItem(Output):
    """A member as the book shows them: masked, and only what they share; what is not shared is null."""

    member_id: str
    name: str
    document: str
    department_id: str | None
    label: str | None
    type: str
    scopes: list[str]
    status: dict[str, Any] | None
    nucleic_acid: dict[str, Any] | None
    vaccination: dict[str, Any] | None
    travel: dict[str, Any] | None
    attention: str | None
    joined_at: datetime


class MemberList(Output):
    """One page of members."""

    items: list[MemberItem]
    cursor: str | None
    unreadable: int
    """How many stored members of this page could not be read; their rows are reported to the operators."""
