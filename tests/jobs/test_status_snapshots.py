"""A status reaches the books that may see it, and no others: once, the newest, and before anybody is told (R0.3, R1.3, B5)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.alerts.tables import AlertRow
from chalicelib.core import store
from chalicelib.groups.effects import statuses as carrying
from chalicelib.groups.service.memberships import pointers_of
from chalicelib.groups.tables import MembershipRow
from chalicelib.health.people_effects import RETRIES
from tests.support import messages
from tests.support.books import Book, Member, membership_key, membership_row, person_key
from tests.support.city import TestCity
from tests.support.lagging import lagging_indexes
from tests.support.lambdas import failed
from tests.support.policies import assert_right, set_policy
from tests.support.rights import acting_as
from tests.support.rows import spoil, spoiled, stored
from tests.support.seam import Killed, Seam, aws_error
from tests.support.statuses import (
    alerts,
    done,
    fresh,
    held,
    person_row,
    retried,
    states,
    to_people,
    turn,
    versions,
)
from tests.support.working import FAULTS

pytestmark = pytest.mark.jobs

CODE = "health_code"


@pytest.fixture
def book(city: TestCity) -> Book:
    """A new book."""
    fresh()
    return Book.opened(city)


def shown(book: Book, member: Member) -> dict[str, Any]:
    (item,) = [one for one in book.members() if one["member_id"] == member.member_id]
    return dict(item)


def attention_of(book: Book) -> list[tuple[str, str]]:
    return [(one["member_id"], one["attention"]) for one in book.page("?attention=true")["items"]]


@pytest.mark.parametrize("scopes", [(), ("travel", "nucleic_acid", "vaccination"), (CODE,), (CODE, "travel")])
def test_a_status_is_seen_where_it_is_shared(book: Book, scopes: tuple[str, ...]) -> None:
    member = book.member(*scopes)
    mild = states()[1]

    assert to_people(turn(member.person, mild)) == failed()

    item, is_shared = shown(book, member), CODE in scopes
    assert (item["status"] is not None, item["attention"]) == (is_shared, mild if is_shared else None)
    assert held(book.org_id, member.person) == ((mild, 1) if is_shared else (None, None))
    assert versions(book.org_id) == ([1] if is_shared else [])
    if is_shared:
        assert item["status"]["state"] == mild
        assert item["status"]["since"] is not None


def test_a_person_in_several_books_is_seen_in_each_that_they_share_it_with(city: TestCity, book: Book) -> None:
    other, third = Book.opened(city, book.owner), Book.opened(city, book.owner)
    member = book.member(CODE)
    city.join(member.client, other.code, "travel")
    city.join(member.client, third.code, CODE)

    assert to_people(turn(member.person, states()[-1])) == failed()

    assert [versions(one.org_id) for one in (book, other, third)] == [[1], [], [1]]
    assert [held(one.org_id, member.person)[1] for one in (book, other, third)] == [1, None, 1]


def test_who_is_told_of_what_begins_and_is_not_normal(book: Book) -> None:
    """Of a milder one too, for somebody has to do something else then. A return to normal shows in the book alone."""
    member = book.member(CODE)
    normal, mild, *_, worst = states()

    for state in (normal, mild, mild, worst, mild, normal, normal, worst):
        assert to_people(turn(member.person, state)) == failed()

    assert versions(book.org_id) == [2, 4, 5, 8]
    assert attention_of(book) == [(member.member_id, worst)]


def test_a_return_to_normal_leaves_the_list_of_those_who_need_attention(book: Book) -> None:
    member = book.member(CODE)
    for state in (states()[-1], states()[0]):
        assert to_people(turn(member.person, state)) == failed()

    assert attention_of(book) == []
    row = stored(membership_key(book.org_id, member.person)) or {}
    assert {"attention", "attention_key"} & row.keys() == set()
    assert shown(book, member)["status"]["state"] == states()[0]


def test_the_worst_state_is_listed_first_and_who_is_overdue_last(book: Book) -> None:
    members = [book.member(CODE, "travel") for _ in range(3)]
    set_policy(book, travel_days=1)
    for member in members:
        key = membership_key(book.org_id, member.person)
        spoil(key, "joined_at", {"S": "2022-04-01T00:00:00.000000+0000"})
    for member, state in zip(members[:2], (states()[1], states()[-1]), strict=True):
        row = membership_row(book.org_id, member.person)
        assert row is not None
        assert to_people(turn(member.person, state)) == failed()
    book.city.deliver()

    expected = [
        (members[1].member_id, states()[-1]),
        (members[0].member_id, states()[1]),
        (members[2].member_id, "overdue"),
    ]
    assert attention_of(book) == expected
    assert_right(book)


def test_who_is_normal_again_is_still_overdue(book: Book) -> None:
    member = book.member(CODE, "travel")
    set_policy(book, travel_days=1)
    spoil(membership_key(book.org_id, member.person), "joined_at", {"S": "2022-04-01T00:00:00.000000+0000"})
    book.city.deliver()
    for state in (states()[-1], states()[0]):
        assert to_people(turn(member.person, state)) == failed()
        assert_right(book)

    assert attention_of(book) == [(member.member_id, "overdue")]


def test_an_older_status_never_covers_a_newer_one(book: Book) -> None:
    member = book.member(CODE)
    normal, mild, *_ = states()
    first, second = turn(member.person, mild), turn(member.person, normal)

    assert to_people(second, first) == failed()

    assert held(book.org_id, member.person) == (normal, 2)
    assert versions(book.org_id) == [1], "a change that was shared is told, however late it comes"


def test_a_newer_status_that_another_consumer_carried_meanwhile_stays(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its look at the person and its look at the memberships."""
    member, worst = book.member(CODE), states()[-1]
    late, look = turn(member.person, states()[1]), pointers_of

    def overtaken(*args: Any) -> Any:
        monkeypatch.setattr(carrying, "pointers_of", look)
        with acting_as(None):  # `health` writes it, by rights of its own
            newer = turn(member.person, worst)
        assert to_people(newer) == failed()
        return look(*args)

    monkeypatch.setattr(carrying, "pointers_of", overtaken)

    assert to_people(late) == failed()

    assert (held(book.org_id, member.person), versions(book.org_id)) == ((worst, 2), [1, 2])


