"""What reminders meet: no budget, a carrier that fails, damaged rows, days that nobody finished (R0.5, T-03)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import app
from chalicelib.alerts.sms import SmsUnavailable
from chalicelib.core import settings, store
from chalicelib.core.clock import FrozenClock
from chalicelib.core.log import Event
from chalicelib.groups import attention
from chalicelib.groups.service import reminders
from chalicelib.groups.service.reminding import has_budget
from chalicelib.people.service import budget
from chalicelib.people.tables.people import PersonRow
from tests.support.books import Book, membership_key, membership_row, organization_key, person_key
from tests.support.lambdas import batch
from tests.support.reminding import (
    DAY,
    QUARTER,
    begin,
    choose,
    day,
    dependant_of,
    due_day,
    member_seen,
    next_morning,
    remind,
    report,
    stands_right,
    texts,
    with_phone,
    work_off,
)
from tests.support.rows import spoil
from tests.support.seam import Seam, aws_error
from tests.support.working import Context

pytestmark = pytest.mark.jobs


@contextmanager
def hourly(messages: int, monkeypatch: pytest.MonkeyPatch, shards: int = 1) -> Iterator[None]:
    """The city's budget of an hour, in one part or in more."""
    city = settings.settings().city
    sms = city.sms.model_copy(update={"hourly_budget": messages})
    with monkeypatch.context() as patched:
        patched.setattr(settings, "load_city", lambda _: city.model_copy(update={"sms": sms}))
        patched.setattr(budget, "SHARDS", shards)
        yield


