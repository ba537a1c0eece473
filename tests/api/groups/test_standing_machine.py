"""Any order of policies, consents, facts and deliveries: who stands how is what the newest policies make of what is shared (H8)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib.core import clock
from chalicelib.core.clock import FrozenClock
from chalicelib.groups.policies import KINDS
from tests.support.books import Book, fill, membership_row
from tests.support.city import TestCity
from tests.support.policies import assert_right, set_policy

pytestmark = [pytest.mark.api, pytest.mark.slow, pytest.mark.timeout(240)]

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
SCOPES = st.lists(st.sampled_from([*KINDS, "health_code"]), unique=True)
DAYS = st.dictionaries(
    st.sampled_from([f"{kind}_days" for kind in KINDS]), st.sampled_from([1, 7, 30, "never"]), min_size=1
)
TYPES = st.sampled_from([None, "member", "teacher"])
FACTS = st.sampled_from([("nucleic_acid", "negative"), ("travel_check", "clear"), ("vaccination", "2")])
AGES = st.sampled_from([0, 2, 8, 31, 400])


class Standing(RuleBasedStateMachine):
    """A book with a department, a person who changes their mind, and three members who never do. All on one day."""

    city: TestCity
    time: FrozenClock

    def __init__(self) -> None:
        super().__init__()
        self.book = Book.opened(self.city)
        self.department = self.city.department(self.book.owner, self.book.org_id, "Class 1")
        fill(self.book.org_id, 2, ["nucleic_acid", "travel"], nucleic_acid=seen(8), path=f"/{self.department}/")
        fill(self.book.org_id, 1, ["vaccination"], first=2, vaccination={**seen(31), "doses": 2})
        self.member = self.book.member(*KINDS, person=self.city.person())
        self.is_delivered = True

    @rule(is_below=st.booleans(), type_=TYPES, days=DAYS)
    def state(self, is_below: bool, type_: str | None, days: dict[str, Any]) -> None:
        """Set a policy."""
        self.time.tick(1)
        department_id = self.department if is_below else None
        assert set_policy(self.book, department_id=department_id, type=type_, **days).status == 200
        self.is_delivered = False

    @rule(is_below=st.booleans(), type_=TYPES)
    def take_away(self, is_below: bool, type_: str | None) -> None:
        """Take a policy away, or find that there is none."""
        self.time.tick(1)
        query = "&".join(
            [*([f"department_id={self.department}"] if is_below else []), *([f"type={type_}"] if type_ else [])]
        )
        assert self.book.owner.delete(f"{self.book.path}/policies?{query}").status in {204, 404}
        self.is_delivered = False

    @rule(scopes=SCOPES)
    def share(self, scopes: list[str]) -> None:
        """Share exactly these from now on."""
        self.time.tick(1)
        assert self.member.client.put(f"{self.book.own_path}/consent", {"scopes": scopes}).status == 200

    @rule(fact=FACTS, age=AGES)
    def learn(self, fact: tuple[str, str], age: int) -> None:
        """The source reports something, perhaps late."""
        self.time.tick(1)
        self.city.fact(self.member.person, *fact, seen(age)["occurred_at"])
        self.is_delivered = False

    @rule()
    def deliver(self) -> None:
        """Everything reaches its consumers, twice and out of order."""
        self.city.deliver()
        self.is_delivered = True

    @invariant()
    def nothing_is_overdue_that_is_not_shared(self) -> None:
        """At no time, delivered or not."""
        row = membership_row(self.book.org_id, self.member.person)
        assert row is not None
        assert set(row.overdue or ()) <= set(row.scopes)
        shown = {item["member_id"]: item for item in self.book.members()}[self.member.member_id]
        assert set(shown["overdue"]) <= set(row.scopes)

    @invariant()
    def everybody_stands_right_once_it_is_delivered(self) -> None:
        """By the newest policies."""
        if self.is_delivered:
            assert_right(self.book)


def seen(days_ago: int) -> dict[str, Any]:
    """A result of so many days ago."""
    return {"result": "negative", "occurred_at": clock.iso(int(NOON.timestamp()) - days_ago * 86_400)}


@pytest.fixture
def machine(city: TestCity) -> Iterator[type[Standing]]:
    """The machine in this city, with a clock of its own."""
    with clock.frozen(NOON) as frozen:
        Standing.city, Standing.time = city, frozen
        yield Standing


def test_standing(machine: type[Standing]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=6,
            phases=[Phase.generate],  # a failure is short enough as it is found; to make it shorter takes minutes
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
