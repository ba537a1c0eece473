"""`make load`: visitors scan the codes of places as fast as this machine goes, and every accepted visit is looked for afterwards.

It runs against an emulator on loopback, for at most a minute. Some of the scans come twice at once, as a double tap does.
What it says of throughput is this machine's; what it says of lost and doubled visits is the code's. Beside it stands the same
number of bare conditional puts, by the same threads, of rows of the same size.
"""

import argparse
import itertools
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from threading import Lock

from rich.console import Console
from rich.table import Table

from bench.city import bench_city
from chalicelib.core import clock, ids, store
from chalicelib.core.settings import settings
from chalicelib.places.codes import new_gate_id, poster_code
from chalicelib.places.tables import CheckinRow, GateRow, PlaceRow, parts_of
from chalicelib.places.visiting.keys import checkin_id_of
from tests.support.city import TestCity
from tests.support.client import Client

MOST_SECONDS = 60
THREADS = 8
VISITORS = 20
PLACES = 400
"""Visitors times places is more than a minute's scans here, so that nobody comes to one place twice."""

TWICE = 0.05
"""The share of scans that come twice at once."""

ACCEPTED = (200, 201)
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Timed:
    """What calls took, in seconds each and in all."""

    each: Sequence[float]
    seconds: float

    @property
    def per_second(self) -> float:
        """How many came through in a second."""
        return len(self.each) / self.seconds

    def percentile(self, share: int) -> float:
        """The milliseconds within which so many of a hundred were answered."""
        return sorted(self.each)[min(len(self.each) - 1, len(self.each) * share // 100)] * 1000


@dataclass(frozen=True)
class Load:
    """Scans and what became of them."""

    scans: Timed
    bare: Timed
    statuses: Counter[int]
    lost: int
    doubled: int

    @property
    def errors(self) -> int:
        """Answers that are neither a visit nor the visit that was there."""
        return sum(count for status, count in self.statuses.items() if status not in ACCEPTED)

    @property
    def is_right(self) -> bool:
        """Whether every scan was accepted and every accepted one is there once."""
        return not (self.errors or self.lost or self.doubled)


@dataclass(frozen=True)
class _Answered:
    status: int
    checkin_id: str | None
    seconds: float


def run(city: TestCity, seconds: float) -> Load:
    """Scan for so many seconds, then count what is stored."""
    codes = _opened()
    visitors = [city.verified() for _ in range(VISITORS)]
    scans = _scans(visitors, codes)
    turn, began = Lock(), time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        by_thread = threads.map(lambda _: _until(began + seconds, scans, turn), range(THREADS))
        found = list(itertools.chain.from_iterable(by_thread))
    took = time.monotonic() - began
    accepted = {one.checkin_id for one in found if one.status in ACCEPTED and one.checkin_id is not None}
    stored = [row for part in _parts(codes) for row in store.query_all(CheckinRow, part)]
    visits = Counter((row.place_id, row.member_id) for row in stored)
    return Load(
        Timed([one.seconds for one in found], took),
        _bare(len(found), stored[0]),
        Counter(one.status for one in found),
        lost=len(accepted - {checkin_id_of(row) for row in stored}),
        doubled=sum(times - 1 for times in visits.values()),
    )


def _opened() -> dict[str, str]:
    """Codes of so many open places, by place."""
    manager = ids.new_id()
    codes, rows = {}, []
    for _ in range(PLACES):
        place_id, gate_id, at = ids.new_id(), new_gate_id(), clock.now()
        place, gate = PlaceRow.of(place_id), GateRow.of(place_id, gate_id)
        rows += [
            PlaceRow(
                place.hash_value, place.range_value, name="Load", type="shop", subdistrict="371302001", address="-",
                stay_minutes=60, manager_id=manager, manager_enrolment=1, gates=1, created_at=at,
            ),
            GateRow(gate.hash_value, gate.range_value, name="Load", printed_at=at, created_at=at),
        ]  # fmt: skip
        codes[place_id] = poster_code(place_id, gate_id, 1)
    store.write_all(rows)
    return codes


def _scans(visitors: Sequence[Client], codes: dict[str, str]) -> Iterator[Callable[[], _Answered]]:
    """Each visitor at each place, in no order; some of them twice in a row."""
    pairs = list(itertools.product(visitors, codes.values()))
    random.shuffle(pairs)
    for visitor, code in pairs:
        scan = partial(_scan, visitor, code, clock.iso(clock.now()))
        yield scan
        if random.random() < TWICE:  # noqa: S311  no secret
            yield scan


def _scan(visitor: Client, code: str, at: str) -> _Answered:
    began = time.monotonic()
    answer = visitor.post("/v1/checkins", {"code": code, "scanned_at": at})
    took = time.monotonic() - began
    return _Answered(answer.status, answer.json["checkin_id"] if answer.status in ACCEPTED else None, took)


def _until(end: float, scans: Iterator[Callable[[], _Answered]], turn: Lock) -> list[_Answered]:
    """What one thread sends until the time is over; the threads share what is to be sent, one at a time taking from it."""
    found = []
    while time.monotonic() < end:
        with turn:
            scan = next(scans, None)
        if scan is None:
            break
        found.append(scan())
    return found


def _parts(codes: dict[str, str]) -> Iterator[str]:
    """Where the visits of today, and of yesterday if midnight passed, lie."""
    today = clock.local_day(settings().city.time_zone, clock.now())
    for place_id in codes:
        yield from parts_of(place_id, today, 1)


def _bare(count: int, like: CheckinRow) -> Timed:
    """The same number of conditional puts of such rows, by as many threads, with nothing around them."""
    request = like.get_save_kwargs_from_instance(condition=CheckinRow.part.does_not_exist())

    def put(number: int) -> float:
        item = {**request["Item"], "sk": {"S": f"bare#{number}"}}
        began = time.monotonic()
        store.connection().dispatch("PutItem", {**request, "Item": item})
        return time.monotonic() - began

    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        each = list(threads.map(put, range(count)))
    return Timed(each, time.monotonic() - began)


def show(load: Load) -> None:
    """Print it."""
    table = Table("", "scans", "bare puts")
    table.add_row("in a second", f"{load.scans.per_second:,.0f}", f"{load.bare.per_second:,.0f}")
    for share in PERCENTILES:
        table.add_row(f"p{share}, ms", f"{load.scans.percentile(share):.1f}", f"{load.bare.percentile(share):.1f}")
    console = Console()
    console.print(table)
    answers = ", ".join(f"{count} of {status}" for status, count in sorted(load.statuses.items()))
    console.print(f"answers: {answers}; errors {load.errors}, lost {load.lost}, doubled {load.doubled}")


def main() -> int:
    """Exit codes: 0 everything was accepted and is there once; 1 it was not."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=20, help=f"how long to scan, at most {MOST_SECONDS}")
    seconds = min(parser.parse_args().seconds, MOST_SECONDS)
    with redirect_stdout(StringIO()), bench_city() as city:
        load = run(city, seconds)
    show(load)
    return 0 if load.is_right else 1


if __name__ == "__main__":
    sys.exit(main())
