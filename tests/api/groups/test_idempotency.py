"""`Idempotency-Key` on the creates that have no natural key (harness H6)."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.requests import RequestRow
from tests.api.groups.conftest import Policy
from tests.support.books import ANY_INVITATION, OPEN, Book, at_once, person_id_of
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody, enrolled
from tests.support.rows import items_of
from tests.support.seam import Killed, Seam, aws_error

pytestmark = [pytest.mark.api, pytest.mark.slow]

KEY = "3f0c7a52-6d3e-4b0c-9d4e-1f2a3b4c5d6e"


@dataclass(frozen=True)
class Create:
    """A create of one caller: how it is sent, with which other body, and how many things it made."""

    caller: Client
    path: str
    body: dict[str, Any]
    other_body: dict[str, Any]
    made: Callable[[], int]

    def __call__(self, key: str | None = KEY, body: dict[str, Any] | None = None) -> Answer:
        headers = {} if key is None else {"idempotency_key": key}
        return self.caller.post(self.path, body or self.body, **headers)


def opening(city: TestCity) -> Create:
    owner = anybody(city)
    books = lambda: len(owner.get("/v1/organizations").json["items"])  # noqa: E731
    return Create(owner, "/v1/organizations", OPEN, {**OPEN, "name": "Fourth School"}, books)


def inviting(city: TestCity) -> Create:
    book = Book.opened(city)
    prefix = "INVITATION#"

    def invitations() -> int:
        from chalicelib.groups.tables import OrganizationsTable

        rows = items_of(OrganizationsTable, book.org_id)
        return len([row for row in rows if row["sk"]["S"].startswith(prefix)]) - 1

    other = {**ANY_INVITATION, "max_uses": 2}
    return Create(book.owner, f"{book.path}/invitations", ANY_INVITATION, other, invitations)


@pytest.fixture(params=[opening, inviting], ids=["book", "invitation"])
def create(request: pytest.FixtureRequest, city: TestCity) -> Create:
    """Each of the creates."""
    made: Create = request.param(city)
    return made


def test_a_replay_answers_the_same(create: Create) -> None:
    first, second = create(), create()

    assert (first.status, first.json) == (second.status, second.json)
    assert create.made() == 1


def test_another_body_under_the_key_is_refused(create: Create) -> None:
    create()

    answer = create(body=create.other_body)

    assert (answer.status, answer.code) == (422, "idempotency_mismatch")
    assert create.made() == 1


def test_another_key_or_none_creates_again(create: Create) -> None:
    assert [create().status, create(key="other").status, create(key=None).status] == [201, 201, 201]
    assert create.made() == 3


def test_of_parallel_twins_one_creates_and_all_get_the_same(create: Create) -> None:
    answers = at_once(8, lambda _: create())

    done = [answer for answer in answers if answer.status == 201]
    assert done
    assert {answer.status for answer in answers} <= {201, 503}
    assert len({json.dumps(answer.json, sort_keys=True) for answer in done}) == 1
    assert create.made() == 1


@pytest.mark.parametrize("error", [aws_error("InternalServerError"), Killed()], ids=["failed", "killed"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_failure_frees_the_key_or_keeps_what_was_done(
    create: Create, faults: Seam, place: str, error: BaseException
) -> None:
    planned = faults.before if place == "before" else faults.after
    planned["TransactWriteItems"].append(error)
    with suppress(Killed):
        assert create().status == 503

    answer = create()

    assert answer.status == 201
    assert create().json == answer.json
    assert create.made() == 1


def test_a_refusal_frees_the_key(city: TestCity, books_policy: Policy) -> None:
    create = opening(city)
    books_policy(max_per_person=1)
    assert create(key="first").status == 201
    assert create().code == "too_many_books"
    books_policy(max_per_person=2)

    assert create().status == 201


def test_another_persons_key_is_another_key(city: TestCity) -> None:
    first, second = opening(city), opening(city)

    assert first().json["org_id"] != second().json["org_id"]
    assert first.made() == second.made() == 1


def test_a_key_is_bound_to_its_operation_and_book(city: TestCity) -> None:
    book = Book.opened(city)
    other = Book.opened(city, book.owner)

    answers = [
        owned.owner.post(f"{owned.path}/invitations", ANY_INVITATION, idempotency_key=KEY) for owned in (book, other)
    ]
    answers.append(book.owner.post("/v1/organizations", OPEN, idempotency_key=KEY))

    assert [answer.status for answer in answers] == [201, 201, 201]
    assert answers[0].json["code"] != answers[1].json["code"]


def test_the_row_holds_references_only(city: TestCity) -> None:
    person = city.stranger()
    owner = enrolled(city, person)[0]
    answer = owner.post("/v1/organizations", OPEN, idempotency_key=f"key of {person.name} {person.phone}")

    (row,) = items_of(RequestRow, person_id_of(person))

    assert row["reference"] == {"S": answer.json["org_id"]}
    assert set(row) == {"subject", "request_key", "fingerprint", "reference", "expires_at"}
    assert OPEN["name"] not in str(row)


def test_a_key_is_forgotten_after_a_day(create: Create) -> None:
    first = create()
    with clock.frozen(clock.now()) as frozen:
        frozen.tick(timedelta(hours=23, minutes=59).total_seconds())
        assert create().json == first.json
        frozen.tick(timedelta(minutes=2).total_seconds())
        again = create()

    assert again.status == 201
    assert again.json != first.json
    assert create.made() == 2


def test_a_replay_still_works_when_its_own_time_limit_has_passed(city: TestCity) -> None:
    book = Book.opened(city)
    soon = {**ANY_INVITATION, "expires_at": (clock.now() + timedelta(hours=1)).isoformat()}
    first = book.owner.post(f"{book.path}/invitations", soon, idempotency_key=KEY)
    with clock.frozen(clock.now()) as frozen:
        frozen.tick(timedelta(hours=2).total_seconds())

        again = book.owner.post(f"{book.path}/invitations", soon, idempotency_key=KEY)

    assert (again.status, again.json) == (201, {**first.json, "state": "expired"})


@pytest.mark.slow
def test_a_replay_does_not_bring_a_deleted_book_back(city: TestCity) -> None:
    create = opening(city)
    org_id = create().json["org_id"]
    assert create.caller.delete(f"/v1/organizations/{org_id}").status == 204

    before = create()
    city.deliver()
    after = create()

    assert (before.status, before.code) == (404, "organization_not_found")
    assert (after.status, after.code) == (404, "organization_not_found")


def test_a_replay_shows_a_book_that_was_handed_over_to_nobody_who_owned_it(city: TestCity) -> None:
    create = opening(city)
    org_id = create().json["org_id"]
    book = Book(city, create.caller, org_id, city.invite(create.caller, org_id))
    heir = book.member()
    assert book.owner.post(f"{book.path}/owner", {"successor": heir.member_id}).status == 200
    assert heir.client.put(f"{book.path}/owner").status == 200

    answer = create()

    assert (answer.status, answer.code) == (403, "not_the_owner")
    assert create.made() == 0


def test_a_replay_shows_an_administrator_nothing_of_where_they_were_before(city: TestCity) -> None:
    book = Book.opened(city)
    before, now = book.department("Before"), book.department("Now")
    head = book.admin(before)
    posts = [(f"{book.path}/invitations", ANY_INVITATION), (f"{book.path}/departments", {"name": "Below"})]
    first = [head.client.post(path, body, idempotency_key=KEY) for path, body in posts]
    again = [head.client.post(path, body, idempotency_key=KEY) for path, body in posts]
    assert [one.json for one in again] == [one.json for one in first]
    assert book.owner.post(f"{book.path}/admins", {"member_id": head.member_id, "department_id": now}).status == 201

    answers = [head.client.post(path, body, idempotency_key=KEY) for path, body in posts]

    assert [(one.status, one.code) for one in answers] == [
        (404, "invitation_not_found"),
        (404, "department_not_found"),
    ]


@pytest.mark.parametrize("key", ["", "  "])
def test_an_empty_key_is_refused_before_it_creates_twice(create: Create, key: str) -> None:
    answer = create(key=key)

    assert (answer.status, answer.code) == (422, "invalid_idempotency_key")
    assert create.made() == 0


@pytest.mark.parametrize("key", ["x" * 4000, "编号-1", "a b", "'; DROP"])
def test_any_text_is_a_key(create: Create, key: str) -> None:
    first, second = create(key=key), create(key=key)

    assert (first.status, second.status) == (201, 201)
    assert first.json == second.json
