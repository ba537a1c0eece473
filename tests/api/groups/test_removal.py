"""Several members are removed in one request, each by itself, with a report (R1.3)."""

from typing import Any

import pytest

from chalicelib.groups.service import members
from chalicelib.groups.service.endings import commit_as_it_is
from tests.api.groups.steps import damaged
from tests.support.books import Book, assert_whole, person_id_of, receipts
from tests.support.client import Answer, Client
from tests.support.seam import Seam, aws_error, seam

pytestmark = pytest.mark.api


def remove(client: Client, book: Book, *member_ids: Any) -> Answer:
    return client.post(f"{book.path}/members/removal", {"member_ids": list(member_ids)})


def test_each_is_removed_or_reported(book: Book) -> None:
    mine = book.department("Mine")
    head, inside, outside, broken = book.admin(mine), book.member_in(mine), book.member(), book.member_in(mine)
    damaged(book.org_id, person_id_of(broken.person), "scopes")

    ids = [inside.member_id, outside.member_id, "nobody", broken.member_id, inside.member_id]
    answer = remove(head.client, book, *ids)

    assert answer.status == 200
    assert answer.json["removed"] == 1
    assert {one["member_id"]: one["result"] for one in answer.json["items"]} == {
        inside.member_id: "removed",
        outside.member_id: "not_found",
        "nobody": "not_found",
        broken.member_id: "unreadable",
    }
    assert [one.action for one in receipts(book.org_id, inside.person)][-1] == "removed"
    assert_whole(inside.person, [book.org_id], member_of=[])
    again = remove(head.client, book, inside.member_id)
    assert again.json == {"items": [{"member_id": inside.member_id, "result": "not_found"}], "removed": 0}


def test_administrators_who_are_not_below_stay(book: Book) -> None:
    chief, other, member = book.admin(None), book.admin(None), book.member()

    answer = remove(chief.client, book, other.member_id, member.member_id)

    assert [one["result"] for one in answer.json["items"]] == ["refused", "removed"]
    assert remove(book.owner, book, other.member_id).json["removed"] == 1


@pytest.mark.parametrize(("to", "result"), [("below", "removed"), ("beside", "not_found"), ("top", "not_found")])
def test_who_is_moved_while_an_administrator_removes_them_goes_from_their_part_only(
    book: Book, monkeypatch: pytest.MonkeyPatch, to: str, result: str
) -> None:
    mine = book.department("Mine")
    places = {"below": book.department("Below", mine), "beside": book.department("Beside"), "top": None}
    head, member = book.admin(mine), book.member_in(mine)

    def late(*given: Any) -> None:
        moved = book.owner.patch(
            f"{book.path}/members/{member.member_id}", {"department_id": places[to], "label": "S-1"}
        )
        assert moved.status == 200, moved.text
        commit_as_it_is(*given)

    monkeypatch.setattr(members, "commit_as_it_is", late)

    assert remove(head.client, book, member.member_id).json["items"][0]["result"] == result
    assert_whole(member.person, [book.org_id], member_of=[] if result == "removed" else [book.org_id])


@pytest.mark.parametrize("member_ids", [[], ["x"] * 101, [None], ["x" * 65], "x"])
def test_wrong_lists_remove_nobody(book: Book, member_ids: Any) -> None:
    answer = book.owner.post(f"{book.path}/members/removal", {"member_ids": member_ids})
    assert (answer.status, answer.code) == (422, "validation_failed")


def test_a_removal_that_stops_half_way_is_repeated(book: Book) -> None:
    members = [book.member() for _ in range(3)]
    ids = [member.member_id for member in members]
    with seam() as calls:
        fail_third_transaction(calls)
        assert remove(book.owner, book, *ids).status == 503

    assert remove(book.owner, book, *ids).json["removed"] in {1, 2}
    for member in members:
        assert_whole(member.person, [book.org_id], member_of=[])


def fail_third_transaction(calls: Seam) -> None:
    calls.before["TransactWriteItems"] = [None, None, aws_error("ThrottlingException")]
