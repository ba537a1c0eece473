"""What follows a changed policy: everybody it concerns stands right in the end, and nobody else is written (R0.5, H5)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

import app
from chalicelib.core import clock, store, work
from chalicelib.core.work import Work
from chalicelib.groups.service import memberships, placements, standings
from chalicelib.groups.service.standings import SLICE
from chalicelib.groups.tables import MembershipRow
from tests.support import messages
from tests.support.books import Book, Member, fill, membership_row, organization_key
from tests.support.city import TestCity
from tests.support.lambdas import batch, fact_records, failed, stored_record
from tests.support.policies import assert_right, entries, overdue, set_policy
from tests.support.rights import acting_as
from tests.support.rows import spoil
from tests.support.seam import Seam, aws_error
from tests.support.working import Context, Cuts, with_each_fault, work_off

pytestmark = pytest.mark.jobs

OLD = {"result": "negative", "occurred_at": "2022-04-01T02:00:00Z"}
DONE: dict[str, Any] = {"batchItemFailures": []}
DAY = timedelta(days=1)


@pytest.fixture
def book(city: TestCity) -> Book:
    """A new book."""
    return Book.opened(city)


@pytest.fixture(autouse=True)
def _nothing_waits(whole_run: TestCity) -> Iterator[None]:
    whole_run.deliver()
    yield
    messages.take(work.QUEUE)


def worker() -> Work:
    found: Work = app.services.get(Work)
    return found


def begin(book: Book) -> list[dict[str, Any]]:
    """The messages of the work behind all policies of a book, as the ledger's stream makes them."""
    messages.take(work.QUEUE)
    assert app.ledger_stream(batch(*(stored_record(entry) for entry in entries(book))), None) == failed()
    return messages.take(work.QUEUE)


def change(book: Book, **fields: Any) -> dict[str, Any]:
    """Change a policy; the message of the work behind it."""
    assert set_policy(book, **fields).status == 200
    return begin(book)[-1]


def updates(faults: Seam, start: int) -> list[str]:
    """The members that were written since a call."""
    return [
        kwargs["Key"]["member_id"]["S"] for operation, kwargs in faults.calls[start:] if operation == "UpdateItem"
        and "member_id" in kwargs["Key"]
    ]  # fmt: skip


def fresh() -> dict[str, Any]:
    """A test of today."""
    return {"result": "negative", "occurred_at": clock.iso(clock.now())}


def test_who_is_overdue_is_found_and_nobody_else_is_written(book: Book, faults: Seam) -> None:
    fill(book.org_id, 4, ["nucleic_acid"], nucleic_acid=OLD)
    fill(book.org_id, 9, ["travel"], travel=OLD, first=4)
    start = len(faults.calls)

    work_off(worker(), change(book, nucleic_acid_days=7))

    assert list(overdue(book).values()) == [["nucleic_acid"]] * 4
    assert sorted(updates(faults, start)) == sorted(overdue(book))
    assert_right(book)


def test_a_policy_that_changes_nothing_for_anybody_writes_nobody(book: Book, faults: Seam) -> None:
    fill(book.org_id, 5, ["nucleic_acid"], nucleic_acid=OLD)
    work_off(worker(), change(book, nucleic_acid_days=7))
    start = len(faults.calls)

    work_off(worker(), change(book, nucleic_acid_days=8, travel_days=3))

    assert len(updates(faults, start)) == 5, "they are overdue since another day"
    start = len(faults.calls)
    work_off(worker(), change(book, nucleic_acid_days=8, travel_days=3, vaccination_days=30))
    assert updates(faults, start) == []
    assert_right(book)


def test_a_longer_period_moves_the_due_day_and_takes_members_off_the_list(book: Book) -> None:
    fill(book.org_id, 3, ["nucleic_acid"], nucleic_acid=fresh())
    work_off(worker(), change(book, nucleic_acid_days=2))
    (due,) = {(row.due_day or "").partition("#")[0] for row in store.query_all(MembershipRow, book.org_id)}
    assert due == (clock.local_day("Asia/Shanghai", clock.now()) + 3 * DAY).isoformat()

    work_off(worker(), change(book, nucleic_acid_days="never"))

    assert {row.due_day for row in store.query_all(MembershipRow, book.org_id)} == {None}
    assert_right(book)


def test_work_goes_on_over_pages(book: Book) -> None:
    fill(book.org_id, SLICE + 3, ["nucleic_acid"], nucleic_acid=OLD)

    calls = work_off(worker(), change(book, nucleic_acid_days=7), passes=100_000)

    assert calls == 2
    assert len(overdue(book)) == SLICE + 3


