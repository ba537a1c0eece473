"""Joining with a code (R0.3, R1.2)."""

from typing import Any

import pytest

from tests.api.groups.steps import join
from tests.support.books import (
    ALL_SCOPES,
    Book,
    assert_whole,
    invitation_key,
    membership_key,
    receipts,
)
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody, enrolled
from tests.support.events import Events
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api


def test_a_person_joins_with_chosen_scopes(city: TestCity, book: Book) -> None:
    person = city.stranger()
    client = enrolled(city, person)[0]

    answer = join(client, book.code, "vaccination", "health_code")

    assert answer.status == 201
    assert answer.json["org_id"] == book.org_id
    assert answer.json["organization"] == "Third School"
    assert answer.json["scopes"] == ["health_code", "vaccination"]
    assert client.get("/v1/me/memberships").json == {"items": [answer.json], "unreadable": 0}
    assert [item["member_id"] for item in book.members()] == [answer.json["member_id"]]
    assert_whole(person, [book.org_id], member_of=[book.org_id])


def test_sharing_nothing_is_a_choice_too(book: Book) -> None:
    member = book.member()

    (item,) = book.members()

    assert item["member_id"] == member.member_id
    assert item["scopes"] == []
    assert (item["status"], item["nucleic_acid"], item["vaccination"], item["travel"]) == (None,) * 4


def test_joining_again_changes_nothing(city: TestCity, book: Book) -> None:
    person = city.stranger()
    client = enrolled(city, person)[0]
    first = join(client, book.code, "travel")
    before = stored(membership_key(book.org_id, person))

    again = join(client, book.code, *ALL_SCOPES)
    by_another_code = join(client, city.invite(book.owner, book.org_id, max_uses=1), "health_code")

    assert (first.status, again.status, by_another_code.status) == (201, 200, 200)
    assert first.json == again.json == by_another_code.json
    assert stored(membership_key(book.org_id, person)) == before
    assert len(receipts(book.org_id, person)) == 1


def test_a_repetition_costs_no_use(city: TestCity, book: Book) -> None:
    code = city.invite(book.owner, book.org_id, max_uses=2)
    client = anybody(city)

    assert [join(client, code).status for _ in range(3)] == [201, 200, 200]
    assert (stored(invitation_key(code)) or {})["uses"] == {"N": "1"}


def test_who_left_may_join_again(city: TestCity, book: Book) -> None:
    person = city.stranger()
    client = enrolled(city, person)[0]
    first = join(client, book.code, "travel").json
    assert client.delete(book.own_path).status == 204

    second = join(client, book.code, "health_code")

    assert second.status == 201
    assert second.json["member_id"] == first["member_id"]
    assert second.json["scopes"] == ["health_code"]
    assert_whole(person, [book.org_id], member_of=[book.org_id])


def test_two_organizations_know_a_person_by_different_ids(city: TestCity, book: Book) -> None:
    other = Book.opened(city, book.owner)
    client = anybody(city)

    assert join(client, book.code).json["member_id"] != join(client, other.code).json["member_id"]
    assert len(client.get("/v1/me/memberships").json["items"]) == 2


def test_the_owner_may_join_too(book: Book) -> None:
    assert join(book.owner, book.code).status == 201
    assert len(book.members()) == 1


def test_joining_needs_a_verified_person(city: TestCity, book: Book) -> None:
    nobody, unproven = join(city.api, book.code), join(city.log_in(city.stranger()), book.code)

    assert (nobody.status, nobody.code) == (401, "session_required")
    assert (unproven.status, unproven.code) == (403, "identity_required")
    assert book.members() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "scopes"),
        ({"scopes": None}, "scopes"),
        ({"scopes": "health_code"}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"scopes": ["HEALTH_CODE"]}, "scopes.0"),
        ({"scopes": [1]}, "scopes.0"),
        ({"scopes": [None]}, "scopes.0"),
        ({"scopes": ["travel"] * 5}, "scopes"),
        ({"scopes": [], "member_id": "x"}, "member_id"),
        ({"scopes": [], "label": 7}, "label"),
        ({"scopes": [], "label": "x" * 33}, "label"),
        ({"scopes": [], "type": "teacher"}, "type"),
    ],
)
def test_wrong_choices_are_named(book: Book, owner: Client, body: Any, field: str) -> None:
    answer = owner.post(f"/v1/invitations/{book.code}/join", body)

    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert book.members() == []


def test_a_scope_named_twice_counts_once(owner: Client, book: Book) -> None:
    assert join(owner, book.code, "travel", "travel").json["scopes"] == ["travel"]


@pytest.mark.parametrize("attribute", ["name_mask", "scopes", "consent_version", "joined_at"])
def test_a_damaged_membership_is_an_answer_and_no_traceback(book: Book, events: Events, attribute: str) -> None:
    member = book.member("travel")
    spoil(membership_key(book.org_id, member.person), attribute)

    answers = [
        join(member.client, book.code),
        member.client.put(f"{book.own_path}/consent", {"scopes": []}),
        member.client.delete(book.own_path),
        book.owner.delete(f"{book.path}/members/{member.member_id}"),
    ]

    assert [(answer.status, answer.code) for answer in answers] == [(500, "broken_record")] * 4
    assert len(events.of("row.broken")) == 4


def test_the_list_of_ones_memberships_goes_on_over_a_damaged_one(city: TestCity, book: Book, events: Events) -> None:
    other = Book.opened(city, book.owner)
    member = book.member()
    join(member.client, other.code)
    spoil(membership_key(book.org_id, member.person), "scopes", {"L": [{"NULL": True}]})

    answer = member.client.get("/v1/me/memberships")

    assert answer.status == 200
    assert [item["org_id"] for item in answer.json["items"]] == [other.org_id]
    assert answer.json["unreadable"] == 1
    assert [line["table"] for line in events.of("row.broken")] == ["memberships"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/me/memberships"), ("DELETE", "/v1/me/memberships/{}"), ("PUT", "/v1/me/memberships/{}/consent")],
)
def test_memberships_are_for_verified_people(city: TestCity, book: Book, method: str, path: str) -> None:
    body: Any = {"scopes": []} if method == "PUT" else None

    nobody = city.api(method, path.format(book.org_id), body)
    unproven = city.log_in(city.stranger())(method, path.format(book.org_id), body)

    assert (nobody.status, nobody.code) == (401, "session_required")
    assert (unproven.status, unproven.code) == (403, "identity_required")