def test_who_finds_no_budget_waits_for_the_next_hour_and_codes_have_their_half(
    school: Book, morning: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = [member_seen(school, 5) for _ in range(3)]
    next_morning(morning)

    with hourly(4, monkeypatch):
        remind()
        remind()
        told = [one for one in members if texts(school.city, one.person)]
        assert len(told) == 2
        budget.take_one()
        budget.take_one()
        (waiting,) = [one for one in members if one not in told]
        assert due_day(school.org_id, waiting.person) == day()
        assert stands_right(school.org_id, waiting.person), "they are counted and listed all the same"
        assert (report()["sent"], report()["waiting"]) == (2, 2)
        morning.tick(4 * QUARTER)
        remind()

    assert [len(texts(school.city, one.person)) for one in members] == [1, 1, 1]
    assert due_day(school.org_id, waiting.person) == day(1)


@pytest.mark.parametrize(("messages", "reminders_at_most"), [(1, 0), (20, 10), (35, 17)])
def test_reminders_take_half_of_a_small_budget_too(
    morning: FrozenClock, monkeypatch: pytest.MonkeyPatch, messages: int, reminders_at_most: int
) -> None:
    morning.tick(messages * 3600)  # an hour of its own
    with hourly(messages, monkeypatch, shards=budget.SHARDS):
        assert [has_budget() for _ in range(messages)].count(True) == reminders_at_most
        for _ in range(messages - reminders_at_most):
            budget.take_one()


def test_what_a_carrier_refuses_is_not_sent_again_that_day(
    school: Book, morning: FrozenClock, capfd: pytest.CaptureFixture[str]
) -> None:
    member = member_seen(school, 5)
    next_morning(morning)
    school.city.sms.faults.append(SmsUnavailable())

    remind()
    remind()

    assert texts(school.city, member.person) == []
    assert report() == {"failed": 1, "restood": 1}
    assert f'"event": "{Event.SMS_FAILED}", "purpose": "reminder"' in capfd.readouterr().out
    next_morning(morning)
    remind()
    assert len(texts(school.city, member.person)) == 1


def test_guardians_are_told_of_whom_they_act_for(school: Book, morning: FrozenClock) -> None:
    parent, other = member_seen(school, 0), member_seen(school, 0)
    choose(other.person, language="en")
    row = membership_row(school.org_id, dependant_of(school, parent, other))
    assert row is not None
    next_morning(morning)

    remind()
    remind()

    assert texts(school.city, parent.person) == [
        f"【演示城市】Third School：{row.name_mask}的核酸检测已超期，请尽快更新。"
    ]
    assert texts(school.city, other.person) == [f"[Demo City] Third School: {row.name_mask}, overdue: test."]
    assert report() == {"sent": 2, "restood": 1}


def test_guardians_are_told_of_whom_the_source_knows_by_another_phone_now(school: Book, morning: FrozenClock) -> None:
    parent = member_seen(school, 0)
    person = with_phone(dependant_of(school, parent))
    store.update(person_key(person), [PersonRow.phone_refuted.set(True)])
    next_morning(morning)

    remind()

    assert (len(texts(school.city, parent.person)), texts(school.city, person)) == (1, [])


@pytest.mark.parametrize("damaged", ["membership", "organization", "person", "phone"])
def test_whose_rows_are_damaged_holds_up_nobody_else(
    school: Book, morning: FrozenClock, damaged: str, capfd: pytest.CaptureFixture[str]
) -> None:
    second = Book.opened(school.city)
    member, other = member_seen(school, 5), member_seen(school, 5)
    school.city.join(member.client, second.code)
    next_morning(morning)
    if damaged == "membership":
        spoil(membership_key(school.org_id, member.person), "nucleic_acid", {"S": "[]"})
    elif damaged == "person":
        spoil(person_key(member.person), "enrolment", {"S": "first"})
    elif damaged == "phone":
        store.update(person_key(member.person), [PersonRow.phone_sealed.set(b"\x01" + bytes(60))])
    else:
        spoil(organization_key(school.org_id), "policies", {"S": "[]"})

    remind()

    assert texts(school.city, member.person) == []
    assert len(texts(school.city, other.person)) == (0 if damaged == "organization" else 1)
    event = Event.ROW_BROKEN if damaged == "phone" else Event.REMINDER_FAILED
    assert f'"event": "{event}"' in capfd.readouterr().out


def test_a_storage_that_does_not_answer_lets_the_page_come_again(
    school: Book, morning: FrozenClock, faults: Seam
) -> None:
    member = member_seen(school, 5)
    next_morning(morning)
    (message,) = begin()
    faults.fail("TransactWriteItems", aws_error("InternalServerError"), times=20)

    answer = app.reminders_worker(batch(message), Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": message["messageId"]}]}
    faults.before.clear()
    work_off([message])
    assert len(texts(school.city, member.person)) == 1


def test_a_day_that_nobody_finished_is_told_of_and_made_up_for(
    school: Book, morning: FrozenClock, capfd: pytest.CaptureFixture[str]
) -> None:
    member = member_seen(school, 5)
    remind()
    assert report() == {}, "before nine nobody was left out yet"
    next_morning(morning)
    morning.tick(11 * 3600)
    remind()
    assert texts(school.city, member.person) == []
    assert report() == {"missed": 1}
    assert f'"event": "{Event.REMINDERS_LEFT}", "count": 1' in capfd.readouterr().out

    morning.tick((reminders.DAYS_BACK - 1) * DAY.total_seconds())
    next_morning(morning)
    remind()

    assert len(texts(school.city, member.person)) == 1
    assert due_day(school.org_id, member.person) == day(1)
    morning.tick(11 * 3600)
    remind()
    assert "missed" not in report()


def test_a_part_is_worked_off_in_slices_over_several_calls(
    school: Book, morning: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "DUE_SHARDS", 1)
    monkeypatch.setattr(reminders, "PAGE", 2)
    members = [member_seen(school, 5) for _ in range(5)]
    next_morning(morning)
    waiting = begin()
    assert len(waiting) == 1

    work_off(waiting, passes=100_000)

    assert [len(texts(school.city, one.person)) for one in members] == [1] * 5
    assert report() == {"sent": 5, "restood": 5}


def test_a_lost_message_is_asked_for_again_a_quarter_later_and_two_at_once_do_it_once(
    school: Book, morning: FrozenClock
) -> None:
    member = member_seen(school, 5)
    next_morning(morning)
    begin()
    morning.tick(QUARTER)
    again = begin()

    work_off(again * 2)

    assert len(texts(school.city, member.person)) == 1
