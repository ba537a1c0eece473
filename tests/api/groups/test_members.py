"""What an owner does with the members: look at them, and remove who does not belong (R1.3)."""

from typing import Any

import pytest

from chalicelib.core.crypto import pairwise_id
from chalicelib.core.store import Transaction
from chalicelib.groups.service.endings import end_membership
from chalicelib.groups.tables import MembershipRow
from tests.support.books import Book, assert_whole, at_once, fill, membership_row, receipts, statuses
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody
from tests.support.events import Events
from tests.support.rows import spoil

pytestmark = pytest.mark.api

CLEAR = {"kind": "travel_check", "result": "clear", "occurred_at": "2022-04-05T02:00:00Z"}


def test_a_member_is_listed_masked_and_by_scope(city: TestCity, book: Book) -> None:
    person = city.stranger()
    city.fact(person, "nucleic_acid", "negative", "2022-04-05T10:00:00+08:00")
    city.fact(person, "vaccination", "2", "2021-09-01T10:00:00+08:00")
    member = book.member("nucleic_acid", person=person)

    answer = book.owner.get(f"{book.path}/members")

    assert answer.status == 200
    assert (answer.json["cursor"], answer.json["unreadable"]) == (None, 0)
    (item,) = answer.json["items"]
    assert item == {
        "member_id": member.member_id,
        "name": item["name"],
        "document": f"{person.number[:2]}**************{person.number[-2:]}",
        "department_id": None,
        "label": None,
        "type": "member",
        "scopes": ["nucleic_acid"],
        "status": None,
        "nucleic_acid": {"result": "negative", "occurred_at": "2022-04-05T02:00:00Z"},
        "vaccination": None,
        "travel": None,
        "attention": None,
        "overdue": [],
        "joined_at": item["joined_at"],
    }
    assert item["name"][0] == person.name[0]
    assert not set(item["name"][1:]) & set(person.name)


def test_a_list_holds_no_id_of_the_city(book: Book) -> None:
    member = book.member()
    row = membership_row(book.org_id, member.person)
    assert row is not None

    assert row.person_id not in str(book.page())


def test_who_may_look_and_remove(city: TestCity, book: Book) -> None:
    member = book.member()
    for method, path in [("GET", f"{book.path}/members"), ("DELETE", f"{book.path}/members/{member.member_id}")]:
        callers = city.api, city.log_in(city.stranger()), anybody(city), member.client
        answers = [caller(method, path) for caller in callers]
        assert [(answer.status, answer.code) for answer in answers] == [
            (401, "session_required"),
            (403, "identity_required"),
            (403, "not_a_manager"),
            (403, "not_a_manager"),
        ]
    assert len(book.members()) == 1


def test_a_book_that_is_not_there_has_no_members(owner: Client) -> None:
    path = "/v1/organizations/01aaaaaaaaaaaaaaaaaaaaaaaa/members"

    assert owner.get(path).code == "organization_not_found"
    assert owner.delete(f"{path}/x").code == "organization_not_found"


# --- paging --------------------------------------------------------------------------------------------------------------


def pages(book: Book, limit: int | None, more: str = "") -> list[dict[str, Any]]:
    """Every page of the list."""
    query = more + ("" if limit is None else f"&limit={limit}")
    found = [book.page(f"?{query}")]
    while found[-1]["cursor"]:
        found.append(book.page(f"?{query}&cursor={found[-1]['cursor']}"))
    return found


@pytest.mark.parametrize(
    ("count", "limit", "sizes"),
    [(105, None, [50, 50, 5]), (105, 100, [100, 5]), (105, 35, [35, 35, 35]), (3, 1, [1, 1, 1]), (0, 1, [])],
)
def test_pages_are_full_and_hold_everybody_once(
    owner: Client, city: TestCity, count: int, limit: int | None, sizes: list[int]
) -> None:
    book = Book.opened(city, owner)
    fill(book.org_id, count)

    found = pages(book, limit)

    assert [len(page["items"]) for page in found if page["items"]] == sizes
    assert all(page["items"] for page in found[:-1])
    ids = [item["member_id"] for page in found for item in page["items"]]
    assert len(set(ids)) == len(ids) == count


