"""Opening, listing and showing a book (R1.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core import store
from tests.api.groups.conftest import Policy
from tests.support.books import OPEN, Book, at_once, organization_key, person_key, statuses
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody, enrolled
from tests.support.events import Events
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api

PATH = "/v1/organizations"


def opened(**changes: Any) -> dict[str, Any]:
    return {**OPEN, **changes}


def test_a_verified_person_opens_a_book(city: TestCity) -> None:
    owner = anybody(city)

    answer = owner.post(PATH, opened(name="  Ｔｈｉｒｄ　学校  ", kind="fair"))

    assert answer.status == 201
    assert answer.json["name"] == "Third 学校"
    assert (answer.json["kind"], answer.json["subdistrict"]) == ("fair", "371302001")
    assert owner.get(f"{PATH}/{answer.json['org_id']}").json == answer.json
    assert owner.get(PATH).json == {"items": [answer.json], "unreadable": 0}


def test_without_a_key_each_call_opens_a_book(city: TestCity) -> None:
    owner = anybody(city)

    org_ids = [city.book(owner, name) for name in ("First", "Second", "Third")]

    assert len(set(org_ids)) == 3
    assert [item["org_id"] for item in owner.get(PATH).json["items"]] == org_ids


def test_nobody_else_sees_a_book(city: TestCity, book: Book) -> None:
    stranger, unproven, member = anybody(city), city.log_in(city.stranger()), book.member()

    assert city.api.get(book.path).code == "session_required"
    assert unproven.get(book.path).code == "identity_required"
    assert stranger.get(book.path).code == "not_a_manager"
    assert member.client.get(book.path).code == "not_a_manager"
    assert stranger.get(PATH).json["items"] == []


@pytest.mark.parametrize(("method", "body"), [("POST", OPEN), ("GET", None)])
def test_books_are_for_verified_people(city: TestCity, method: str, body: Any) -> None:
    unproven = city.log_in(city.stranger())

    nobody, account = city.api(method, PATH, body), unproven(method, PATH, body)

    assert (nobody.status, nobody.code) == (401, "session_required")
    assert (account.status, account.code) == (403, "identity_required")


def test_a_book_that_is_not_there_is_not_found(owner: Client) -> None:
    missing = owner.get(f"{PATH}/01aaaaaaaaaaaaaaaaaaaaaaaa")

    assert (missing.status, missing.code) == (404, "organization_not_found")
    assert owner.get(f"{PATH}/no.id").code == "route_not_found"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t "}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"name": "ﷺ" * 20}, "name"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"kind": "prison"}, "kind"),
        ({"kind": None}, "kind"),
        ({"subdistrict": 371302001}, "subdistrict"),
        ({"subdistrict": ""}, "subdistrict"),
        ({"subdistrict": "1" * 33}, "subdistrict"),
        ({"address": "1 Long Street"}, "address"),
        ({"owner_id": "somebody"}, "owner_id"),
    ],
)
def test_wrong_fields_are_named_and_never_repeated(owner: Client, changes: dict[str, Any], field: str) -> None:
    answer = owner.post(PATH, opened(**changes))

    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert str(changes.get(field)) not in answer.text or len(str(changes[field])) < 2


@pytest.mark.parametrize(
    "mark",
    ["\x00", "\x07", "\n", "\r", "\x1b", "\x85", "\u200b", "\u200e", "\u202e", "\u2028", "\ufeff", "\ue000", "\uffff"],
    ids=lambda mark: f"U+{ord(mark):04X}",
)
def test_a_name_holds_no_control_characters(owner: Client, mark: str) -> None:
    for name in (f"Third{mark}School", f"{mark}Third School", mark):
        assert owner.post(PATH, opened(name=name)).code == "validation_failed"


@pytest.mark.parametrize(
    "name",
    ["\u3164", "\u2800", "\u115f\u1160", "\u034f", "\ufe0f", "\U000e0100", "\u3000"],
    ids=lambda name: f"U+{ord(name[0]):04X}",
)
def test_a_name_that_shows_nothing_is_none(owner: Client, name: str) -> None:
    assert owner.post(PATH, opened(name=name)).code == "validation_failed"


@pytest.mark.parametrize(
    "name", ["a" * 100, "古丽·努尔买买提幼儿园", "Café “Zur Post” & Söhne – №5", "=1+1", "<b>x</b>", "😀"]
)
def test_a_name_holds_anything_visible(owner: Client, name: str) -> None:
    answer = owner.post(PATH, opened(name=name))

    assert answer.status == 201, answer.text
    assert owner.get(f"{PATH}/{answer.json['org_id']}").json["name"] == answer.json["name"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b'{"name":"\\ud800"}', b"{}" * 2])
def test_a_body_that_is_no_object_is_refused(owner: Client, body: bytes) -> None:
    answer = owner("POST", PATH, raw=body)

    assert answer.status == 422
    assert answer.code in {"invalid_json", "validation_failed"}


@pytest.mark.parametrize(
    "subdistrict", ["37130200", "3713020011", "37130200x", "３７１３０２００１", "371302 01", "abcdefghi"]
)
def test_a_subdistrict_is_nine_digits(owner: Client, subdistrict: str) -> None:
    answer = owner.post(PATH, opened(subdistrict=subdistrict))

    assert (answer.status, answer.code) == (422, "invalid_subdistrict")
    assert [error["field"] for error in answer.json["errors"]] == ["subdistrict"]


def test_a_subdistrict_lies_in_a_county_of_the_city(owner: Client, policy_of: Callable[[str], None]) -> None:
    policy_of("linyi")

    foreign = owner.post(PATH, opened(subdistrict="110101001"))

    assert (foreign.status, foreign.code) == (422, "foreign_subdistrict")
    assert owner.post(PATH, opened(subdistrict="371302001")).status == 201
    policy_of("beijing")
    assert owner.post(PATH, opened(subdistrict="371302001")).code == "foreign_subdistrict"
    assert owner.post(PATH, opened(subdistrict="110101001")).status == 201


def test_any_subdistrict_will_do_where_the_city_file_says_so(owner: Client) -> None:
    assert owner.post(PATH, opened(subdistrict="110101001")).status == 201
    assert owner.post(PATH, opened(subdistrict="010101001")).code == "foreign_subdistrict"


def test_a_city_may_open_books_of_some_kinds_only(owner: Client, books_policy: Policy) -> None:
    books_policy(kinds=("school",))

    refused = owner.post(PATH, opened(kind="fair"))

    assert (refused.status, refused.code) == (422, "invalid_kind")
    assert owner.post(PATH, opened(kind="school")).status == 201


def test_a_person_owns_no_more_books_than_the_city_allows(city: TestCity, books_policy: Policy) -> None:
    owner, other = anybody(city), anybody(city)
    books_policy(max_per_person=2)
    first, _ = city.book(owner), city.book(owner)

    refused = owner.post(PATH, OPEN)

    assert (refused.status, refused.code) == (409, "too_many_books")
    assert other.post(PATH, OPEN).status == 201
    assert owner.delete(f"{PATH}/{first}").status == 204
    assert owner.post(PATH, OPEN).status == 201
    assert owner.post(PATH, OPEN).code == "too_many_books"


def test_the_limit_holds_against_parallel_requests(city: TestCity, books_policy: Policy) -> None:
    person = city.stranger()
    owner = enrolled(city, person)[0]
    books_policy(max_per_person=3)

    answers = at_once(10, lambda _: owner.post(PATH, OPEN))

    assert statuses(answers).count(201) == 3
    assert set(statuses(answers)) <= {201, 409, 503}
    assert len(owner.get(PATH).json["items"]) == 3
    assert (stored(person_key(person)) or {})["books"] == {"N": "3"}


@pytest.mark.usefixtures("city")
def test_demo_sets_no_limit_below_a_hundred() -> None:
    from chalicelib.core.settings import settings

    assert settings().city.books.max_per_person >= 100


# --- a row that nothing in the service would write ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("name", None), ("created_at", None), ("subdistrict", {"N": "371302001"}), ("created_at", {"S": "yesterday"})],
)
def test_a_damaged_book_is_an_answer_and_no_traceback(book: Book, events: Events, attribute: str, value: Any) -> None:
    spoil(organization_key(book.org_id), attribute, value)

    for method, path in [("GET", book.path), ("DELETE", book.path), ("GET", f"{book.path}/members")]:
        answer = book.owner(method, path)
        assert (answer.status, answer.code) == (500, "broken_record")
        assert "Traceback" not in answer.text
    assert len(events.of("row.broken")) == 3


def test_a_list_of_books_goes_on_over_a_damaged_one(city: TestCity, events: Events) -> None:
    owner = anybody(city)
    org_ids = [city.book(owner) for _ in range(3)]
    spoil(organization_key(org_ids[1]), "name")

    answer = owner.get(PATH)

    assert answer.status == 200
    assert [item["org_id"] for item in answer.json["items"]] == [org_ids[0], org_ids[2]]
    assert answer.json["unreadable"] == 1
    assert [line["table"] for line in events.of("row.broken")] == ["organizations"]
    assert owner.delete("/v1/me").code == "broken_record"


def test_a_pointer_to_a_book_that_is_gone_is_passed_over(city: TestCity) -> None:
    owner = anybody(city)
    org_ids = [city.book(owner) for _ in range(2)]
    store.delete(organization_key(org_ids[0]))

    answer = owner.get(PATH)

    assert [item["org_id"] for item in answer.json["items"]] == [org_ids[1]]
    assert answer.json["unreadable"] == 0
