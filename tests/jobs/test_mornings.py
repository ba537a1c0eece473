"""Who manages books and wants it is told their numbers each morning, once, after everybody was looked at (R0.5)."""

from collections.abc import Iterator
from typing import Any

import pytest

import app
from chalicelib.alerts.sms import SmsUnavailable
from chalicelib.alerts.tables import MORNING_SHARDS, ChannelsRow, MorningRow, morning_part
from chalicelib.core import clock, store
from chalicelib.core.clock import FrozenClock
from chalicelib.groups.service import reminders
from chalicelib.groups.tables.reminders import QUEUE
from chalicelib.people.errors import SmsBudgetSpent
from chalicelib.people.service import budget
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.books import Book, Member, person_id_of, person_key
from tests.support.enrolled import enrolled
from tests.support.lambdas import batch
from tests.support.people import TestPerson
from tests.support.policies import set_policy
from tests.support.reminding import QUARTER, member_seen, next_morning, remind, texts, with_phone
from tests.support.rows import spoil, stored
from tests.support.working import Context, Cuts, with_each_fault

pytestmark = pytest.mark.jobs


@pytest.fixture(autouse=True)
def _nobody_else(whole_run: object) -> Iterator[None]:  # noqa: ARG001  the tables must be there
    """Nobody of another test wants to be told."""
    yield
    rows = [row for shard in range(MORNING_SHARDS) for row in store.query_all(MorningRow, morning_part(shard))]
    store.write_all(deletes=[row.own_key for row in rows])


CHOICE = {"sms": True, "email": False, "language": "zh-CN", "morning": True}


def owner_of_two_books(school: Book) -> tuple[TestPerson, Book, Any]:
    """Somebody with a phone who owns two books, one of them empty, and wants their numbers."""
    person = school.city.stranger()
    (client,) = enrolled(school.city, person)
    with_phone(person)
    book = Book.opened(school.city, client)
    Book.opened(school.city, client, name="Chess Club")
    set_policy(book, nucleic_acid_days=2)
    assert client.put("/v1/me/channels", CHOICE).json["morning"] is True
    return person, book, client


def said(books: int, overdue: int, abnormal: int = 0) -> str:
    return f"【演示城市】您管理的团体簿（{books}个）今日：超期{overdue}项，健康码异常{abnormal}人。"


def count(school: Book) -> None:
    """Let what was written be counted."""
    school.city.deliver()


def test_an_owner_is_told_the_numbers_of_all_their_books_once_everybody_was_looked_at(
    school: Book, morning: FrozenClock
) -> None:
    person, book, _ = owner_of_two_books(school)
    for _ in range(2):
        member_seen(book, 2)
    next_morning(morning)
    next_morning(morning)

    remind()
    assert texts(school.city, person) == [], "the numbers are not right yet"
    count(school)
    for _ in range(3):
        morning.tick(QUARTER)
        remind()

    assert texts(school.city, person) == [said(2, 2)]
    next_morning(morning)
    remind()
    morning.tick(QUARTER)
    remind()
    assert len(texts(school.city, person)) == 2


def test_an_administrator_is_told_of_their_part_in_their_language(school: Book, morning: FrozenClock) -> None:
    class_, other = school.department("Class 1"), school.department("Class 2")
    admin = school.admin(class_)
    with_phone(admin.person)
    assert admin.client.put("/v1/me/channels", {**CHOICE, "language": "en"}).status == 200
    for where in (class_, class_, other):
        code = school.city.invite(school.owner, school.org_id, department_id=where)
        member_seen(Book(school.city, school.owner, school.org_id, code), 5)
    next_morning(morning)
    count(school)
    remind()
    morning.tick(QUARTER)
    remind()

    assert texts(school.city, admin.person) == ["[Demo City] Books: 1, overdue: 2, abnormal: 0."]