def test_twice_late_and_by_key_is_one_alert(book: Book) -> None:
    member = book.member(CODE)
    records = [turn(member.person, state) for state in states()[:2]]

    assert to_people(*records, *records[::-1], retried(member.person)) == failed()

    assert versions(book.org_id) == [2]


def test_a_change_that_failed_is_told_though_another_came_before_its_next_try(book: Book, faults: Seam) -> None:
    member = book.member(CODE)
    normal, mild, *_ = states()
    messages.take(RETRIES)
    first = turn(member.person, mild)
    faults.fail("SendMessage", ValueError())
    assert to_people(first) == failed()
    store.write_all(deletes=[row.own_key for row in store.query_all(AlertRow, book.org_id)])

    assert to_people(turn(member.person, normal)) == failed()
    assert versions(book.org_id) == []
    assert to_people(*messages.take(RETRIES)) == failed()

    assert (held(book.org_id, member.person), versions(book.org_id)) == ((normal, 2), [1])


def test_a_change_from_before_the_consent_is_told_to_nobody(city: TestCity, book: Book) -> None:
    """It shows, and who comes in sees it; but nothing changed since."""
    member, mild = book.member(), states()[1]
    late = turn(member.person, mild)
    assert member.client.put(f"{book.own_path}/consent", {"scopes": [CODE]}).status == 200
    other = Book.opened(city, book.owner)
    city.join(member.client, other.code, CODE)

    assert to_people(late, retried(member.person)) == failed()

    for one in (book, other):
        assert held(one.org_id, member.person) == (mild, 1)
        assert versions(one.org_id) == []
        assert attention_of(one) == [
            (member.member_id if one is book else membership_key(one.org_id, member.person).range_value, mild)
        ]


