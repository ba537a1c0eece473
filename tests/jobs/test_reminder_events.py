"""Whatever comes twice, late or in another order: nobody is told twice of a kind on a day, and the next morning is right (R0.5)."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.core import clock, store
from chalicelib.core.clock import FrozenClock
from chalicelib.core.fields import FieldCipher
from chalicelib.core.texts import Language
from chalicelib.groups import attention
from chalicelib.groups.service import reminders
from chalicelib.groups.service.reminders import Reminders
from chalicelib.groups.tables import OrganizationRow
from chalicelib.groups.tables.reminders import QUEUE
from tests.support import messages
from tests.support.books import Book, Member, membership_row, organization_key
from tests.support.lambdas import batch
from tests.support.reminding import (
    QUARTER,
    ZONE,
    book_row,
    day,
    due_day,
    member_seen,
    next_morning,
    seen,
    shows,
)
from tests.support.working import Context

pytestmark = [pytest.mark.jobs, pytest.mark.slow, pytest.mark.timeout(240)]

KINDS = ("nucleic_acid", "travel")
WORDS = {"nucleic_acid": "核酸检测", "travel": "行程查询"}
POLICIES = [{"nucleic_acid": 1}, {"nucleic_acid": 2, "travel": 1}, {"nucleic_acid": 9, "travel": 9}, {"travel": 2}]


@dataclass
class Carrier:
    """Counts who was told of which kind on which day of the city."""

    told: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    hours: set[int] = field(default_factory=set)

    def send(self, phone: str, text: str, language: Language, message_id: str | None = None) -> None:  # noqa: ARG002
        """Count a message."""
        self.told.update((phone, kind, day()) for kind in KINDS if WORDS[kind] in text)
        self.hours.add(clock.local(ZONE, clock.now()).hour)


@dataclass
class Scene:
    """A member of two books, the job, and messages that were delivered or not; each may come again."""

    time: FrozenClock
    books: list[Book]
    member: Member
    carrier: Carrier = field(default_factory=Carrier)
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.job = Reminders(self.carrier, FieldCipher())

    def begin_anew(self) -> None:
        """Another week, in which everybody was tested two days ago."""
        self.waiting.clear()
        self.time.tick(9 * 86_400)
        for book in self.books:
            self.state(book, POLICIES[1])
        self.everywhere(**{kind: seen(2) for kind in KINDS})

    def state(self, book: Book, days: dict[str, int]) -> None:
        """Change a policy; the work behind it is late."""
        actions = [OrganizationRow.policies.set({"/": {"": days}}), OrganizationRow.policies_version.add(1)]
        store.update(organization_key(book.org_id), actions)

    def everywhere(self, **shown: dict[str, Any]) -> None:
        """Let every row be written by somebody else, with another snapshot or with the same."""
        for book in self.books:
            shows(book.org_id, self.member.person, **shown)

    def carry_out(self, event: tuple[str, int]) -> None:
        """Let something happen."""
        name, number = event
        if name == "run":
            self.job.run()
            self.waiting += messages.take(QUEUE)
        elif name == "deliver" and self.waiting:
            self.deliver(self.waiting[number % len(self.waiting)])
        elif name == "pass":
            self.time.tick(QUARTER * (1 + number % 60))
        elif name == "policy":
            self.state(self.books[number % 2], POLICIES[number % len(POLICIES)])
        elif name == "test":
            self.everywhere(**{KINDS[number // 2 % 2]: seen(number % 4)})
        elif name == "write":
            self.everywhere()

    def deliver(self, message: dict[str, Any]) -> None:
        """Deliver a message, for the first time or again."""
        assert self.job.handle(batch(message), Context()) == {"batchItemFailures": []}

    def come_to_rest(self) -> None:
        """What is late is done, and the next morning comes."""
        self.everywhere()
        next_morning(self.time)
        self.carry_out(("run", 0))
        for message in self.waiting:
            self.deliver(message)

    def is_right(self) -> bool:
        """Whether the member was told of all that is overdue somewhere, once, and every row waits for tomorrow."""
        overdue, person = set[tuple[str, str, str]](), self.member.person
        for book in self.books:
            row = membership_row(book.org_id, person)
            assert row is not None
            late = attention.standing(row, book_row(book.org_id).policy_set, clock.now()).overdue
            assert (row.overdue or []) == late
            assert due_day(book.org_id, person) == day(1) or not late
            overdue.update((person.phone, kind, day()) for kind in late)
        today = {one for one in self.carrier.told if one[2] == day()}
        return (
            today == set(overdue) and set(self.carrier.told.values()) <= {1} and self.carrier.hours <= {*range(9, 20)}
        )


@pytest.fixture
def scene(school: Book, morning: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(attention, "DUE_SHARDS", 1)
    monkeypatch.setattr(reminders, "DUE_SHARDS", 1)
    monkeypatch.setattr(reminders, "DAYS_BACK", 1)
    second = Book.opened(school.city, school.owner, name="Chess Club")
    member = member_seen(school, 2, *KINDS)
    school.city.join(member.client, second.code, *KINDS)
    return Scene(morning, [school, second], member)


NAMES = st.sampled_from(["run", "run", "deliver", "deliver", "deliver", "pass", "policy", "test", "write"])
EVENTS = st.lists(st.tuples(NAMES, st.integers(0, 59)), max_size=7)


def test_any_order_of_events_ends_right_and_tells_nobody_twice(scene: Scene) -> None:
    runs = 0

    @settings(
        max_examples=1_000,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(events=EVENTS)
    def run(events: list[tuple[str, int]]) -> None:
        nonlocal runs
        runs += 1
        scene.begin_anew()
        for event in events:
            scene.carry_out(event)
        scene.come_to_rest()
        assert scene.is_right(), events

    run()

    assert runs >= 1_000
    assert len(scene.carrier.told) > 1_000
