"""Who is overdue is reminded every day, once, in their language, and only while they share it (R0.5)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

import app
from chalicelib.alerts.messages import segments
from chalicelib.core import clock, store, work
from chalicelib.core.clock import FrozenClock
from chalicelib.core.jobs import last_run
from chalicelib.core.work import Work
from chalicelib.groups.tables import MembershipRow, OrganizationRow
from chalicelib.people.service.erasure import sweep_erased
from chalicelib.people.service.restore import forget_older_phones
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import LedgerRow, living
from chalicelib.people.tables.reminders import RemindedRow
from tests.support import messages
from tests.support.books import Book, Member, membership_key, organization_key, person_id_of, person_key
from tests.support.dependants import child_of
from tests.support.lambdas import batch, stored_record
from tests.support.policies import entries, set_policy
from tests.support.reminding import (
    DAY,
    begin,
    choose,
    day,
    due_day,
    member_seen,
    next_morning,
    remind,
    report,
    seen,
    shows,
    stands_right,
    texts,
    work_off,
)
from tests.support.rows import stored
from tests.support.working import work_off as work_off_policies

pytestmark = pytest.mark.jobs


def follow(school: Book) -> None:
    """Let the work behind changed policies be done."""
    messages.take(work.QUEUE)
    app.ledger_stream(batch(*(stored_record(entry) for entry in entries(school))), None)
    work_off_policies(app.services.get(Work), *messages.take(work.QUEUE))


def test_who_is_overdue_is_reminded_every_day_until_they_are_tested(school: Book, morning: FrozenClock) -> None:
    member, other = member_seen(school, 2), member_seen(school, 0)
    next_morning(morning)
    remind()
    assert texts(school.city, member.person) == []

    for days in (1, 2, 3):
        next_morning(morning)
        remind()
        remind()
        assert len(texts(school.city, member.person)) == days
        assert due_day(school.org_id, member.person) == day(1)
    shows(school.org_id, member.person, nucleic_acid=seen(0))
    next_morning(morning)
    remind()

    assert len(texts(school.city, member.person)) == 3
    assert len(texts(school.city, other.person)) == 2, "they are overdue two days later"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh-CN", "【演示城市】Third School：您的核酸检测、行程查询已超期，请尽快更新。"),
        ("en", "[Demo City] Third School: overdue: test, travel."),
    ],
)
def test_a_reminder_says_who_waits_for_what_in_the_members_language(
    school: Book, morning: FrozenClock, language: str, expected: str
) -> None:
    set_policy(school, nucleic_acid_days=2, travel_days=1)
    member = member_seen(school, 5, "nucleic_acid", "travel", "vaccination")
    choose(member.person, language=language)

    next_morning(morning)
    remind()

    (said,) = texts(school.city, member.person)
    assert said == expected
    assert segments(said) == 1


@pytest.mark.parametrize(("at", "sent"), [(-1, 0), (0, 1), (11 * 3600 - 1, 1), (11 * 3600, 0), (14 * 3600, 0)])
def test_nobody_is_texted_before_nine_or_after_eight_also_by_a_message_that_is_late(
    school: Book, morning: FrozenClock, at: int, sent: int
) -> None:
    member = member_seen(school, 5)
    next_morning(morning)
    waiting = begin()
    morning.tick(at)

    work_off(waiting)

    assert len(texts(school.city, member.person)) == sent
    assert stands_right(school.org_id, member.person)


def test_a_stricter_policy_is_honoured_the_next_morning_and_a_milder_one_too(
    school: Book, morning: FrozenClock
) -> None:
    stricter, milder = member_seen(school, 2), member_seen(Book.opened(school.city), 4)
    other = Book(school.city, school.owner, school.org_id, school.code)
    morning.tick(7 * 3600)  # it is three in the afternoon
    assert set_policy(school, nucleic_acid_days=1).status == 200
    follow(school)

    remind()
    assert texts(school.city, stricter.person) == [], "what a manager did today is for tomorrow"
    next_morning(morning)
    remind()
    assert len(texts(school.city, stricter.person)) == 1

    assert set_policy(other, nucleic_acid_days=30).status == 200
    next_morning(morning)
    remind()
    assert len(texts(school.city, stricter.person)) == 1, "also where the work behind the policy was not done yet"
    assert texts(school.city, milder.person) == []
    follow(school)
    assert stands_right(school.org_id, stricter.person)


def test_who_is_never_overdue_any_more_leaves_the_index_before_the_work_behind_the_policy_is_done(
    school: Book, morning: FrozenClock
) -> None:
    member = member_seen(school, 2)
    next_morning(morning)
    next_morning(morning)
    assert set_policy(school, nucleic_acid_days="never").status == 200

    remind()

    assert texts(school.city, member.person) == []
    assert due_day(school.org_id, member.person) is None
    assert begin() == [], "the numbers of the morning wait for nobody"


def test_two_organizations_that_wait_for_the_same_remind_once_and_of_the_rest_too(
    school: Book, morning: FrozenClock
) -> None:
    second = Book.opened(school.city, name="Chess Club")
    set_policy(second, nucleic_acid_days=1, travel_days=1)
    member = member_seen(school, 5)
    scopes = ("nucleic_acid", "travel")
    school.city.join(member.client, second.code, *scopes)
    shows(second.org_id, member.person, **dict.fromkeys(scopes, seen(5)))

    for mornings in (1, 2):
        next_morning(morning)
        remind()
        said = texts(school.city, member.person)
        assert sum("核酸检测" in one for one in said) == mornings
        assert sum("行程查询" in one for one in said) == mornings
    assert {due_day(one, member.person) for one in (school.org_id, second.org_id)} == {day(1)}


def leave(school: Book, member: Member) -> None:
    assert member.client.delete(school.own_path).status == 204


def withdraw(school: Book, member: Member) -> None:
    assert member.client.put(f"{school.own_path}/consent", {"scopes": []}).status == 200


def be_tested(school: Book, member: Member) -> None:
    shows(school.org_id, member.person, nucleic_acid=seen(0))


def be_erased(school: Book, member: Member) -> None:  # noqa: ARG001  it concerns every book
    store.update(person_key(member.person), [PersonRow.enrolment.add(1)])


def delete_book(school: Book, member: Member) -> None:  # noqa: ARG001  with all its members
    store.update(organization_key(school.org_id), [OrganizationRow.deleted_at.set(clock.now())])


@pytest.mark.parametrize("change", [leave, withdraw, be_tested, be_erased, delete_book])
def test_whoever_is_not_overdue_there_any_more_is_told_nothing(
    school: Book, morning: FrozenClock, change: Callable[[Book, Member], None]
) -> None:
    member = member_seen(school, 5)
    next_morning(morning)
    waiting = begin()
    change(school, member)

    work_off(waiting)

    assert texts(school.city, member.person) == []
    assert report().get("sent", 0) == 0


def test_an_erased_person_keeps_no_mark_and_a_new_life_knows_none(school: Book, morning: FrozenClock) -> None:
    member = member_seen(school, 5)
    next_morning(morning)
    remind()
    key = RemindedRow.of(person_id_of(member.person))
    assert stored(key) is not None

    entry = LedgerRow("d", "e", kind="ERASURE", at=clock.now(), people=[living(key.hash_value, 1)])
    assert sweep_erased(entry) >= 1

    assert stored(key) is None


def test_the_row_stands_right_each_morning_also_of_whom_no_message_reaches(school: Book, morning: FrozenClock) -> None:
    nobody, refuted, silent = (member_seen(school, 2) for _ in range(3))
    store.update(person_key(nobody.person), [PersonRow.phone_sealed.remove()])
    store.update(person_key(refuted.person), [PersonRow.phone_refuted.set(True)])
    choose(silent.person, sms=False)
    next_morning(morning)
    next_morning(morning)

    remind()

    for member in (nobody, refuted, silent):
        row = store.read_together([membership_key(school.org_id, member.person)])
        found = row.get(MembershipRow.of(school.org_id, member.member_id))
        assert found is not None
        assert (found.overdue, found.attention, due_day(school.org_id, member.person)) == (
            ["nucleic_acid"],
            "overdue",
            day(1),
        )
        assert texts(school.city, member.person) == []
    assert report() == {"unreachable": 3, "restood": 3}
    run = last_run("reminders")
    assert run is not None
    assert run.done_at is not None


def test_a_phone_that_was_given_out_again_is_told_nothing_of_who_had_it(school: Book, morning: FrozenClock) -> None:
    member, following = member_seen(school, 5), school.city.stranger()
    theirs = replace(following, phone=member.person.phone)
    school.city.know(theirs)
    school.city.verified(theirs)
    told = len(texts(school.city, theirs))
    next_morning(morning)

    remind()

    assert len(texts(school.city, theirs)) == told
    assert report() == {"unreachable": 1, "restood": 1}


def test_a_phone_that_a_restore_takes_off_somebody_is_told_nothing(school: Book, morning: FrozenClock) -> None:
    member = member_seen(school, 5)
    lives = [living(person_id_of(member.person), 1)]
    later = LedgerRow("d", "e", kind="IDENTITY_PROVED", at=clock.now() + DAY, people=lives)
    assert forget_older_phones(later, write=True) == 1
    next_morning(morning)

    remind()

    assert texts(school.city, member.person) == []


def test_a_guardian_is_told_of_a_child_by_no_phone_that_they_stated(school: Book, morning: FrozenClock) -> None:
    parent = member_seen(school, 0)
    child, stated = child_of(school.city, parent.person, born="20301231"), school.city.stranger().phone
    body = {**child.claim_of_a_guardian(), "relation": "child", "phone": stated, "code": "123456"}
    bound = parent.client.post("/v1/me/dependants", body)
    assert bound.status == 201, bound.text
    joined = {"scopes": ["nucleic_acid"], "dependant_id": bound.json["dependant_id"]}
    assert parent.client.post(f"/v1/invitations/{school.code}/join", joined).status == 201
    shows(school.org_id, child, nucleic_acid=seen(5))
    next_morning(morning)

    remind()

    assert len(texts(school.city, parent.person)) == 1
    assert stated not in [phone for phone, _ in school.city.sms.sent]