def test_who_takes_their_code_back_is_seen_no_more_and_nobody_is_told(book: Book) -> None:
    member = book.member(CODE, "travel")
    assert to_people(turn(member.person, states()[0])) == failed()
    late = turn(member.person, states()[-1])
    assert member.client.put(f"{book.own_path}/consent", {"scopes": ["travel"]}).status == 200

    assert to_people(late) == failed()

    row = stored(membership_key(book.org_id, member.person)) or {}
    assert {"status", "status_version", "shared_version", "attention"} & row.keys() == set()
    assert versions(book.org_id) == []


def test_a_consent_that_is_changed_otherwise_goes_on_from_where_it_began(book: Book) -> None:
    member, mild = book.member(CODE), states()[1]
    late = turn(member.person, mild)
    assert member.client.put(f"{book.own_path}/consent", {"scopes": [CODE, "travel"]}).status == 200
    assert held(book.org_id, member.person) == (mild, 1)

    assert to_people(late) == failed()

    assert versions(book.org_id) == [1], "it was shared all the time"


def test_a_moved_member_takes_their_status_along(book: Book) -> None:
    member, mild = book.member(CODE), states()[1]
    department = book.department()
    assert to_people(turn(member.person, mild)) == failed()
    answer = book.owner.patch(f"{book.path}/members/{member.member_id}", {"department_id": department})

    assert (answer.status, answer.json["status"]["state"], answer.json["attention"]) == (200, mild, mild)
    assert book.page(f"?attention=true&department_id={department}")["items"] != []
    assert_right(book)


