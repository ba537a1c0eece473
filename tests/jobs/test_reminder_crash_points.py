"""A morning of reminders cut at any call, delivered again and run again: nobody is told twice, nobody is forgotten (R0.5).

Each AWS call of the two functions fails before it is made, loses its answer, or is the last thing that the process does.
"""

from contextlib import suppress

import pytest

import app
from chalicelib.core import store
from chalicelib.core.clock import FrozenClock
from chalicelib.groups import attention
from chalicelib.groups.tables.reminders import QUEUE
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.books import Book, Member, person_id_of
from tests.support.lambdas import batch
from tests.support.reminding import (
    QUARTER,
    begin,
    day,
    due_day,
    member_seen,
    next_morning,
    remind,
    seen,
    shows,
    stands_right,
    texts,
    work_off,
)
from tests.support.working import Context, Cuts, with_each_fault

pytestmark = pytest.mark.jobs


def late_again(school: Book, members: list[Member]) -> dict[str, int]:
    """Let nobody have been looked at today, and say how often each was told so far."""
    for member in members:
        shows(school.org_id, member.person, nucleic_acid=seen(5), due_day=None)
        store.update(PersonRow.of(person_id_of(member.person)), [PersonRow.phone_refuted.remove()])
    return {one.member_id: len(texts(school.city, one.person)) for one in members}


def test_wherever_a_page_of_reminders_dies_each_is_told_once_at_most_and_stands_right(
    school: Book, morning: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "DUE_SHARDS", 1)
    members = [member_seen(school, 5) for _ in range(2)]
    lost: list[int] = []

    def once(cuts: Cuts) -> None:
        morning.tick(86_400 - 2 * 3600)
        before = late_again(school, members)
        next_morning(morning)
        (message,) = begin()
        with cuts.here():
            app.reminders_worker(batch(message), Context())
        for _ in range(2):
            app.reminders_worker(batch(message), Context())
        morning.tick(QUARTER)
        remind()

        told = [len(texts(school.city, one.person)) - before[one.member_id] for one in members]
        assert max(told) <= 1
        lost.append(2 - sum(told))
        for one in members:
            assert due_day(school.org_id, one.person) == day(1)
            assert stands_right(school.org_id, one.person)

    calls = with_each_fault(once)

    assert calls >= 15
    assert lost[:2] == [0, 0], "without a fault nobody is forgotten"
    assert max(lost) == 1, "a page that dies costs one message"
    assert sum(lost) <= 8, "and only between the mark and the sending"


def test_wherever_the_job_dies_the_next_quarter_makes_up_for_it(
    school: Book, morning: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "DUE_SHARDS", 1)
    monkeypatch.setattr("chalicelib.groups.service.reminders.DUE_SHARDS", 1)
    monkeypatch.setattr("chalicelib.groups.service.reminders.DAYS_BACK", 1)
    member = member_seen(school, 5)

    def once(cuts: Cuts) -> None:
        morning.tick(86_400 - 2 * 3600)
        (before,) = late_again(school, [member]).values()
        next_morning(morning)
        with cuts.here(), suppress(Exception):
            app.reminders({}, None)
        work_off(messages.take(QUEUE))
        morning.tick(QUARTER)
        remind()

        assert len(texts(school.city, member.person)) - before == 1

    assert with_each_fault(once) >= 6
