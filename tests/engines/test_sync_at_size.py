"""A night of a hundred thousand people on AWS's own DynamoDB, killed every thousand calls, and what a person costs at each size."""

import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

import app
from chalicelib.core import clock, ids
from chalicelib.core.work import CLAIM
from chalicelib.health.service.sync import pieces
from chalicelib.health.tables.sync import Phase
from tests.engines.conftest import Engine, started
from tests.support import messages
from tests.support.lambdas import batch
from tests.support.nights import forget_nights, latest, resident, settle, tend
from tests.support.seam import Killed, Seam, put_in
from tests.support.told import ToldSource, asking
from tests.support.working import Context

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(600)]

LARGE, MIDDLE, SMALL = 100_000, 10_000, 1_000
CALLS = 1_000
"""Calls, of AWS and of the source, after which a process dies."""


class Mortal(Seam):
    """Counts calls and lets the process die at each thousandth."""

    def __init__(self, every: int | None) -> None:
        super().__init__()
        self.every, self.made, self.deaths, self.is_here = every, 0, 0, False

    def call(self, original: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        """One call through the seam."""
        self.count()
        return original(client, operation, kwargs)

    @contextmanager
    def here(self) -> Iterator[None]:
        """Count, and let what is called in this block die."""
        self.is_here = True
        try:
            with suppress(Killed):
                yield
        finally:
            self.is_here = False

    def count(self) -> None:
        """One call more, if it is the city's and not the test's."""
        if not self.is_here:
            return
        self.made += 1
        if self.every and self.made % self.every == 0:
            self.deaths += 1
            raise Killed


@dataclass
class Walked:
    """What a night took, who was asked for how often, and by how many KB the process's largest size grew."""

    calls: int
    deaths: int
    asked: Counter[str]
    grown: int


def populate(count: int, mark: str | None) -> str:
    """A segment of so many people of whom nothing changed."""
    segment = ids.new_id()
    for start in range(0, count, 5_000):
        settle([resident(segment, source_mark=mark) for _ in range(min(5_000, count - start))])
    return segment


def walk(source: ToldSource, every: int | None = None) -> Walked:
    """A night, by the functions that AWS calls; who dies is followed by the schedule's next call."""
    source.asked.clear()
    forget_nights()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with put_in(Mortal(every)) as seam, clock.frozen(clock.now()) as time:
        source.before = seam.count
        for _ in range(1_000):
            with seam.here():
                tend()
            while found := messages.take("sync_pieces"):
                for message in found:
                    with seam.here():
                        app.sync_worker(batch(message), Context())
            if latest().phase == Phase.DONE:
                break
            time.tick(CLAIM.total_seconds() + 1)
        assert latest().phase == Phase.DONE
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return Walked(seam.made, seam.deaths, Counter(source.asked), grown)


@pytest.fixture(scope="module")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A process of its own: one that held so many rows answers others' tests too slowly, also once they are gone."""
    with started(tmp_path_factory.mktemp("dynamodb-local") / "engine.log") as url:
        yield url


@pytest.fixture(scope="module")
def source() -> ToldSource:
    return ToldSource()


@pytest.fixture
def sizes(engine: Engine, source: ToldSource, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, Walked]]:
    """A night at each size, the largest one twice: undisturbed, and dying."""
    if not engine.is_aws_own:
        pytest.skip("the emulator looks through a whole table for each page of an index")
    found: dict[int, Walked] = {}
    with asking(engine.city, source):
        for count in (SMALL, MIDDLE, LARGE):
            segment = populate(count, source.with_mark())
            monkeypatch.setattr(pieces, "SEGMENT_NAMES", (segment,))
            found[count] = walk(source)
        found[-LARGE] = walk(source, CALLS)
        yield found
        forget_nights()


def test_it_completes_once_each_and_costs_the_same_at_every_size(sizes: dict[int, Walked]) -> None:
    undisturbed, killed = sizes[LARGE], sizes[-LARGE]
    assert killed.deaths >= 3
    assert len(killed.asked) == LARGE
    lost = sum(times - 1 for times in killed.asked.values())
    assert lost <= 0.01 * LARGE, "a death loses one batch"
    assert killed.calls <= 1.01 * undisturbed.calls, (killed.calls, undisturbed.calls)
    assert set(undisturbed.asked.values()) == {1}

    fixed = (sizes[MIDDLE].calls * 10 - sizes[LARGE].calls) / 9
    a_person = {count: (sizes[count].calls - fixed) / count for count in (SMALL, MIDDLE, LARGE)}
    assert max(a_person.values()) <= 1.05 * min(a_person.values()), a_person
    assert sizes[-LARGE].grown <= 20_000, "a hundred thousand people are never held together"