def at_once(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> list[bool]:
    """Do something between the consumer's read of a membership and its write, once."""
    real, has_been = carrying._stored, list[bool]()  # noqa: SLF001  what comes in between is put into the middle of it

    def meanwhile(row: MembershipRow, *args: Any) -> bool:
        if not has_been:
            has_been.append(True)
            do()
        return real(row, *args)

    monkeypatch.setattr(carrying, "_stored", meanwhile)
    return has_been


def test_a_consent_that_is_narrowed_under_the_consumer_is_not_widened_again(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = book.member(CODE, "travel")
    one = turn(member.person, states()[-1])
    done_once = at_once(monkeypatch, lambda: member.client.put(f"{book.own_path}/consent", {"scopes": ["travel"]}))

    assert to_people(one) == failed()

    assert (done_once, held(book.org_id, member.person), versions(book.org_id)) == ([True], (None, None), [])


@pytest.mark.parametrize("comes_back", [True, False])
def test_who_leaves_under_the_consumer_is_not_brought_back(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    member = book.member(CODE)
    one = turn(member.person, states()[-1])

    def leave() -> None:
        assert member.client.delete(book.own_path).status == 204
        if comes_back:
            city.join(member.client, book.code)

    at_once(monkeypatch, leave)

    assert to_people(one) == failed()

    row = stored(membership_key(book.org_id, member.person))
    assert (row is not None, "status" in (row or {}), versions(book.org_id)) == (comes_back, False, [])


def test_who_is_moved_under_the_consumer_is_listed_where_they_stand_now(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, department = book.member(CODE), book.department()
    one = turn(member.person, states()[-1])
    to = {"department_id": department}
    at_once(monkeypatch, lambda: book.owner.patch(f"{book.path}/members/{member.member_id}", to))

    assert to_people(one) == failed()

    assert_right(book)
    assert book.page(f"?attention=true&department_id={department}")["items"] != []


def test_a_status_that_changes_under_a_join_is_the_one_that_is_held(city: TestCity, book: Book, faults: Seam) -> None:
    """Whichever comes first: the join demands the status that it read, and the consumer finds the pointer."""
    member = Book.opened(city, book.owner).member()
    normal, mild, *_ = states()
    assert to_people(turn(member.person, normal)) == failed()
    late: list[dict[str, Any]] = []
    original, start = faults.call, len(faults.calls)

    def call(real: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems" and not late:
            late.append({})
            late[0] = turn(member.person, mild)
            assert to_people(late[0]) == failed(), "before there is a pointer"
        return original(real, client, operation, kwargs)

    faults.call = call  # type: ignore[method-assign,assignment]  # it looks on at the calls
    city.join(member.client, book.code, CODE)

    assert held(book.org_id, member.person) == (mild, 2)
    assert faults.operations[start:].count("TransactWriteItems") == 2
    assert to_people(late[0]) == failed()
    assert versions(book.org_id) == []


def test_a_status_that_changes_under_a_consent_is_the_one_that_is_held(book: Book, faults: Seam) -> None:
    member = book.member()
    normal, mild, *_ = states()
    assert to_people(turn(member.person, normal)) == failed()
    late: list[dict[str, Any]] = []
    original = faults.call

    def call(real: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems" and not late:
            late.append({})
            with acting_as(None):
                late[0] = turn(member.person, mild)
                assert to_people(late[0]) == failed(), "before it is shared"
        return original(real, client, operation, kwargs)

    faults.call = call  # type: ignore[method-assign,assignment]  # it looks on at the calls
    assert member.client.put(f"{book.own_path}/consent", {"scopes": [CODE]}).status == 200

    assert held(book.org_id, member.person) == (mild, 2)
    assert to_people(late[0]) == failed()
    assert versions(book.org_id) == []


def test_a_status_that_changes_behind_a_join_finds_it_whatever_indexes_say(book: Book) -> None:
    with lagging_indexes() as lagging:
        member = book.member(CODE)
        assert to_people(turn(member.person, states()[1])) == failed()
        assert held(book.org_id, member.person) == (states()[1], 1)
        assert versions(book.org_id) == [1]
        assert lagging.asked == []


def test_an_erased_person_is_in_no_book(city: TestCity, book: Book) -> None:
    person = city.person()
    member = book.member(CODE, person=person)
    one = turn(person, states()[-1])
    assert member.client.delete("/v1/me").status == 204

    assert to_people(one) == failed()

    assert (stored(membership_key(book.org_id, person)), versions(book.org_id)) == (None, [])


def test_a_damaged_membership_stops_no_other(city: TestCity, book: Book) -> None:
    other = Book.opened(city, book.owner)
    member = book.member(CODE)
    city.join(member.client, other.code, CODE)
    with spoiled(membership_key(book.org_id, member.person), "text_version"):
        assert to_people(turn(member.person, states()[1])) == failed()

    assert versions(other.org_id) == [1]
    assert done(member.person) == 1


@pytest.mark.parametrize("status", ['"orange"', "{}", '{"state": 7}', '{"state": "red", "since": "soon"}'])
def test_a_damaged_status_is_an_unreadable_member(book: Book, status: str) -> None:
    member = book.member(CODE)
    assert to_people(turn(member.person, states()[0])) == failed()
    spoil(membership_key(book.org_id, member.person), "status", {"S": status})

    assert book.page()["unreadable"] == 1


def test_the_alert_stands_behind_what_it_is_about(book: Book, faults: Seam) -> None:
    member = book.member(CODE)
    one = turn(member.person, states()[1])
    start = len(faults.calls)

    assert to_people(one) == failed()

    writes = [(operation, kwargs.get("TableName", "")) for operation, kwargs in faults.calls[start:]]
    order = [
        table.rpartition("-")[0].rpartition("-")[2]
        for operation, table in writes
        if operation in {"PutItem", "UpdateItem"}
    ]
    assert order == ["people", "memberships", "alerts", "people"]


def test_a_consumer_that_dies_anywhere_comes_to_the_same_end(book: Book, faults: Seam) -> None:
    """Every call of it: failed before, answered to nobody, the last one before or behind which the process died."""

    def once(number: int = -1, place: str = "", error: BaseException | None = None) -> int:
        member = book.member(CODE)
        one = turn(member.person, states()[1])
        messages.take(RETRIES)
        start = len(faults.calls)
        faults.at = {} if error is None else {start + number: (place, error)}
        with suppress(Killed):
            to_people(one)
        count, faults.at = len(faults.calls) - start, {}
        assert to_people(one, *messages.take(RETRIES)) == failed()
        assert held(book.org_id, member.person) == (states()[1], 1)
        assert alerts(book.org_id).count((member.member_id, 1)) == 1
        assert done(member.person) == 1
        return count

    count = once()
    assert count >= len(["person", "history", "pointers", "rows", "row", "alert", "message", "done"])
    for number in range(count):
        for place, error in FAULTS:
            once(number, place, error)


def test_a_book_that_can_not_be_told_is_told_later_and_no_other_waits(book: Book, faults: Seam) -> None:
    first, second = book.member(CODE), book.member(CODE)
    records = [turn(one.person, states()[1]) for one in (first, second)]
    faults.fail("SendMessage", ValueError())
    messages.take(RETRIES)

    assert to_people(*records) == failed()

    assert done(second.person) == 1
    assert to_people(*messages.take(RETRIES)) == failed()
    assert sorted(alerts(book.org_id)) == sorted((one.member_id, 1) for one in (first, second))
    assert done(first.person) == 1


@pytest.mark.parametrize("books", [1, 5, 20])
def test_g_books_are_g_reads_and_two_more(city: TestCity, books: int, faults: Seam) -> None:
    """Design §9: at most 2 + g read units, and 5 + 5 g write units, of which an index and an alert are two."""
    owner = Book.opened(city)
    member = owner.member(CODE)
    for _ in range(books - 1):
        city.join(member.client, Book.opened(city, owner.owner).code, CODE)
    one = turn(member.person, states()[1])
    start = len(faults.calls)

    assert to_people(one) == failed()

    called = faults.calls[start:]
    keys = sum(
        len(asked["Keys"])
        for operation, kwargs in called
        if operation == "BatchGetItem"
        for asked in kwargs["RequestItems"].values()
    )
    assert keys == 1 + books
    assert faults.operations[start:].count("Query") == 1
    assert [operation for operation, _ in called].count("UpdateItem") == 1 + books
    assert [operation for operation, _ in called].count("PutItem") == 1 + books


def test_members_are_counted_by_the_state_that_they_share(city: TestCity, book: Book) -> None:
    members = [book.member(CODE) for _ in range(3)]
    book.member("travel")
    normal, mild, *_ = states()
    for member, state in zip(members, (normal, mild, mild), strict=True):
        assert to_people(turn(member.person, state)) == failed()
    city.deliver()

    numbers = book.owner.get(f"{book.path}/statistics").json

    assert numbers["by_state"] == {normal: 1, mild: 2}
    assert numbers["attention"] == 2
    assert to_people(turn(members[1].person, normal)) == failed()
    city.deliver()
    numbers = book.owner.get(f"{book.path}/statistics").json
    assert (numbers["by_state"], numbers["attention"]) == ({normal: 2, mild: 1}, 1)


def test_a_state_that_the_city_knows_no_longer_is_counted_and_shown_as_unknown(city: TestCity, book: Book) -> None:
    member = book.member(CODE)
    assert to_people(turn(member.person, "purple")) == failed()
    city.deliver()

    assert shown(book, member)["status"]["state"] == "unknown"
    assert book.owner.get(f"{book.path}/statistics").json["by_state"] == {"unknown": 1}
    assert person_row(member.person).state == "purple"
    assert store.read_together([person_key(member.person)]).get(person_key(member.person)) is not None


def test_a_storage_that_does_not_answer_is_asked_again(book: Book, faults: Seam) -> None:
    member = book.member(CODE)
    one = turn(member.person, states()[1])
    faults.fail("UpdateItem", aws_error("ThrottlingException"))

    assert to_people(one) == failed(one)
    assert versions(book.org_id) == []
    assert to_people(one) == failed()
    assert versions(book.org_id) == [1]
