"""The public contract of accounts, identity, receipts and access log."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.canonical import DocumentType
from chalicelib.core.schemas import Input, Output
from chalicelib.people.service.bindings import Relation

Phone = Annotated[str, Field(min_length=1, max_length=32, examples=["13800000000"])]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["123456"])]


class CodeRequest(Input):
    """Asks for an SMS code."""

    phone: Phone
    """A mainland mobile number, with or without +86."""
    purpose: Literal["log_in", "step_up"] = "log_in"
    """What the code is for; one for logging in does not step up."""


class CodeSent(Output):
    """A code is on its way."""

    retry_after: int
    """Seconds until the next code may be asked for."""


class LogInRequest(Input):
    """Trades an SMS code for a session."""

    phone: Phone
    code: Code


class SessionOpened(Output):
    """A session. The token goes into `Authorization: Bearer …`."""

    token: str
    expires_at: datetime


class StepUpRequest(Input):
    """Proves the phone again, for what can't be undone."""

    code: Code


class Document(Input):
    """An identity document."""

    type: Annotated[DocumentType, Field(strict=False)]
    number: Annotated[str, Field(min_length=1, max_length=32)]


class IdentityRequest(Input):
    """Claims an identity; name, document and the session's phone must all match the health source."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    document: Document


class IdentityProved(Output):
    """Who was proved, masked, and the token that replaces the one that was sent."""

    name: str
    document: str
    token: str


class Me(Output):
    """What the service knows of the caller, masked."""

    verified: bool
    name: str | None
    document: str | None
    phone: str
    roles: list[str]
    """What the city named the caller: `officer`, or nothing."""


class Receipt(Output):
    """One consent receipt: what was agreed to or taken back, and the text that was read (B5)."""

    at: datetime
    org_id: str
    organization: str
    action: str
    scopes: list[str]
    text_version: str
    text: str
    """The consent text of that version in the caller's language."""
    given_by: str | None
    """Who did it in the caller's name, masked; null is the caller."""


class ReceiptPage(Output):
    """Receipts by organization, newest first."""

    items: list[Receipt]
    cursor: str | None


class Certificate(Output):
    """What was removed of a book that the caller deleted (R1.4)."""

    org_id: str
    organization: str
    deleted_at: datetime
    state: Literal["under_way", "complete"]
    """Nothing of the book can be read in either; `complete` says that nothing of it is stored any more."""
    completed_at: datetime | None
    removed: dict[str, int]
    """How much of each kind was removed: members, invitations and so on; empty until it is complete."""
    seal: str | None
    """The city's seal over all of this, by which it can tell that it said so; null until it is complete."""


class CertificatePage(Output):
    """Certificates, of the newest book first."""

    items: list[Certificate]
    cursor: str | None


class Disclosure(Output):
    """One entry of the access log (B1)."""

    at: datetime
    actor: str
    organization: str | None
    what: list[str]
    why: str


class AccessLogPage(Output):
    """Disclosures, newest first."""

    items: list[Disclosure]
    cursor: str | None


class DependantClaim(Input):
    """Says for whom the caller would act."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    document_type: Annotated[DocumentType, Field(strict=False)] = DocumentType.RESIDENT_ID
    document_number: Annotated[str, Field(min_length=1, max_length=32)]


class DependantCodeRequest(DependantClaim):
    """Asks for a code to the phone that the health source holds for a dependant."""

    phone: Phone


class DependantRequest(DependantClaim):
    """Binds a dependant. The health source names the caller as guardian; or a code says that the dependant agrees."""

    relation: Annotated[Relation, Field(strict=False)]
    """What the dependant is to the caller."""
    phone: Phone | None = None
    """The phone to which the code was sent."""
    code: Code | None = None


class Dependant(Output):
    """Somebody for whom the caller acts, or whom they still see."""

    dependant_id: str
    name: str
    document: str
    relation: Relation
    bound_at: datetime
    until: datetime | None
    """When a child turns 14, and the binding ends."""
    acts: bool
    """Whether the caller may act for them: not once they have an account of their own."""


class DependantList(Output):
    """Dependants."""

    items: list[Dependant]


class GuardianShown(Output):
    """Somebody who acts for the caller, or still sees them."""

    guardian_id: str
    name: str
    relation: Relation
    """What the caller is to them."""
    bound_at: datetime


class GuardianList(Output):
    """Guardians."""

    items: list[GuardianShown]
