"""What Gatebook needs from outside, in its own words. Adapters lie in the features; tests and the local server bring theirs."""

from dataclasses import dataclass
from typing import Literal, Protocol

from chalicelib.core.canonical import DocumentType
from chalicelib.core.errors import Unavailable
from chalicelib.core.texts import Language


class SourceUnavailable(Unavailable):
    """No health source tells this city who is who: none was registered, or none delivered identities yet."""

    code = "source_unavailable"
    retry_after = 3600
    """Seconds; a source is registered by people, in office hours."""


@dataclass(frozen=True)
class IdentityClaim:
    """What somebody says of themself, canonical, with the keyed forms that an embedded source compares.

    `__repr__` is left out of logs by rule; the fields in clear exist only inside the request that brought them.
    """

    person_id: str
    name_mac: str
    phone_mac: str
    document_type: DocumentType
    document_number: str
    name: str
    phone: str

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return "IdentityClaim(…)"


@dataclass(frozen=True)
class Fact:
    """One thing that a registered source reports of a person. Times are RFC 3339 in UTC to the second, so text sorts by time.

    `reported_at` is the source's time of it. `batch` and `reporter` say in which delivery it came, and who at the source
    answers for it; both are empty for a fact that was imported into a city that is not deployed.
    """

    fact_id: str
    kind: str
    result: str
    occurred_at: str
    place: str
    source: str
    reported_at: str
    batch: str = ""
    reporter: str = ""


@dataclass(frozen=True)
class Kinship:
    """What the source says of two people of whom one would act for the other."""

    is_guardian: bool
    """Whether it names the one as the other's guardian."""
    has_phone: bool
    """Whether it holds the phone that was stated for the other."""


class HealthSource(Protocol):
    """The health authority's data: who is who, and what is known of them."""

    def require_ready(self) -> None:
        """Raises SourceUnavailable as long as nobody tells this city who is who, so that nobody is compared in vain."""
        ...

    def confirms(self, claim: IdentityClaim) -> bool:
        """Whether name, document and phone all belong to one known person. Never says which one does not.

        Raises Unavailable if the source does not answer.
        """
        ...

    def confirms_phone(self, person_id: str, phone_mac: str) -> bool:
        """Whether the source still holds this phone for the person."""
        ...

    def kinship(self, dependant: IdentityClaim, guardian_id: str) -> Kinship | None:
        """How the source knows a dependant of whom somebody else states name, document and perhaps a phone.

        None if name and document are not those of one known person; which of them differs is never said. Raises Unavailable if
        the source does not answer.
        """
        ...

    def facts_of(self, person_id: str) -> list[Fact]:
        """What is known of a person now, as far as it can be read: for showing single facts."""
        ...

    def all_facts_of(self, person_id: str) -> list[Fact]:
        """All that is known of a person now: for computing what follows from it.

        Raises Broken if any of it can't be read, for that may be the fact that matters, and Unavailable if the source does not
        answer.
        """
        ...


TravelResult = Literal["clear", "pending"]
"""What the national platform says of somebody's travel: nothing against them, or not decided yet."""


class TravelVerifier(Protocol):
    """The national platform that knows by phone where somebody was (R4.7)."""

    def verify(self, phone: str) -> TravelResult:
        """What it says of the holder of a canonical phone now. Raises Unavailable if it does not answer."""
        ...


class SmsSender(Protocol):
    """Sends one text to one mainland phone."""

    def send(self, phone: str, text: str, language: Language, message_id: str | None = None) -> None:
        """Hand the text over. `phone` is canonical. Raises SmsUnavailable if the carrier does not take it.

        `message_id` is the same each time one message is tried, for carriers that drop what they took already.
        """
        ...
