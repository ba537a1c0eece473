"""What the nightly sync asks of a health source, in Gatebook's own words (R1.3, R-16 to R-19; design §5, 02:00).

A source is asked for people in batches, or for what changed since a cursor if it offers that. What it says of one person is
a report: whole, so that nothing which is missing in it is true any more. A report that can't be used is garbage: it changes
nothing, and the person's status stays as old as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.core.ports import Fact, HealthSource


@dataclass(frozen=True)
class Asked:
    """Somebody of whom a source is asked. What is sealed is opened by sources alone that know people by their documents."""

    person_id: str
    phone_mac: str | None
    """The keyed form of the phone that is kept of the person; None if there is none."""
    mark: str | None = None
    """The mark of the last report of theirs that was kept."""
    document_sealed: bytes | None = None
    phone_sealed: bytes | None = None

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return "Asked(…)"


@dataclass(frozen=True)
class Report:
    """All that a source knows of one person now."""

    facts: tuple[Fact, ...]
    mark: str | None = None
    """By which the same report is known again without comparing it; None from a source whose facts are stored here anyway."""
    has_phone: bool | None = None
    """Whether it holds the phone that is kept of the person; None if it says nothing of that."""


@dataclass(frozen=True)
class Reports:
    """What a source says of the people it was asked for."""

    of: Mapping[str, Report]
    """By person_id. Who was asked for and is neither here nor in `garbage` does not occur."""
    garbage: frozenset[str]
    """By person_id: whose report was missing or can't be used, or whom the source claims not to know any more."""
    as_of: datetime
    """Until when the source's data are complete; never later than now."""


@dataclass(frozen=True)
class Changes:
    """A page of what changed at a source, of everybody it knows, enrolled here or not."""

    of: Mapping[str, Report]
    garbage: int
    """Rows that can't be used, of whomever."""
    cursor: str
    """Where the next page begins, also after the last one."""
    has_more: bool
    as_of: datetime
    """Until when the source's data are complete once this page is the last one; never later than now."""
    garbage_of: frozenset[str] = field(default=frozenset())
    """By person_id: of whom those rows are, as far as they say so. Where one does not, the page is no use."""


class CursorLost(Exception):
    """The source does not remember what changed since this cursor: it has to be read whole."""


class SyncedSource(Protocol):
    """A health source as the nightly sync sees it. Each method raises Unavailable if it does not answer."""

    batch: int
    """People for whom it is asked at once."""

    def position(self) -> str | None:
        """Where what changes from now on begins; None from a source that does not offer changes."""
        ...

    def reports(self, people: Sequence[Asked]) -> Reports:
        """What it knows of these people, at most `batch` of them."""
        ...

    def changes(self, cursor: str) -> Changes:
        """What changed since a cursor, a page of it. Raises CursorLost."""
        ...

    def with_report(self, person_id: str, report: Report) -> Sequence[Fact]:
        """All facts of a person as they will be once this report of theirs is kept: its own, and what others reported here."""
        ...

    def keep(self, person_id: str, report: Report) -> None:
        """Store what is new in a report, and that what it lacks is over, so that `all_facts_of` says it. Twice is once."""
        ...

    def distrust(self, person_id: str) -> None:
        """Remember that the last report of somebody was garbage: until `keep`, `all_facts_of` raises Broken. Twice is once."""
        ...


class CitySource(HealthSource, SyncedSource, Protocol):
    """The health source of a city, as everybody sees it."""
