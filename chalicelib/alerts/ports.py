"""What alerts need to know of organizations, in their own words. `groups` implements it, for it knows who administers whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.alerts.tables import AlertRow
from chalicelib.core.scheme import State
from chalicelib.people.tables.people import PersonRow


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
    state: State
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