def test_the_second_of_two_changes_counts_whatever_work_comes_last(book: Book) -> None:
    fill(book.org_id, 6, ["nucleic_acid"], nucleic_acid=OLD)
    first = change(book, nucleic_acid_days=7)
    second = change(book, nucleic_acid_days="never", travel_days=3)

    for message in (second, first):
        assert worker().handle(batch(message), Context()) == DONE

    assert overdue(book) == {}
    assert_right(book)


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], object]]]:
    """What happens once, between the work's look at a member and its write."""
    todo: list[Callable[[], object]] = []
    real = standings._restand  # noqa: SLF001  what comes in between is put into the middle of it

    def restand(*args: Any) -> bool:
        while todo:
            todo.pop()()
        return real(*args)

    monkeypatch.setattr(standings, "_restand", restand)
    yield todo
    assert todo == []


def test_a_change_under_the_work_wins_even_if_its_own_work_was_faster(
    book: Book, between: list[Callable[[], object]]
) -> None:
    """The first work has read the older policy, and writes behind the second one, which found nothing to do."""
    fill(book.org_id, 3, ["nucleic_acid"], nucleic_acid=OLD)
    first = change(book, nucleic_acid_days=7)

    def overtake() -> None:
        work_off(worker(), change(book, nucleic_acid_days="never"))

    between.append(overtake)
    assert worker().handle(batch(first), Context()) == DONE

    assert overdue(book) == {}
    assert_right(book)


@pytest.mark.parametrize("scopes", [["travel"], [], ["nucleic_acid", "travel"]])
def test_a_consent_that_changes_under_the_work_counts(
    city: TestCity, book: Book, between: list[Callable[[], object]], scopes: list[str]
) -> None:
    member = old_member(city, book)
    message = change(book, nucleic_acid_days=7)
    between.append(lambda: member.client.put(f"{book.own_path}/consent", {"scopes": scopes}))

    work_off(worker(), message)

    assert overdue(book) == ({member.member_id: ["nucleic_acid"]} if "nucleic_acid" in scopes else {})
    assert_right(book)


def test_a_fact_that_arrives_under_the_work_counts(
    city: TestCity, book: Book, between: list[Callable[[], object]]
) -> None:
    member = old_member(city, book)
    message = change(book, nucleic_acid_days=7)

    def learn() -> None:
        city.fact(member.person, "nucleic_acid", "negative", clock.iso(clock.now()))
        assert app.registry_stream(batch(*fact_records(member.person)), None) == failed()

    between.append(learn)
    work_off(worker(), message)

    assert overdue(book) == {}
    assert_right(book)


def test_who_leaves_under_the_work_is_not_brought_back(
    city: TestCity, book: Book, between: list[Callable[[], object]]
) -> None:
    member = old_member(city, book)
    message = change(book, nucleic_acid_days=7)
    between.append(lambda: member.client.delete(book.own_path))

    work_off(worker(), message)

    assert membership_row(book.org_id, member.person) is None


def old_member(city: TestCity, book: Book) -> Member:
    """Somebody whose last test is old."""
    person = city.stranger()
    city.fact(person, "nucleic_acid", "negative", OLD["occurred_at"])
    return book.member("nucleic_acid", person=person)


# --- whoever writes a standing while a policy changes ----------------------------------------------------------------------


