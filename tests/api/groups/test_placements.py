"""Members are moved between departments and given another type, by whoever manages them (R0.1, R0.2)."""

from typing import Any

import pytest

from chalicelib.groups.tables import MembershipRow
from tests.api.groups.steps import damaged
from tests.support.books import Book, Member, at_once, membership_row, person_id_of, statuses
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.policies import set_policy
from tests.support.rows import stored

pytestmark = pytest.mark.api


def change(client: Client, book: Book, member: Member, **changes: Any) -> Answer:
    return client.patch(f"{book.path}/members/{member.member_id}", changes)


def row_of(book: Book, member: Member) -> MembershipRow:
    row = membership_row(book.org_id, member.person)
    assert row is not None
    return row


def listed(book: Book, department_id: str) -> list[str]:
    return [item["member_id"] for item in book.page(f"?department_id={department_id}")["items"]]


def test_a_member_is_moved_down_across_and_to_the_top(city: TestCity, book: Book) -> None:
    one, other = book.department("One"), book.department("Other")
    member = book.member("travel")
    before = row_of(book, member)

    for department_id in (one, other):
        answer = change(book.owner, book, member, department_id=department_id)
        assert (answer.status, answer.json["department_id"]) == (200, department_id)
        assert listed(book, department_id) == [member.member_id]
    assert listed(book, one) == []
    assert change(book.owner, book, member, department_id=None).json["department_id"] is None

    assert row_of(book, member).serialize() == before.serialize()
    city.deliver()
    entries = member.client.get("/v1/me/access-log").json["items"]
    assert "details" in {one["why"] for one in entries}


def test_what_is_left_out_stays(book: Book) -> None:
    department_id = book.department()
    member = book.member_in(department_id)

    assert change(book.owner, book, member, type="教师", label="7").json["type"] == "教师"
    answer = change(book.owner, book, member)

    assert (answer.status, answer.json["type"], answer.json["label"]) == (200, "教师", "7")
    assert answer.json["department_id"] == department_id
    assert change(book.owner, book, member, type=None).json["type"] == "member"
    assert row_of(book, member).label == "7"


def test_an_administrator_moves_within_their_subtree_only(book: Book) -> None:
    mine, beside = book.department("Mine"), book.department("Beside")
    below = book.department("Below", mine)
    head, inside, outside = book.admin(mine), book.member_in(mine), book.member_in(beside)

    assert change(head.client, book, inside, department_id=below).status == 200
    for department_id in (beside, None, "never"):
        answer = change(head.client, book, inside, department_id=department_id)
        assert (answer.status, answer.code) == (422, "unknown_department")
    answer = change(head.client, book, outside, department_id=mine)
    assert (answer.status, answer.code) == (404, "member_not_found")
    assert listed(book, below) == [inside.member_id]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": ""}, "validation_failed"),
        ({"type": "x" * 33}, "validation_failed"),
        ({"type": "\u202e1"}, "invalid_label"),
        ({"label": "--"}, "invalid_label"),
        ({"label": "13800000000"}, "label_is_personal"),
        ({"label": "ID 110105-19491231-002X"}, "label_is_personal"),
        ({"label": "138.1234–5678"}, "label_is_personal"),
        ({"label": "110101_20080609_1022"}, "label_is_personal"),
        ({"type": "13800000000"}, "label_is_personal"),
        ({"department_id": 7}, "validation_failed"),
        ({"scopes": []}, "validation_failed"),
    ],
)
def test_wrong_changes_are_named_and_change_nothing(book: Book, changes: dict[str, Any], code: str) -> None:
    member = book.member()
    before = row_of(book, member).serialize()

    answer = change(book.owner, book, member, **changes)

    assert (answer.status, answer.code) == (422, code)
    assert answer.json["errors"][0]["field"] == next(iter(changes))
    assert row_of(book, member).serialize() == before


def test_of_two_changes_at_once_both_or_one_are_done_and_none_half(book: Book) -> None:
    one, other = book.department("One"), book.department("Other")
    member = book.member()

    answers = at_once(
        4, lambda number: change(book.owner, book, member, department_id=(one, other)[number % 2], label=f"{number}")
    )

    assert set(statuses(answers)) <= {200, 409}
    assert 200 in statuses(answers)
    row = row_of(book, member)
    assert row.path == f"/{row.department_id}/"
    assert listed(book, str(row.department_id)) == [member.member_id]


def test_the_place_among_those_who_need_attention_moves_along(book: Book) -> None:
    department_id = book.department()
    assert set_policy(book, nucleic_acid_days=7).status == 200
    person = book.city.stranger()
    book.city.fact(person, "nucleic_acid", "negative", "2022-04-01T10:00:00")
    member = book.member("nucleic_acid", person=person)

    assert change(book.owner, book, member, department_id=department_id).status == 200

    raw = stored(row_of(book, member).own_key)
    assert raw is not None
    assert raw["attention_key"]["S"] == f"/{department_id}/9#2022-04-09"
    assert len(book.page(f"?attention=true&department_id={department_id}")["items"]) == 1


def test_a_broken_member_is_not_written_over(book: Book) -> None:
    member = book.member()
    damaged(book.org_id, person_id_of(member.person), "scopes")

    for answer in (
        change(book.owner, book, member, type="teacher"),
        book.owner.get(f"{book.path}/members/{member.member_id}"),
    ):
        assert (answer.status, answer.code) == (500, "broken_record")


def test_details_show_what_the_list_shows_and_are_logged(city: TestCity, book: Book) -> None:
    member = book.member("travel")

    answer = book.owner.get(f"{book.path}/members/{member.member_id}")

    assert (answer.status, answer.json) == (200, book.members()[0])
    city.deliver()
    entries = member.client.get("/v1/me/access-log").json["items"]
    assert {one["why"] for one in entries} == {"details", "members"}
