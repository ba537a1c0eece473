"""`python -m bench --facts`: ten thousand facts as a source delivers them after a day of mass testing, and what comes of them.

Every batch must cost what the first one does, however many facts lie there already. One person in fifty is a member of a book.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO

from rich.console import Console

from bench.cpu import of_requests
from bench.recorder import Recorder, recorded
from chalicelib.core import clock, ids
from chalicelib.core.settings import settings
from tests.support.city import TestCity
from tests.support.people import TestPerson
from tests.support.sources import SourceClient, registered, report
from tests.support.statuses import person_row

FACTS = 10_000
BATCH = 500
"""Facts of a full batch."""

PEOPLE = 200
"""Of those whom the facts are about, who proved identity and are members of one book, which sees their health code."""

FOUND = 5
"""Of them, who turn abnormal; the demo city holds a batch that would turn more."""


@dataclass(frozen=True)
class Delivered:
    """One batch: what it took, CPU of the api in seconds, and the seconds that its source waited on this machine."""

    round_trips: int
    read: float
    write: float
    cpu: float
    waited: float

    @property
    def counts(self) -> tuple[int, float]:
        """What must be the same for every batch: how fast a machine is does not come into it, nor what a key's first use reads."""
        return self.round_trips, self.write


@dataclass(frozen=True)
class Mass:
    """All batches, and what was seen behind them: seconds until the last effect, and people whose state is another one."""

    batches: Sequence[Delivered]
    effects: float
    turned: int

    @property
    def is_flat(self) -> bool:
        """Whether the last batch cost what the second did. The first one also loads keys."""
        return len({one.counts for one in self.batches[1:]}) == 1


def deliver(city: TestCity) -> Mass:
    """Deliver the facts, batch by batch, then let everything that follows come to its end."""
    people = _members(city)
    source = registered(city)
    count = FACTS // BATCH
    batches = [_deliver(source, _batch(city, people[number::count], number)) for number in range(count)]
    began = time.monotonic()
    city.pump.drain()
    normal = settings().city.scheme.normal.name
    turned = sum(person_row(person).state != normal for person in people)
    return Mass(batches, time.monotonic() - began, turned)


def _members(city: TestCity) -> list[TestPerson]:
    owner = city.verified()
    code = city.invite(owner, city.book(owner))
    people = [city.person() for _ in range(PEOPLE)]
    for person in people:
        city.join(city.verified(person), code, "health_code")
    city.pump.drain()
    return people


def _batch(city: TestCity, members: Sequence[TestPerson], number: int) -> list[dict[str, object]]:
    """A batch: some members and many others, each negative but for the few who are found among the members of the first one."""
    at = clock.iso(clock.now().replace(microsecond=0))
    rows = []
    others = [city.stranger() for _ in range(BATCH - len(members))]
    for index, person in enumerate([*members, *others]):
        found = number == 0 and index < FOUND
        kind, result = ("case", "confirmed") if found else ("nucleic_acid", "negative")
        rows.append(report(person, fact_id=ids.new_id(), kind=kind, result=result, occurred_at=at, source_time=at))
    return rows


def _deliver(source: SourceClient, rows: list[dict[str, object]]) -> Delivered:
    log = StringIO()
    with redirect_stdout(log), recorded() as record, of_requests() as cpu:
        began = time.monotonic()
        answer = source.facts(*rows)
        waited = time.monotonic() - began
    if answer.status != 200 or {row["outcome"] for row in answer.json["rows"]} != {"stored"}:
        raise AssertionError(f"{answer.status} {answer.text[:500]}")
    return _delivered(record, cpu.seconds, waited)


def _delivered(record: Recorder, cpu: float, waited: float) -> Delivered:
    return Delivered(record.round_trips, record.units.read, record.units.write, cpu, waited)


def show(mass: Mass) -> None:
    """Print what the batches took at the least and at the most, and how long the effects did."""
    lines = [
        f"{FACTS:,} facts about as many people, {PEOPLE} of them members of a book, in {len(mass.batches)} batches of {BATCH}",
        _between("sequential round trips", [one.round_trips for one in mass.batches]),
        _between("read units", [one.read for one in mass.batches]),
        _between("write units", [one.write for one in mass.batches]),
        _between("CPU seconds of the api", [one.cpu for one in mass.batches]),
        _between("seconds its source waited here", [one.waited for one in mass.batches]),
        f"all effects done after {mass.effects:.1f} s here, {mass.turned} people of another state",
        "flat" if mass.is_flat else "a later batch costs more than an earlier one",
    ]
    Console(file=sys.stdout, width=180).print("\n".join(lines))


def _between(what: str, figures: Sequence[float]) -> str:
    return f"{what}: {min(figures):.4g} to {max(figures):.4g} a batch"
