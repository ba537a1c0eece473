"""`python -m bench --facts`: ten thousand facts as a source delivers them after a day of mass testing, and what comes of them.

Every batch must cost what the first one does, however many facts lie there already. One person in fifty is a member of a book.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from http import HTTPStatus
from io import StringIO

from rich.console import Console

from bench.cpu import of_requests
from bench.recorder import recorded
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
class Counted:
    """What one batch took, by count."""

    round_trips: int
    read: float
    write: float


@dataclass(frozen=True)
class Timed:
    """CPU of the api for one batch, and how long its source waited on this machine; seconds. Counting would cost CPU itself."""

    cpu: float
    waited: float


@dataclass(frozen=True)
class Mass:
    """Batches by turns counted and timed, and what was seen behind them: seconds until the last effect, and whose state turned."""

    counted: Sequence[Counted]
    timed: Sequence[Timed]
    effects: float
    turned: int

    @property
    def is_flat(self) -> bool:
        """Whether every batch cost what the first but one did. The first one holds who turns, who must be looked at."""
        return len(set(self.counted[1:])) == 1


def deliver(city: TestCity) -> Mass:
    """Deliver the facts, batch by batch, then let everything that follows come to its end."""
    people = _members(city)
    source = registered(city)
    count = FACTS // BATCH
    counted, timed = [], []
    for number in range(0, count, 2):
        counted.append(_counted(source, _batch(city, people[number::count], number)))
        timed.append(_timed(source, _batch(city, people[number + 1 :: count], number + 1)))
    began = time.monotonic()
    city.pump.drain()
    normal = settings().city.scheme.normal.name
    turned = sum(person_row(person).state != normal for person in people)
    return Mass(counted, timed, time.monotonic() - began, turned)


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


def _counted(source: SourceClient, rows: list[dict[str, object]]) -> Counted:
    with recorded() as record:
        _deliver(source, rows)
    return Counted(record.round_trips, record.units.read, record.units.write)


def _timed(source: SourceClient, rows: list[dict[str, object]]) -> Timed:
    with of_requests() as cpu:
        began = time.monotonic()
        _deliver(source, rows)
        return Timed(cpu.seconds, time.monotonic() - began)


def _deliver(source: SourceClient, rows: list[dict[str, object]]) -> None:
    with redirect_stdout(StringIO()):
        answer = source.facts(*rows)
    if answer.status != HTTPStatus.OK or {row["outcome"] for row in answer.json["rows"]} != {"stored"}:
        raise AssertionError(f"{answer.status} {answer.text[:500]}")


def show(mass: Mass) -> None:
    """Print what the batches took at the least and at the most, and how long the effects did."""
    lines = [
        f"{FACTS:,} facts about as many people, {PEOPLE} of them members of a book, in {FACTS // BATCH} batches of {BATCH}",
        _between("sequential round trips", [one.round_trips for one in mass.counted]),
        _between("read units", [one.read for one in mass.counted]),
        _between("write units", [one.write for one in mass.counted]),
        _between("CPU seconds of the api", [one.cpu for one in mass.timed]),
        _between("seconds its source waited here", [one.waited for one in mass.timed]),
        f"all effects done after {mass.effects:.1f} s here, {mass.turned} people of another state",
        "flat" if mass.is_flat else "a later batch costs more than an earlier one",
    ]
    Console(file=sys.stdout, width=180).print("\n".join(lines))


def _between(what: str, figures: Sequence[float]) -> str:
    return f"{what}: {min(figures):.4g} to {max(figures):.4g} a batch"