def test_at_noon_numbers_go_out_though_somebody_still_waits(
    school: Book, morning: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, book, _ = owner_of_two_books(school)
    member_seen(book, 5)
    next_morning(morning)
    original = budget.take_one

    def none_for_reminders(share: float) -> None:
        if clock.local("Asia/Shanghai", clock.now()).hour < 12:
            raise SmsBudgetSpent(60)
        original(share)

    monkeypatch.setattr(budget, "take_one", none_for_reminders)
    remind()
    morning.tick(QUARTER)
    remind()
    assert texts(school.city, person) == []
    morning.tick(3 * 3600)

    remind()

    assert len(texts(school.city, person)) == 1


def take_back(person: TestPerson, client: Any) -> None:  # noqa: ARG001  the session says who
    assert client.put("/v1/me/channels", {**CHOICE, "morning": False}).json["morning"] is False


def be_erased(person: TestPerson, client: Any) -> None:  # noqa: ARG001  as a transaction would
    store.update(person_key(person), [PersonRow.enrolment.add(1)])


def forget_channels(person: TestPerson, client: Any) -> None:  # noqa: ARG001  as erasing begins
    store.delete(ChannelsRow.of(person_id_of(person)))


@pytest.mark.parametrize("change", [take_back, be_erased, forget_channels])
def test_who_wants_it_no_more_is_forgotten(school: Book, morning: FrozenClock, change: Any) -> None:
    person, _, client = owner_of_two_books(school)
    key = MorningRow.of(person_id_of(person))
    assert stored(key) is not None
    change(person, client)
    next_morning(morning)

    remind()

    assert texts(school.city, person) == []
    assert stored(key) is None


def test_no_phone_no_books_and_no_text_messages_are_no_message(school: Book, morning: FrozenClock) -> None:
    nobody = Member(school.city.stranger(), school.owner, "")
    (client,) = enrolled(school.city, nobody.person)
    with_phone(nobody.person)
    client.put("/v1/me/channels", CHOICE)
    mute, _, _ = owner_of_two_books(school)
    store.update(person_key(mute), [PersonRow.phone_refuted.set(True)])
    next_morning(morning)

    remind()

    assert texts(school.city, nobody.person) == texts(school.city, mute) == []


def test_a_damaged_person_holds_up_nobody(school: Book, morning: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.alerts.tables.MORNING_SHARDS", 1)
    (first, _, _), (second, _, _) = owner_of_two_books(school), owner_of_two_books(school)
    spoil(person_key(first), "enrolment", {"S": "first"})
    next_morning(morning)

    remind()

    assert texts(school.city, first) == []
    assert len(texts(school.city, second)) == 1


def test_a_choice_that_cannot_be_read_for_a_day_is_honoured_again_on_the_next(
    school: Book, morning: FrozenClock
) -> None:
    person, _, _ = owner_of_two_books(school)
    key = ChannelsRow.of(person_id_of(person))
    spoil(key, "by_sms", {"S": "yes"})
    next_morning(morning)
    remind()
    assert texts(school.city, person) == []

    spoil(key, "by_sms", {"BOOL": True})
    next_morning(morning)
    remind()
    assert len(texts(school.city, person)) == 1


def test_what_a_carrier_refuses_is_not_sent_again(school: Book, morning: FrozenClock) -> None:
    person, _, _ = owner_of_two_books(school)
    next_morning(morning)
    school.city.sms.faults.append(SmsUnavailable())
    remind()
    school.city.sms.faults.clear()

    remind()

    assert texts(school.city, person) == []


def test_nobody_is_told_twice_wherever_the_work_dies(
    school: Book, morning: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "DAYS_BACK", 0)
    person, _, _ = owner_of_two_books(school)

    def once(cuts: Cuts) -> None:
        next_morning(morning)
        before = len(texts(school.city, person))
        app.reminders({}, None)
        for message in messages.take(QUEUE):
            with cuts.here():
                app.reminders_worker(batch(message), Context())
        morning.tick(QUARTER)
        remind()
        assert len(texts(school.city, person)) - before <= 1

    assert with_each_fault(once) >= 8
