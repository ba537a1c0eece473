"""Any order of facts, corrections, consents, days and deliveries: a book holds the consented part of the newest status (H8).

Changes of status come to their consumer late, twice and in any order. One alert row is there for each change into a state that is
not normal, in each book where the person shared their code before it and has not taken it back until it was told.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import app
from chalicelib.core import clock
from chalicelib.core.clock import FrozenClock
from chalicelib.health.people_effects import RETRIES
from chalicelib.health.service.status import Status
from tests.support import messages
from tests.support.books import Book, membership_key, membership_row, person_id_of
from tests.support.city import TestCity
from tests.support.enrolled import enrolled
from tests.support.lambdas import batch, fact_records, failed, stored_record
from tests.support.policies import assert_right
from tests.support.rows import stored
from tests.support.statuses import fresh, held, history, person_row, retried, states, to_people, versions

pytestmark = [pytest.mark.api, pytest.mark.slow, pytest.mark.timeout(280)]

CODE = "health_code"
WHICH = st.sampled_from([0, 1])
SCOPES = st.sampled_from([[], [CODE], [CODE, "nucleic_acid"], ["nucleic_acid", "travel"], [CODE, "travel"]])
FACTS = st.sampled_from(
    [
        ("nucleic_acid", "positive"),
        ("nucleic_acid", "negative"),
        ("fever_clinic", ""),
        ("contact", "close"),
        ("contact", "released"),
        ("travel_check", "pending"),
        ("travel_check", "clear"),
        ("vaccination", "2"),
    ]
)
MOST_DAYS = 20
"""Fewer than a session has."""


class Statuses(RuleBasedStateMachine):
    """One person, two books, the changes of their status that no consumer saw yet, and those that may come again."""

    city: TestCity
    time: FrozenClock

    def __init__(self) -> None:
        super().__init__()
        self.person = self.city.stranger()
        (self.client,) = enrolled(self.city, self.person)
        self.books = [Book.opened(self.city) for _ in range(2)]
        self.since: dict[int, int] = {}
        self.told: dict[int, set[int]] = {0: set(), 1: set()}
        self.waiting: list[tuple[int, bool, dict[str, Any]]] = []
        self.past: list[tuple[int, bool, dict[str, Any]]] = []
        self.days, self.facts = 0, 0

    def turned(self, cause: Any) -> None:
        """Let something happen that may change the status, and keep the change for its consumer."""
        before = person_row(self.person)
        cause()
        after = person_row(self.person)
        if after.status_version != before.status_version:
            is_told = after.state not in {before.state, states()[0]}
            self.waiting.append((int(after.status_version), is_told, stored_record(after, before)))

    @rule(fact=FACTS, again=st.booleans())
    def learn(self, fact: tuple[str, str], again: bool) -> None:
        """The source reports something, or corrects what it reported last of this kind."""
        self.time.tick(1)
        self.facts += not again
        number = {"fact_id": f"f{self.facts}"} if fact[0] != "vaccination" else {}
        self.city.fact(self.person, *fact, clock.iso(clock.now()), **number)
        self.turned(lambda: app.registry_stream(batch(*fact_records(self.person)), None))

    @precondition(lambda self: self.days < MOST_DAYS)
    @rule(days=st.sampled_from([1, 8]))
    def sleep(self, days: int) -> None:
        """Days pass; windows close, and the sources go on saying so."""
        self.days += days
        self.time.tick(days * 86_400)
        fresh()
        self.turned(lambda: app.services.get(Status).refresh(person_id_of(self.person)))

    @rule(which=WHICH, scopes=SCOPES)
    def share(self, which: int, scopes: list[str]) -> None:
        """Join, or share exactly these from now on."""
        self.time.tick(1)
        book, version = self.books[which], int(person_row(self.person).status_version)
        if stored(membership_key(book.org_id, self.person)) is None:
            self.city.join(self.client, book.code, *scopes)
        else:
            assert self.client.put(f"{book.own_path}/consent", {"scopes": scopes}).status == 200
        if CODE not in scopes:
            self.since.pop(which, None)
        else:
            self.since.setdefault(which, version)

    @rule(which=WHICH)
    def leave(self, which: int) -> None:
        """Leave, or find that one is in no such book."""
        self.time.tick(1)
        assert self.client.delete(self.books[which].own_path).status in {204, 404}
        self.since.pop(which, None)

    @precondition(lambda self: self.waiting)
    @rule(place=st.integers(0, 9))
    def carry(self, place: int) -> None:
        """Some change comes to its consumer, not always the first."""
        one = self.waiting.pop(place % len(self.waiting))
        self.past.append(one)
        self._carried(one)

    @precondition(lambda self: self.past)
    @rule(place=st.integers(0, 9))
    def carry_again(self, place: int) -> None:
        """A change comes again that came before."""
        self._carried(self.past[place % len(self.past)])

    @precondition(lambda self: not self.waiting)
    @rule()
    def carry_by_key(self) -> None:
        """The person comes from the queue of retries, when everything else came."""
        assert to_people(retried(self.person)) == failed()
        now = person_row(self.person)
        self._told(_began(history(self.person)), is_told=now.state not in {None, states()[0]})

    def _carried(self, one: tuple[int, bool, dict[str, Any]]) -> None:
        version, is_told, record = one
        assert to_people(record) == failed()
        assert messages.take(RETRIES) == []
        self._told(version, is_told=is_told)

    def _told(self, version: int, *, is_told: bool) -> None:
        for which, since in self.since.items():
            if is_told and version > since:
                self.told[which].add(version)

    @invariant()
    def a_book_holds_what_is_shared_of_a_status_there_was(self) -> None:
        """And the newest, once everything came. Nothing of it is there where it is not shared."""
        now = person_row(self.person)
        for which, book in enumerate(self.books):
            row = stored(membership_key(book.org_id, self.person)) or {}
            if which not in self.since:
                assert {"status", "status_version", "shared_version"} & row.keys() == set()
                continue
            state, version = held(book.org_id, self.person)
            assert (version or 0) >= self.since[which]
            if not self.waiting:
                assert (state, version or 0) == (now.state, int(now.status_version))

    @invariant()
    def each_change_is_one_alert_where_it_is_shared(self) -> None:
        """Not two, and none of what began before the consent."""
        for which, book in enumerate(self.books):
            assert versions(book.org_id) == sorted(self.told[which])

    def teardown(self) -> None:
        """In the end the list shows what is held, and everybody stands where their state puts them."""
        while self.waiting:
            self.carry(0)
        for which, book in enumerate(self.books):
            assert_right(book)
            for item in book.members():
                assert (item["status"] is not None) == (which in self.since)
            row = membership_row(book.org_id, self.person)
            assert row is None or (row.attention is not None) == (
                which in self.since and person_row(self.person).state not in {None, states()[0]}
            )


def _began(kept: list[tuple[int, str]]) -> int:
    """The version with which the last state of a history began."""
    began = 0
    for version, state in reversed(kept):
        if state != kept[-1][1]:
            break
        began = version
    return began


@pytest.fixture
def machine(city: TestCity) -> Iterator[type[Statuses]]:
    """The machine in this city, with a clock of its own."""
    with clock.frozen(clock.now() + timedelta(hours=1)) as frozen:
        fresh()
        Statuses.city, Statuses.time = city, frozen
        yield Statuses
    fresh()


def test_statuses(machine: type[Statuses]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            phases=[Phase.generate],  # a failure is short enough as it is found; to make it shorter takes minutes
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