def test_who_joins_or_leaves_between_two_pages_disturbs_nobody_else(book: Book) -> None:
    members = [book.member() for _ in range(4)]
    first = book.page("?limit=2")
    shown = {item["member_id"] for item in first["items"]}
    leaving = next(member for member in members if member.member_id in shown)
    assert leaving.client.delete(book.own_path).status == 204

    second = book.page(f"?limit=2&cursor={first['cursor']}")

    assert {item["member_id"] for item in second["items"]} == {one.member_id for one in members} - shown


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1000000000", "ten", "1.5", "", "1e1", "٣", "0x10"])
def test_a_limit_is_from_one_to_a_hundred(book: Book, limit: str) -> None:
    answer = book.owner.get(f"{book.path}/members?limit={limit}")

    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["field"] for error in answer.json["errors"]] == ["limit"]


@pytest.mark.parametrize("query", ["limit=1&offset=5", "sort=name", "attention=perhaps", f"cursor={'x' * 1025}"])
def test_other_parameters_are_refused(book: Book, query: str) -> None:
    assert book.owner.get(f"{book.path}/members?{query}").code == "validation_failed"


def test_only_this_lists_own_cursors_are_taken(city: TestCity, book: Book) -> None:
    fill(book.org_id, 3)
    other = Book.opened(city, book.owner)
    fill(other.org_id, 2)
    cursor = book.page("?limit=1")["cursor"]
    foreign = other.page("?limit=1")["cursor"]

    refused = [
        f"cursor={foreign}",
        f"attention=true&cursor={cursor}",
        f"cursor={cursor[:-1]}",
        f"cursor={cursor}AA",
        f"cursor={cursor[::-1]}",
        "cursor=x",
        "cursor=%00",
        "cursor=AAAA",
        "cursor=" + "A" * 64,
        f"cursor={book.owner.token}",
        *(
            f"cursor={cursor[:place]}{'B' if cursor[place] != 'B' else 'C'}{cursor[place + 1 :]}"
            for place in range(0, 60, 7)
        ),
    ]

    for query in refused:
        answer = book.owner.get(f"{book.path}/members?{query}")
        assert (answer.status, answer.code) == (422, "invalid_cursor"), query
        assert [error["field"] for error in answer.json["errors"]] == ["cursor"]
    assert book.owner.get(f"{book.path}/members?limit=1&cursor={cursor}").status == 200


def test_a_cursor_tells_nothing(book: Book) -> None:
    (person_id, *_) = fill(book.org_id, 3)

    cursor = book.page("?limit=1")["cursor"]

    assert book.org_id not in cursor
    assert person_id not in cursor


def test_nobody_needs_attention_yet(book: Book) -> None:
    book.member("health_code")

    assert book.page("?attention=true") == {"items": [], "cursor": None, "unreadable": 0}
    assert len(book.page("?attention=false")["items"]) == 1


@pytest.mark.parametrize("department_id", ["", "d1", "x" * 64])
def test_an_unknown_department_has_no_list(book: Book, department_id: str) -> None:
    answer = book.owner.get(f"{book.path}/members?department_id={department_id}")

    assert (answer.status, answer.code) == (422, "unknown_department")


