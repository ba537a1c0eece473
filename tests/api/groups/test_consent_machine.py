"""Any order of joining, changing, leaving, removing, erasing, facts and deliveries: a book sees no more than was agreed (H8)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib.core import clock
from chalicelib.core.clock import FrozenClock
from chalicelib.groups.consents import COLUMNS, Scope, in_order
from chalicelib.health.facts import RESULTS, Kind
from tests.support.books import Book, assert_whole, membership_key, shown_columns
from tests.support.city import TestCity
from tests.support.rows import stored

pytestmark = [pytest.mark.api, pytest.mark.slow, pytest.mark.timeout(240)]

SCOPES = st.lists(st.sampled_from([scope.value for scope in Scope]), unique=True)
SHARED_KINDS = {
    "nucleic_acid": {Kind.NUCLEIC_ACID},
    "vaccination": {Kind.VACCINATION},
    "travel": {Kind.TRAVEL_CHECK, Kind.HIGH_RISK_TRAVEL},
}
FACTS = st.sampled_from([(kind, result) for kind in sorted(Kind) for result in sorted(RESULTS[kind])])
WHICH = st.sampled_from([0, 1])
MOST_ERASED = 10
"""Two days pass with each, and the owner's session lasts thirty."""


class Consent(RuleBasedStateMachine):
    """One person, two books, and what the person agreed to in each. Time passes, or receipts would have no order."""

    city: TestCity
    time: FrozenClock

    def __init__(self) -> None:
        super().__init__()
        owner = self.city.verified()
        self.books = Book.opened(self.city, owner), Book.opened(self.city, owner)
        self.person = self.city.person()
        self.client = self.city.verified(self.person)
        self.keys = [membership_key(book.org_id, self.person) for book in self.books]
        self.agreed: dict[int, list[str] | None] = {0: None, 1: None}
        self.known: set[Kind] = set()
        self.is_delivered = True
        self.erased = 0

    # --- what the person does

    @rule(which=WHICH, scopes=SCOPES)
    def join(self, which: int, scopes: list[str]) -> None:
        """Join, or find out that one is in already."""
        self.time.tick(1)
        answer = self.client.post(f"/v1/invitations/{self.books[which].code}/join", {"scopes": scopes})
        assert answer.status == (201 if self.agreed[which] is None else 200)
        if self.agreed[which] is None:
            self.agreed[which] = in_order(scopes)
        assert answer.json["scopes"] == self.agreed[which]

    @rule(which=WHICH, scopes=SCOPES)
    def change(self, which: int, scopes: list[str]) -> None:
        """Share exactly these from now on."""
        self.time.tick(1)
        answer = self.client.put(f"{self.books[which].own_path}/consent", {"scopes": scopes})
        assert answer.status == (404 if self.agreed[which] is None else 200)
        if self.agreed[which] is not None:
            self.agreed[which] = in_order(scopes)

    @rule(which=WHICH)
    def leave(self, which: int) -> None:
        """Take everything back."""
        self.time.tick(1)
        answer = self.client.delete(self.books[which].own_path)
        assert answer.status == (404 if self.agreed[which] is None else 204)
        self.agreed[which] = None

    @precondition(lambda self: self.erased < MOST_ERASED)
    @rule()
    def erase(self) -> None:
        """End this life in the city, and come back the next day as somebody who was never here."""
        self.erased += 1
        self.time.tick(timedelta(days=1).total_seconds())
        assert self.city.log_in(self.person).delete("/v1/me").status == 204
        assert self.client.get("/v1/me/memberships").status == 401
        self.agreed = {0: None, 1: None}
        self.time.tick(timedelta(days=1).total_seconds())
        self.client = self.city.verified(self.person)

    # --- what others do

    @rule(which=WHICH)
    def remove(self, which: int) -> None:
        """The owner removes the person."""
        path = f"{self.books[which].path}/members/{self.keys[which].range_value}"
        self.time.tick(1)
        answer = self.books[which].owner.delete(path)
        assert answer.status == (404 if self.agreed[which] is None else 204)
        self.agreed[which] = None

    @rule(fact=FACTS)
    def learn(self, fact: tuple[Kind, str]) -> None:
        """The source reports something."""
        kind, result = fact
        self.city.fact(self.person, kind, result, clock.iso(clock.now()))
        self.known.add(kind)
        self.is_delivered = False

    @rule()
    def deliver(self) -> None:
        """Everything reaches its consumers, twice and out of order."""
        self.city.deliver()
        self.is_delivered = True

    # --- what holds at any time

    @invariant()
    def each_book_sees_what_was_agreed(self) -> None:
        """Rows show columns of agreed scopes alone; all of them, once facts are delivered. Who is in no book is in no row."""
        known = {column for column, kinds in SHARED_KINDS.items() if kinds & self.known} | {"status"}
        for which, agreed in self.agreed.items():
            raw = stored(self.keys[which])
            assert (raw is None) == (agreed is None)
            if raw is None or agreed is None:
                continue
            assert [scope["S"] for scope in raw["scopes"]["L"]] == agreed
            columns = {COLUMNS[Scope(scope)] for scope in agreed}
            assert shown_columns(raw) <= columns
            assert not self.is_delivered or shown_columns(raw) == columns & known

    def teardown(self) -> None:
        """At the end membership, pointer, counter and receipt agree, and the list shows what the row does."""
        inside = [book.org_id for which, book in enumerate(self.books) if self.agreed[which] is not None]
        assert_whole(self.person, [book.org_id for book in self.books], member_of=inside)
        for which, book in enumerate(self.books):
            assert [item["scopes"] for item in book.members()] == [
                scopes for scopes in [self.agreed[which]] if scopes is not None
            ]


@pytest.fixture
def machine(city: TestCity) -> Iterator[type[Consent]]:
    """The machine in this city, with a clock of its own."""
    with clock.frozen(clock.now()) as frozen:
        Consent.city, Consent.time = city, frozen
        yield Consent


def test_consent(machine: type[Consent]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            phases=[Phase.generate],  # a failure is short enough as it is found; to make it shorter takes minutes
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
