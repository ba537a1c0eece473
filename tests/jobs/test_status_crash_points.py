"""From a fact to the message about it: cut at any call, delivered again, the end is the same (harness H5, design §1).

Each AWS call on the way fails before it is made, loses its answer, or is the last thing that the process does. Then everything
comes again, as streams and queues bring it: one status, one snapshot, one alert row, and at least one message, at most two.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

import app
from chalicelib.alerts.raising import QUEUE
from chalicelib.core import clock
from chalicelib.core.settings import settings
from chalicelib.health.effects import RETRIES as REGISTRY_RETRIES
from chalicelib.health.people_effects import RETRIES as PEOPLE_RETRIES
from tests.support import messages
from tests.support.books import Book, Member
from tests.support.city import TestCity
from tests.support.lambdas import batch, fact_records, stored_record
from tests.support.people import TestPerson
from tests.support.statuses import alerts, done, fresh, held, history, person_row, states, to_people
from tests.support.working import Cuts, with_each_fault

pytestmark = [pytest.mark.jobs, pytest.mark.slow, pytest.mark.timeout(300)]

DIES_LONG = 200
"""Seconds after which what somebody had to themself is anybody's again."""

WINDOW = timedelta(minutes=settings().city.alerts.window_minutes + 1)
"""So far apart no two of these alerts are counted together, as a wrong delivery's would be."""


@dataclass
class Way:
    """The way of one fact about one member, as far as it came."""

    book: Book
    member: Member
    owner: TestPerson
    before: Any = field(init=False)
    heard: int = field(init=False)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    """What lies on the queue of alerts: it stays there if the sender dies, and comes again when it is done."""

    def __post_init__(self) -> None:
        self.before = person_row(self.member.person)
        self.heard = self._heard()

    def go(self, cuts: Cuts) -> None:
        """Everything that is due is delivered once: the fact, the change of status, what failed before, and alerts."""
        facts = [*fact_records(self.member.person), *messages.take(REGISTRY_RETRIES)]
        with cuts.here():
            app.registry_stream(batch(*facts), None)
        after, again = person_row(self.member.person), messages.take(PEOPLE_RETRIES)
        if after.status_version != self.before.status_version:
            with cuts.here():
                to_people(stored_record(after, self.before), *again)
        self.alerts += messages.take(QUEUE)
        with cuts.here():
            app.alerts_sender(batch(*self.alerts), None)

    @property
    def sent(self) -> int:
        """Text messages to the owner that are about this member's state."""
        return self._heard() - self.heard

    def _heard(self) -> int:
        word = next(state.word for state in settings().city.scheme.states if state.name == states()[-1])
        texts = [text for phone, text in self.book.city.sms.sent if phone == self.owner.phone]
        return sum(word.zh in text or word.en in text for text in texts)


@pytest.fixture
def begin(city: TestCity) -> Callable[[], Way]:
    """Makes a way for a new member of a book whose owner has a phone."""
    fresh()
    person = city.person()

    book = Book.opened(city, city.verified(person))

    def made() -> Way:
        member = book.member("health_code", "nucleic_acid")
        city.fact(member.person, "nucleic_acid", "positive", clock.iso(clock.now()))
        for queue in (REGISTRY_RETRIES, PEOPLE_RETRIES, QUEUE):
            messages.take(queue)
        return Way(book, member, person)

    return made


def test_a_fact_reaches_who_looks_after_the_member(begin: Callable[[], Way]) -> None:
    windows = count(1)

    def once(cuts: Cuts) -> None:
        with clock.frozen(clock.now() + next(windows) * WINDOW) as frozen:
            way = begin()
            way.go(cuts)
            for _ in range(2):  # it comes again, also when whoever was at it is long dead
                frozen.tick(DIES_LONG)
                way.go(Cuts())
            assert_told(way)

    calls = with_each_fault(once)

    assert calls >= len(["person", "facts", "status", "memberships", "history", "snapshot", "alert", "message", "mark"])


def assert_told(way: Way) -> None:
    """One status, one snapshot, one alert row; a message, or two if the sender died between publishing and marking."""
    person, org_id = way.member.person, way.book.org_id
    row = person_row(person)
    assert (row.state, int(row.status_version)) == (states()[-1], 1)
    assert history(person) == [(1, states()[-1])]
    assert held(org_id, person) == (states()[-1], 1)
    assert [one for one in alerts(org_id) if one[0] == way.member.member_id] == [(way.member.member_id, 1)]
    assert done(person) == 1
    assert 1 <= way.sent <= 2
