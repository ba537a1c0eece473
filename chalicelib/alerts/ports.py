"""What alerts need to know of organizations, in their own words. `groups` implements it, for it knows who administers whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.alerts.tables import AlertRow
from chalicelib.core.policy import Words
from chalicelib.people.tables.people import PersonRow


class ShownState(Protocol):
    """What an alert says of a state of the city's scheme, and what it goes by."""

    @property
    def name(self) -> str:
        """The scheme's word for the state, the same in all languages."""
        ...

    @property
    def word(self) -> Words:
        """The state as people read it."""
        ...

    @property
    def allows_entry(self) -> bool:
        """Whether whoever is in it may enter a place."""
        ...

    @property
    def alarm(self) -> bool:
        """Whether the owner hears of it too, and the city's subscribers do."""
        ...


@dataclass(frozen=True)
class Recipient:
    """Who is to be told: a member of the organization, or its owner, under the id by which it knows them."""

    member_id: str
    person: PersonRow


@dataclass(frozen=True)
class Audience:
    """What is to be told and to whom, as it is at this moment: what an alert says was never stored with it.

    `life` is whom it is about, as the ledger lists people. `otherwise` is told where no recipient can be reached.
    """

    life: str
    organization: str
    name_mask: str
    state: ShownState
    since: datetime
    department: str | None
    recipients: Sequence[Recipient]
    otherwise: Sequence[Recipient] = ()


class Resolver(Protocol):
    """Says whom an alert is for."""

    def recipients(self, alert: AlertRow) -> Audience | None:
        """The audience of an alert now; None if the member left or no longer shares their health code: nobody is told then."""
        ...


class Administered(Protocol):
    """Says which organizations a person owns or administers."""

    def organizations_of(self, person_id: str) -> Sequence[tuple[str, str]]:
        """Each such organization's id, and the id by which it knows the person."""
        ...
