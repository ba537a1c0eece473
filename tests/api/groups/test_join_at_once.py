"""Joining at the same moment as others do something: nobody is lost, counted twice, or let in too many."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core import store
from chalicelib.groups.service.invitations import Invited
from tests.api.groups.steps import join
from tests.support.books import (
    Book,
    assert_whole,
    at_once,
    invitation_key,
    membership_key,
    person_key,
    pointer_key,
    receipts,
    statuses,
)
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.rows import stored

pytestmark = [pytest.mark.api, pytest.mark.slow]


@pytest.fixture(scope="module")
def crowd(whole_run: TestCity) -> list[tuple[TestPerson, Client]]:
    """Forty verified people, for all tests of this module."""
    people = [whole_run.stranger() for _ in range(40)]
    return list(zip(people, enrolled(whole_run, *people), strict=True))


def counted(crowd: list[tuple[TestPerson, Client]]) -> list[int]:
    """The counters on people's rows."""
    keys = [person_key(person) for person, _ in crowd]
    rows = store.read_together(keys)
    return [int(row.memberships) for key in keys if (row := rows.get(key))]


def test_a_one_use_code_lets_exactly_one_of_twenty_in(
    city: TestCity, book: Book, crowd: list[tuple[TestPerson, Client]]
) -> None:
    code = city.invite(book.owner, book.org_id, max_uses=1)

    answers = at_once(20, lambda number: join(crowd[number][1], code))

    assert statuses(answers).count(201) == 1
    assert set(statuses(answers)) <= {201, 409, 503}
    assert {answer.code for answer in answers if answer.status == 409} == {"invitation_full"}
    assert len(book.members()) == 1
    assert (stored(invitation_key(code)) or {})["uses"] == {"N": "1"}


def test_forty_get_in_at_once_through_an_unlimited_code(book: Book, crowd: list[tuple[TestPerson, Client]]) -> None:
    before = counted(crowd)

    answers = at_once(40, lambda number: join(crowd[number][1], book.code, "travel"))

    assert statuses(answers) == [201] * 40
    assert {item["member_id"] for item in book.members()} == {answer.json["member_id"] for answer in answers}
    assert counted(crowd) == [count + 1 for count in before]
    assert all(len(receipts(book.org_id, person)) == 1 for person, _ in crowd)


@pytest.mark.parametrize("max_uses", [None, 1, 5])
def test_a_person_who_joins_twice_at_once_is_one_member(city: TestCity, book: Book, max_uses: int | None) -> None:
    code = city.invite(book.owner, book.org_id, max_uses=max_uses)
    person = city.stranger()
    client = enrolled(city, person)[0]

    answers = at_once(6, lambda number: join(client, code, *(["travel"] if number % 2 else [])))

    assert statuses(answers) == [200] * 5 + [201]
    assert len({str(answer.json) for answer in answers}) == 1
    assert len(book.members()) == 1
    assert len(receipts(book.org_id, person)) == 1
    assert_whole(person, [book.org_id], member_of=[book.org_id])


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    """What happens once between a joining request's read and its write."""
    todo: list[Callable[[], Any]] = []

    refuse = Invited.refuse_unless_open

    def look(invited: Invited) -> None:
        while todo:
            todo.pop()()
        key = invited.invitation.own_key
        refuse(Invited(invited.organization, store.read_together([key]).get(key) or invited.invitation))

    monkeypatch.setattr(Invited, "refuse_unless_open", look)
    return todo


def test_the_slower_of_two_requests_finds_the_use_of_the_faster(
    city: TestCity, book: Book, meanwhile: list[Callable[[], Any]]
) -> None:
    code = city.invite(book.owner, book.org_id, max_uses=1)
    client = anybody(city)
    meanwhile.append(lambda: join(client, code, "travel"))

    answer = join(client, code, "health_code")

    assert (answer.status, answer.json["scopes"]) == (200, ["travel"])


def test_a_book_deleted_under_a_request_takes_nobody_in(
    book: Book, owner: Client, meanwhile: list[Callable[[], Any]]
) -> None:
    meanwhile.append(book.delete)

    answer = join(owner, book.code)

    assert (answer.status, answer.code) == (404, "invitation_not_found")


def test_a_code_used_up_under_a_request_takes_nobody_in(
    city: TestCity, book: Book, meanwhile: list[Callable[[], Any]]
) -> None:
    code = city.invite(book.owner, book.org_id, max_uses=1)
    first, second = anybody(city), anybody(city)
    meanwhile.append(lambda: join(first, code))

    assert join(second, code).code == "invitation_full"
    assert len(book.members()) == 1


def test_one_person_joins_many_books_at_once(city: TestCity, owner: Client) -> None:
    books = [Book.opened(city, owner) for _ in range(6)]
    person = city.stranger()
    client = enrolled(city, person)[0]

    answers = at_once(6, lambda number: join(client, books[number].code))

    joined = [book.org_id for book, answer in zip(books, answers, strict=True) if answer.status == 201]
    assert set(statuses(answers)) <= {201, 503}
    assert_whole(person, [book.org_id for book in books], member_of=joined)


def test_joining_and_leaving_at_once_ends_whole(book: Book) -> None:
    member = book.member("travel")

    answers = at_once(
        8,
        lambda number: (
            join(member.client, book.code, "vaccination") if number % 2 else member.client.delete(book.own_path)
        ),
    )

    assert set(statuses(answers)) <= {200, 201, 204, 404, 409, 503}
    assert_whole(member.person, [book.org_id])


def test_a_book_deleted_while_people_join_keeps_nobody(
    city: TestCity, book: Book, crowd: list[tuple[TestPerson, Client]]
) -> None:
    before = counted(crowd)

    answers = at_once(13, lambda number: book.delete() if number == 6 else join(crowd[number][1], book.code))
    city.deliver()

    assert answers.pop(6).status == 204
    assert set(statuses(answers)) <= {201, 404, 503}
    assert counted(crowd) == before
    left: list[store.Key[Any]] = [membership_key(book.org_id, person) for person, _ in crowd]
    left += [pointer_key(book.org_id, person) for person, _ in crowd]
    rows = store.read_together(left)
    assert not any(rows.get(key) for key in left)


def test_a_person_erased_while_joining_is_in_no_book(city: TestCity, book: Book) -> None:
    person = city.stranger()
    client = enrolled(city, person)[0]

    answers = at_once(2, lambda number: join(client, book.code) if number else client.delete("/v1/me"))

    assert set(statuses(answers)) <= {201, 204, 401, 409, 503}
    row = stored(person_key(person)) or {}
    if "account" not in row:
        assert book.members() == []
    assert_whole(person, [book.org_id])
