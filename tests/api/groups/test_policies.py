"""Policies as managers set them: in their subtree, for a type or for all, and what the list of members shows then (R0.5)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.groups.policies import MAX_POLICIES
from chalicelib.groups.tables import TOP
from tests.support.books import Book, Member, at_once, fill, organization_key, statuses
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody
from tests.support.policies import assert_right, entries, overdue, set_policy, version
from tests.support.rows import spoil, spoiled
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.api

EMPTY = {
    "department_id": None, "type": None, "nucleic_acid_days": None, "travel_days": None, "vaccination_days": None,
    "inherited": False,
}  # fmt: skip
WEEK_OLD = "2022-04-01T02:00:00Z"


def listed(book: Book, by: Client | None = None) -> list[dict[str, Any]]:
    answer = (by or book.owner).get(f"{book.path}/policies")
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def department(book: Book, name: str, parent_id: str | None = None) -> str:
    return book.city.department(book.owner, book.org_id, name, parent_id)


def head_of(book: Book, department_id: str) -> Client:
    """Somebody who administers a department."""
    member = book.member()
    body = {"member_id": member.member_id, "department_id": department_id}
    assert book.owner.post(f"{book.path}/admins", body).status == 201
    return member.client


def old_member(book: Book, *scopes: str) -> Member:
    """Somebody whose last test is old."""
    person = book.city.stranger()
    book.city.fact(person, "nucleic_acid", "negative", WEEK_OLD)
    return book.member(*scopes, person=person)


# --- setting, showing, taking away -----------------------------------------------------------------------------------------


def test_a_policy_is_set_shown_and_taken_away(book: Book) -> None:
    answer = set_policy(book, nucleic_acid_days=7, travel_days="never")

    assert answer.status == 200
    assert answer.json == {**EMPTY, "nucleic_acid_days": 7, "travel_days": "never"}
    assert listed(book) == [answer.json]
    assert book.owner.delete(f"{book.path}/policies").status == 204
    assert listed(book) == []


def test_a_policy_takes_the_place_of_its_like(book: Book) -> None:
    teacher = department(book, "Teachers")
    set_policy(book, nucleic_acid_days=7)
    set_policy(book, type="teacher", nucleic_acid_days=3)
    set_policy(book, department_id=teacher, type="teacher", travel_days=5)

    set_policy(book, type="teacher", vaccination_days=180)

    assert listed(book) == [
        {**EMPTY, "nucleic_acid_days": 7},
        {**EMPTY, "type": "teacher", "vaccination_days": 180},
        {**EMPTY, "department_id": teacher, "type": "teacher", "travel_days": 5},
    ]


def test_the_same_policy_again_changes_nothing(book: Book) -> None:
    for _ in range(2):
        assert set_policy(book, nucleic_acid_days=7).status == 200

    assert version(book) == 1
    assert [(entry.path, entry.organization) for entry in entries(book)] == [(TOP, "Third School")]


def test_a_type_has_one_spelling(book: Book) -> None:
    assert set_policy(book, type=" ｔeacher ", travel_days=1).json["type"] == "teacher"
    assert book.owner.delete(f"{book.path}/policies?type=%EF%BD%94eacher").status == 204


def test_a_type_may_have_any_name(book: Book) -> None:
    for type_ in ("教师", "*", "travel", "class 1/2 & more", "#1"):
        assert set_policy(book, type=type_, travel_days=1).status in {200, 422}
    assert book.owner.delete(f"{book.path}/policies?type=%E6%95%99%E5%B8%88").status == 204
    assert "教师" not in {item["type"] for item in listed(book)}


def test_what_is_not_there_is_not_taken_away(book: Book) -> None:
    set_policy(book, type="teacher", nucleic_acid_days=7)

    answer = book.owner.delete(f"{book.path}/policies")

    assert (answer.status, answer.code) == (404, "policy_not_found")
    assert book.owner.delete(f"{book.path}/policies?type=pupil").code == "policy_not_found"
    assert version(book) == 1


# --- subtrees --------------------------------------------------------------------------------------------------------------


def test_a_head_sees_what_counts_below_them_and_changes_only_their_own(book: Book) -> None:
    own, beside = department(book, "Grade 1"), department(book, "Grade 2")
    below = department(book, "Class 1", own)
    head = head_of(book, own)
    set_policy(book, nucleic_acid_days=7)
    set_policy(book, department_id=beside, nucleic_acid_days=1)

    assert set_policy(book, head, travel_days=3).json == {**EMPTY, "department_id": own, "travel_days": 3}
    assert set_policy(book, head, department_id=below, travel_days=2).status == 200

    assert [(item["department_id"], item["inherited"]) for item in listed(book, head)] == [
        (None, True),
        *sorted([(own, False), (below, False)], key=lambda pair: pair[0] != own),
    ]
    assert set_policy(book, head, department_id=beside, travel_days=3).code == "unknown_department"
    assert head.delete(f"{book.path}/policies?department_id={beside}").code == "unknown_department"
    assert head.delete(f"{book.path}/policies").status == 204, "their own, not the organization's"
    assert [item["department_id"] for item in listed(book) if item["nucleic_acid_days"] == 7] == [None]


def test_a_department_that_is_removed_takes_its_policies_along(book: Book) -> None:
    own = department(book, "Grade 1")
    set_policy(book, nucleic_acid_days=7)
    set_policy(book, department_id=own, nucleic_acid_days=1)
    set_policy(book, department_id=own, type="teacher", nucleic_acid_days=1)

    assert book.owner.delete(f"{book.path}/departments/{own}").status == 204

    assert listed(book) == [{**EMPTY, "nucleic_acid_days": 7}]
    assert set_policy(book, department_id=own, nucleic_acid_days=1).code == "unknown_department"


def test_who_may_set_see_and_take_away(city: TestCity, book: Book) -> None:
    set_policy(book, nucleic_acid_days=7)
    member = book.member()
    for method, body in [("GET", None), ("PUT", {"travel_days": 1}), ("DELETE", None)]:
        callers = city.api, city.log_in(city.stranger()), anybody(city), member.client
        answers = [caller(method, f"{book.path}/policies", body) for caller in callers]
        assert [(answer.status, answer.code) for answer in answers] == [
            (401, "session_required"),
            (403, "identity_required"),
            (403, "not_a_manager"),
            (403, "not_a_manager"),
        ]
    assert version(book) == 1


def test_a_book_that_is_not_there_has_no_policies(owner: Client) -> None:
    path = "/v1/organizations/01aaaaaaaaaaaaaaaaaaaaaaaa/policies"

    for answer in (owner.get(path), owner.put(path, {"travel_days": 1}), owner.delete(path)):
        assert (answer.status, answer.code) == (404, "organization_not_found")


# --- what is refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["nucleic_acid_days", "travel_days", "vaccination_days"])
@pytest.mark.parametrize("value", [0, -1, 3651, "7", 1.5, True, "Never", "", [7], {}])
def test_a_period_is_one_day_to_ten_years_or_never(book: Book, field: str, value: Any) -> None:
    answer = set_policy(book, **{field: value})

    assert (answer.status, answer.code) == (422, "validation_failed")
    assert {error["field"].partition(".")[0] for error in answer.json["errors"]} == {field}


@pytest.mark.parametrize("days", [1, 3650, "never"])
def test_the_ends_of_what_a_period_may_be(book: Book, days: Any) -> None:
    assert set_policy(book, travel_days=days).json["travel_days"] == days


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "empty_policy"),
        ({"type": "teacher", "travel_days": None}, "empty_policy"),
        ({"type": "", "travel_days": 1}, "validation_failed"),
        ({"type": "x" * 33, "travel_days": 1}, "validation_failed"),
        ({"type": " ", "travel_days": 1}, "invalid_label"),
        ({"type": "a\u202eb", "travel_days": 1}, "invalid_label"),
        ({"type": "13800000000", "travel_days": 1}, "label_is_personal"),
        ({"type": 7, "travel_days": 1}, "validation_failed"),
        ({"department_id": "never", "travel_days": 1}, "unknown_department"),
        ({"department_id": "x" * 65, "travel_days": 1}, "validation_failed"),
        ({"travel_days": 1, "case_days": 1}, "validation_failed"),
    ],
)
def test_what_says_nothing_right_is_refused(book: Book, fields: dict[str, Any], code: str) -> None:
    answer = set_policy(book, **fields)

    assert (answer.status, answer.code) == (422, code)
    assert listed(book) == []


@pytest.mark.parametrize("query", ["type=", f"type={'x' * 33}", "kind=travel", f"department_id={'x' * 65}"])
def test_a_key_of_another_form_is_refused(book: Book, query: str) -> None:
    assert book.owner.delete(f"{book.path}/policies?{query}").code == "validation_failed"


def test_an_organization_has_two_hundred_policies_at_most(book: Book) -> None:
    set_policy(book, travel_days=1)
    stated = {"/": {f"type {number}": {"travel": 1} for number in range(MAX_POLICIES - 1)}}
    spoil(organization_key(book.org_id), "policies", {"S": json.dumps(stated)})
    assert set_policy(book, travel_days=2).status == 200

    answer = set_policy(book, type="one more", travel_days=1)

    assert (answer.status, answer.code) == (409, "too_many_policies")
    assert "200" in answer.json["detail"]
    assert set_policy(book, travel_days=3).status == 200, "one that is there may change"
    assert len(listed(book)) == MAX_POLICIES


@pytest.mark.parametrize("stored", [[], {"/": 7}, {"/": {"": {"travel": "7"}}}, {"/": {"": {"fever": 7}}}])
def test_damaged_policies_are_a_broken_record_and_not_none(book: Book, stored: Any) -> None:
    set_policy(book, travel_days=1)
    with spoiled(organization_key(book.org_id), "policies", {"S": json.dumps(stored)}):
        answers = [book.owner.get(f"{book.path}/policies"), set_policy(book, travel_days=2), book.owner.get(book.path)]

    assert {(answer.status, answer.code) for answer in answers} == {(500, "broken_record")}


def test_managers_who_set_policies_at_the_same_moment_lose_none(book: Book) -> None:
    answers = at_once(6, lambda number: set_policy(book, type=f"type {number}", travel_days=number + 1))

    done = [answer.json["type"] for answer in answers if answer.status == 200]
    assert set(statuses(answers)) <= {200, 503}
    assert {item["type"] for item in listed(book)} == set(done) != set()
    assert version(book) == len(entries(book)) == len(done)


def test_a_change_whose_answer_was_lost_is_found_done(book: Book, faults: Seam) -> None:
    faults.fail_after("TransactWriteItems", aws_error("InternalServerError"))
    set_policy(book, travel_days=3)

    assert set_policy(book, travel_days=3).status == 200

    assert version(book) == len(entries(book)) == 1


# --- what the members show then --------------------------------------------------------------------------------------------


def test_members_are_shown_overdue_at_once_and_listed_by_it_after_the_work(book: Book) -> None:
    member, other = old_member(book, "nucleic_acid", "travel"), old_member(book, "travel")
    set_policy(book, nucleic_acid_days=7)

    shown = {item["member_id"]: (item["overdue"], item["attention"]) for item in book.members()}

    assert shown == {member.member_id: (["nucleic_acid"], "overdue"), other.member_id: ([], None)}
    book.city.deliver()
    assert [item["member_id"] for item in book.page("?attention=true")["items"]] == [member.member_id]
    assert overdue(book) == {member.member_id: ["nucleic_acid"]}
    assert_right(book)


def test_time_that_passes_is_shown_without_a_write(book: Book) -> None:
    set_policy(book, travel_days=2)
    member = book.member("travel")
    assert book.members()[0]["overdue"] == []

    with clock.frozen(clock.now() + timedelta(days=4)):
        assert book.members()[0]["overdue"] == ["travel"]

    assert overdue(book) == {}
    assert member.member_id == book.members()[0]["member_id"]


def test_who_joins_stands_right_from_the_first_moment(book: Book) -> None:
    set_policy(book, nucleic_acid_days=7, travel_days=1)

    late, silent = old_member(book, "nucleic_acid"), old_member(book)

    assert overdue(book) == {late.member_id: ["nucleic_acid"]}
    assert silent.member_id not in overdue(book)
    assert_right(book)


def test_what_is_taken_back_is_overdue_no_more_and_what_is_shared_again_is(book: Book) -> None:
    set_policy(book, nucleic_acid_days=7)
    member = old_member(book, "nucleic_acid")

    for scopes in (["travel"], ["nucleic_acid", "travel"], []):
        assert member.client.put(f"{book.own_path}/consent", {"scopes": scopes}).status == 200
        assert overdue(book) == ({member.member_id: ["nucleic_acid"]} if "nucleic_acid" in scopes else {})
        assert_right(book)


def test_a_new_fact_ends_it(book: Book) -> None:
    set_policy(book, nucleic_acid_days=7)
    member = old_member(book, "nucleic_acid")
    book.city.fact(member.person, "nucleic_acid", "positive", clock.iso(clock.now()))

    book.city.deliver()

    assert overdue(book) == {}
    assert book.page("?attention=true")["items"] == []
    assert_right(book)


def test_only_the_subtree_and_the_type_are_concerned(book: Book) -> None:
    own = department(book, "Grade 1")
    old = {"result": "negative", "occurred_at": WEEK_OLD}
    fill(book.org_id, 2, ["nucleic_acid"], nucleic_acid=old, path=f"/{own}/")
    fill(book.org_id, 3, ["nucleic_acid"], nucleic_acid=old, first=2)

    set_policy(book, department_id=own, nucleic_acid_days=7)
    book.city.deliver()
    assert len(overdue(book)) == 2
    set_policy(book, department_id=own, type="member", nucleic_acid_days="never")
    book.city.deliver()

    assert overdue(book) == {}
    assert_right(book)


def test_who_is_moved_or_given_another_type_stands_by_the_policies_there(book: Book) -> None:
    own = department(book, "Grade 1")
    set_policy(book, department_id=own, nucleic_acid_days=7)
    set_policy(book, department_id=own, type="teacher", nucleic_acid_days="never")
    member = old_member(book, "nucleic_acid")
    path = f"{book.path}/members/{member.member_id}"

    for change, expected in [
        ({"label": "7"}, []),
        ({"department_id": own}, ["nucleic_acid"]),
        ({"type": "teacher"}, []),
        ({"type": None}, ["nucleic_acid"]),
        ({"department_id": None}, []),
    ]:
        answer = book.owner("PATCH", path, change)
        assert (answer.status, answer.json["overdue"]) == (200, expected)
        assert overdue(book) == ({member.member_id: expected} if expected else {})
        assert_right(book)


def test_details_and_search_show_a_member_as_they_stand_now(book: Book) -> None:
    member = old_member(book, "nucleic_acid")
    set_policy(book, nucleic_acid_days=7)

    details = book.owner.get(f"{book.path}/members/{member.member_id}").json
    (found,) = book.owner.post(f"{book.path}/members/search", {"phone": member.person.phone}).json["items"]

    assert details["overdue"] == found["overdue"] == ["nucleic_acid"]
    assert overdue(book) == {}


def test_those_who_are_overdue_longest_are_listed_first(book: Book) -> None:
    for day in (3, 1, 2):
        shown = {"result": "negative", "occurred_at": f"2022-04-0{day}T02:00:00Z"}
        fill(book.org_id, 1, ["nucleic_acid"], nucleic_acid=shown, first=day)
    set_policy(book, nucleic_acid_days=7)
    book.city.deliver()

    items = book.page("?attention=true")["items"]

    assert [item["nucleic_acid"]["occurred_at"][:10] for item in items] == ["2022-04-01", "2022-04-02", "2022-04-03"]