# --- rows that nothing in the service would write ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("person_id", None),
        ("enrolment", None),
        ("name_mask", None),
        ("document_mask", {"N": "7"}),
        ("scopes", None),
        ("scopes", {"S": "travel"}),
        ("scopes", {"L": [{"N": "1"}]}),
        ("scopes", {"L": [{"NULL": True}]}),
        ("joined_at", {"S": "long ago"}),
        ("enrolment", {"S": "first"}),
        ("type", {"NULL": True}),
        ("travel", {"S": "{"}),
        ("travel", {"S": "[1]"}),
        ("travel", {"S": '"clear"'}),
        ("travel", {"S": "{}"}),
        ("travel", {"S": '{"occurred_at": 7}'}),
        ("travel", {"S": '{"occurred_at": "2022-04-05T02:00:00"}'}),
        ("travel", {"M": {}}),
    ],
)
def test_a_list_goes_on_over_a_damaged_member(book: Book, events: Events, attribute: str, value: Any) -> None:
    damaged, *_ = fill(book.org_id, 3, ["travel"], travel=CLEAR)
    member_id = pairwise_id(book.org_id, damaged)
    spoil(MembershipRow.of(book.org_id, member_id), attribute, value)

    page = book.page()

    assert len(page["items"]) == 2
    assert member_id not in str(page)
    assert page["unreadable"] == 1
    assert [(line["table"], line["count"]) for line in events.of("row.broken")] == [("memberships", 1)]


def test_pages_go_on_behind_a_page_of_damaged_members(book: Book) -> None:
    for person_id in fill(book.org_id, 4):
        spoil(MembershipRow.of(book.org_id, pairwise_id(book.org_id, person_id)), "name_mask")
    sound = book.member()

    found = pages(book, 1)

    assert sum(page["unreadable"] for page in found) == 4
    assert [item["member_id"] for page in found for item in page["items"]] == [sound.member_id]


# --- removing ------------------------------------------------------------------------------------------------------------


def test_an_owner_removes_a_member_and_everything_they_shared(city: TestCity, book: Book) -> None:
    member, stays = book.member("travel"), book.member()

    answer = book.owner.delete(f"{book.path}/members/{member.member_id}")

    assert (answer.status, answer.text) == (204, "")
    assert [item["member_id"] for item in book.members()] == [stays.member_id]
    assert member.client.get("/v1/me/memberships").json["items"] == []
    assert member.client.put(f"{book.own_path}/consent", {"scopes": []}).code == "membership_not_found"
    assert [(one.action, one.scopes) for one in receipts(book.org_id, member.person)] == [
        ("given", ["travel"]),
        ("removed", []),
    ]
    assert_whole(member.person, [book.org_id], member_of=[])
    city.deliver()
    assert_whole(member.person, [book.org_id], member_of=[])


def test_a_member_is_removed_once(city: TestCity, book: Book) -> None:
    member, foreign = book.member(), Book.opened(city, book.owner).member()

    path = f"{book.path}/members"
    assert book.owner.delete(f"{path}/{member.member_id}").status == 204
    assert book.owner.delete(f"{path}/{member.member_id}").code == "member_not_found"
    assert book.owner.delete(f"{path}/{foreign.member_id}").code == "member_not_found"
    assert book.owner.delete(f"{path}/{'x' * 64}").code == "member_not_found"
    assert book.owner.delete(f"{path}/{'x' * 65}").code == "route_not_found"


def test_who_leaves_under_the_removal_was_not_removed(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    member = book.member("travel")

    def leave_first(transaction: Transaction, membership: MembershipRow, *, with_role: bool, below: str) -> None:
        assert member.client.delete(book.own_path).status == 204
        end_membership(transaction, membership, with_role=with_role, below=below)

    monkeypatch.setattr("chalicelib.groups.service.members.end_membership", leave_first)

    answer = book.owner.delete(f"{book.path}/members/{member.member_id}")

    assert (answer.status, answer.code) == (404, "member_not_found")
    assert [one.action for one in receipts(book.org_id, member.person)] == ["given", "left"]
    assert_whole(member.person, [book.org_id], member_of=[])


def test_removing_races_with_leaving(book: Book) -> None:
    member = book.member("travel")

    answers = at_once(
        6,
        lambda number: (
            book.owner.delete(f"{book.path}/members/{member.member_id}")
            if number % 2
            else member.client.delete(book.own_path)
        ),
    )

    assert statuses(answers).count(204) == 1
    assert set(statuses(answers)) <= {204, 404, 503}
    assert_whole(member.person, [book.org_id], member_of=[])
    assert len(receipts(book.org_id, member.person)) == 2
