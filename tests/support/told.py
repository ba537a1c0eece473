"""A remote source in memory, for tests of the sync's engine: it is asked in batches, offers changes, and keeps what it is told.

What is kept lies in the city's registry, as with every remote source. The source by HTTP has its own tests.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import app
from chalicelib.core import clock, store
from chalicelib.core.errors import Unavailable
from chalicelib.core.ports import Fact
from chalicelib.core.reports import Asked, Changes, CursorLost, Report, Reports
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.tables import FactRow
from tests.support.city import TestCity

NAME = "told"


@dataclass
class ToldSource(RegistrySource):
    """Knows everybody; of whom it was told nothing it reports nothing."""

    batch: int = 100
    offers_changes: bool = False
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    garbage: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    """It does not answer a question that has any of these people in it."""
    log: list[str] = field(default_factory=list)
    """Whose facts changed, in their order: a cursor is a place in it."""
    forgot: int = 0
    """Up to which cursor it does not know any more what changed."""
    asked: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    before: Callable[[], None] = lambda: None
    """Called by each call before it answers."""
    as_of: datetime | None = None

    def tell(self, person_id: str, *facts: Fact) -> None:
        """Let it know all this of somebody, and nothing else."""
        self.facts[person_id] = list(facts)
        self.log.append(person_id)

    def with_mark(self) -> str | None:
        """The mark of somebody of whom it knows nothing."""
        return self._report("").mark

    def position(self) -> str | None:
        self._called()
        return str(len(self.log)) if self.offers_changes else None

    def reports(self, people: Sequence[Asked]) -> Reports:
        self._called()
        assert 0 < len(people) <= self.batch
        if self.refused & {one.person_id for one in people}:
            raise Unavailable
        self.asked.update(one.person_id for one in people)
        bad = frozenset(one.person_id for one in people) & self.garbage
        of = {one.person_id: self._report(one.person_id) for one in people if one.person_id not in bad}
        return Reports(of, bad, self._as_of())

    def changes(self, cursor: str) -> Changes:
        self._called()
        if int(cursor) < self.forgot:
            raise CursorLost
        page = self.log[int(cursor) : int(cursor) + self.batch]
        following = int(cursor) + len(page)
        bad = frozenset(page) & self.garbage
        of = {person_id: self._report(person_id) for person_id in page if person_id not in bad}
        return Changes(of, len(bad), str(following), following < len(self.log), self._as_of(), bad)

    def with_report(self, person_id: str, report: Report) -> Sequence[Fact]:
        return [*(fact for fact in self.facts_of(person_id) if fact.source != NAME), *report.facts]

    def keep(self, person_id: str, report: Report) -> None:
        kept = [row for row in store.query_all(FactRow, person_id, FactRow.sk >= "a") if row.source == NAME]
        wanted = {f"{fact.kind}#{fact.fact_id}" for fact in report.facts}
        for fact in report.facts:
            store.put(FactRow.storing(person_id, fact))
        for row in kept:
            if row.sk not in wanted:
                row.withdrawn = True
                store.put(row)

    def _called(self) -> None:
        self.calls += 1
        self.before()

    def _as_of(self) -> datetime:
        return self.as_of or clock.now()

    def _report(self, person_id: str) -> Report:
        facts = tuple(self.facts.get(person_id, ()))
        mark = hashlib.sha256(repr(sorted(map(repr, facts))).encode()).hexdigest()
        return Report(facts, mark, None)


def of_source(fact: Fact) -> Fact:
    """A fact as this source reports it."""
    return Fact(fact.fact_id, fact.kind, fact.result, fact.occurred_at, fact.place, NAME, fact.reported_at)


def down() -> None:
    """A source that does not answer."""
    raise Unavailable


@contextmanager
def asking(city: TestCity, source: ToldSource) -> Iterator[ToldSource]:
    """The city composed with this source until the block ends."""
    app.services.replace(app.compose(sms=city.sms, source=source))
    try:
        yield source
    finally:
        app.services.replace(app.compose(sms=city.sms))