def once(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, todo: Callable[[], object]) -> None:
    """Let something happen once, right behind a function's first call."""
    real, waiting = getattr(place, name), [todo]

    def called(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if waiting:
            with acting_as(None):  # it is no doing of the request under which it happens
                waiting.pop()()
        return result

    monkeypatch.setattr(place, name, called)


def test_who_joins_while_a_policy_changes_stands_by_the_new_one(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work has passed before the member was there."""
    once(monkeypatch, memberships, "_joining", lambda: work_off(worker(), change(book, nucleic_acid_days=7)))

    member = old_member(city, book)

    assert overdue(book) == {member.member_id: ["nucleic_acid"]}
    assert_right(book)


def test_who_shares_more_while_a_policy_changes_stands_by_the_new_one(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = city.stranger()
    city.fact(person, "nucleic_acid", "negative", OLD["occurred_at"])
    member = book.member(person=person)
    once(monkeypatch, memberships, "receipt", lambda: work_off(worker(), change(book, nucleic_acid_days=7)))

    assert member.client.put(f"{book.own_path}/consent", {"scopes": ["nucleic_acid"]}).status == 200

    assert overdue(book) == {member.member_id: ["nucleic_acid"]}
    assert_right(book)


def test_facts_that_arrive_while_a_policy_changes_are_judged_by_the_new_one(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The consumer has read the older policy, and writes behind the work."""
    member = book.member("nucleic_acid", person=city.stranger())
    city.fact(member.person, "nucleic_acid", "negative", OLD["occurred_at"])
    once(monkeypatch, standings, "snapshot", lambda: work_off(worker(), change(book, nucleic_acid_days=7)))

    assert app.registry_stream(batch(*fact_records(member.person)), None) == failed()

    assert overdue(book) == {member.member_id: ["nucleic_acid"]}
    assert_right(book)


@pytest.mark.parametrize("days", [7, "never"])
def test_who_is_moved_while_a_policy_changes_stands_by_the_new_one(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch, days: Any
) -> None:
    department_id = city.department(book.owner, book.org_id)
    assert set_policy(book, department_id=department_id, nucleic_acid_days="never" if days == 7 else 7).status == 200
    member = old_member(city, book)
    once(
        monkeypatch,
        placements,
        "_placed",
        lambda: work_off(worker(), change(book, department_id=department_id, nucleic_acid_days=days)),
    )

    path = f"{book.path}/members/{member.member_id}"
    assert book.owner("PATCH", path, {"department_id": department_id}).status == 200

    assert overdue(book) == ({member.member_id: ["nucleic_acid"]} if days == 7 else {})
    assert_right(book)


def test_who_is_moved_while_a_fact_arrives_stands_by_it(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = old_member(city, book)
    department_id = city.department(book.owner, book.org_id)
    assert set_policy(book, nucleic_acid_days=7).status == 200

    def learn() -> None:
        city.fact(member.person, "nucleic_acid", "negative", clock.iso(clock.now()))
        assert app.registry_stream(batch(*fact_records(member.person)), None) == failed()

    once(monkeypatch, placements, "_placed", learn)
    path = f"{book.path}/members/{member.member_id}"
    assert book.owner("PATCH", path, {"department_id": department_id}).json["overdue"] == []

    assert overdue(book) == {}
    assert_right(book)


def test_a_book_that_is_deleted_meanwhile_ends_the_joining_and_the_work(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(book.org_id, 2, ["nucleic_acid"], nucleic_acid=OLD)
    message = change(book, nucleic_acid_days=7)
    once(monkeypatch, memberships, "_joining", book.delete)

    (client,) = [city.verified()]
    assert client.post(f"/v1/invitations/{book.code}/join", {"scopes": []}).code == "invitation_not_found"
    assert worker().handle(batch(message), Context()) == DONE

    assert overdue(book) == {}


# --- faults ----------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_wherever_the_work_is_cut_it_ends_right(city: TestCity) -> None:
    book = Book.opened(city)
    fill(book.org_id, 3, ["nucleic_acid"], nucleic_acid=OLD)

    def once_again(cuts: Cuts) -> None:
        days = "never" if overdue(book) else 7
        message = change(book, nucleic_acid_days=days)
        work_off(worker(), message, cuts=cuts)
        assert len(overdue(book)) == (0 if days == "never" else 3)
        assert_right(book)

    assert with_each_fault(once_again) >= 6


@pytest.mark.slow
def test_wherever_a_change_is_cut_policy_and_work_agree(city: TestCity, faults: Seam) -> None:
    """Either both are there or neither; asked again, both are."""
    for number in range(4):
        for place in ("before", "after"):
            book = Book.opened(city)
            fill(book.org_id, 1, ["nucleic_acid"], nucleic_acid=OLD)
            faults.at = {len(faults.calls) + number: (place, aws_error("InternalServerError"))}
            set_policy(book, nucleic_acid_days=7)
            faults.at = {}
            assert set_policy(book, nucleic_acid_days=7).status == 200
            assert len(entries(book)) == 1
            for message in begin(book):
                work_off(worker(), message)
            assert len(overdue(book)) == 1


def test_a_damaged_member_is_passed_over(book: Book) -> None:
    fill(book.org_id, 3, ["nucleic_acid"], nucleic_acid=OLD)
    first = next(store.query_all(MembershipRow, book.org_id))
    spoil(first.own_key, "nucleic_acid", {"S": "[]"})

    work_off(worker(), change(book, nucleic_acid_days=7))

    assert len(overdue(book)) == 2


def test_damaged_policies_park_the_work_and_mended_it_goes_on(book: Book) -> None:
    fill(book.org_id, 2, ["nucleic_acid"], nucleic_acid=OLD)
    message = change(book, nucleic_acid_days=7)
    spoil(organization_key(book.org_id), "policies", {"S": "[]"})
    assert worker().handle(batch(message), Context()) == {
        "batchItemFailures": [{"itemIdentifier": message["messageId"]}]
    }

    spoil(organization_key(book.org_id), "policies", {"S": '{"/": {"": {"nucleic_acid": 7}}}'})
    work_off(worker(), message)

    assert len(overdue(book)) == 2
