"""Taking back what was shared: as easy as sharing it, and gone at once (R1.4, T-40, T-41)."""

import json
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.groups.consents import receipt
from chalicelib.groups.tables import MembershipsTable
from chalicelib.people.tables.privacy import ReceiptRow
from tests.support.books import (
    ALL_SCOPES,
    Book,
    assert_whole,
    at_once,
    known,
    membership_key,
    organization_key,
    receipts,
    statuses,
)
from tests.support.canaries import dump_tables
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api


def memberships_dump() -> str:
    """Every raw item of the memberships table."""
    answer = store.connection().dispatch("Scan", {"TableName": MembershipsTable.physical_name()})
    return json.dumps(answer["Items"])


def test_a_member_leaves(city: TestCity, book: Book) -> None:
    member, other = book.member("travel"), Book.opened(city, book.owner)
    city.join(member.client, other.code)

    answer = member.client.delete(book.own_path)

    assert (answer.status, answer.text) == (204, "")
    assert [item["org_id"] for item in member.client.get("/v1/me/memberships").json["items"]] == [other.org_id]
    assert [(one.action, one.scopes) for one in receipts(book.org_id, member.person)] == [
        ("given", ["travel"]),
        ("left", []),
    ]
    assert_whole(member.person, [book.org_id, other.org_id], member_of=[other.org_id])


def test_who_is_no_member_cannot_leave(city: TestCity, book: Book, owner: Client) -> None:
    member = book.member()
    assert member.client.delete(book.own_path).status == 204

    again = member.client.delete(book.own_path)

    assert (again.status, again.code) == (404, "membership_not_found")
    assert owner.delete(book.own_path).code == "membership_not_found"
    assert owner.delete("/v1/me/memberships/01aaaaaaaaaaaaaaaaaaaaaaaa").code == "membership_not_found"
    assert owner.delete("/v1/me/memberships/a.b").code == "route_not_found"
    assert city.api.delete(book.own_path).code == "session_required"


def test_leaving_twice_at_once_is_leaving_once(book: Book) -> None:
    member = book.member("travel")

    answers = at_once(5, lambda _: member.client.delete(book.own_path))

    assert statuses(answers).count(204) == 1
    assert set(statuses(answers)) <= {204, 404, 503}
    assert [one.action for one in receipts(book.org_id, member.person)] == ["given", "left"]
    assert_whole(member.person, [book.org_id], member_of=[])


def test_withdrawing_asks_for_no_more_than_joining_did(book: Book) -> None:
    """One request without a body, on the same session, also when the last SMS code is long ago."""
    member = book.member(*ALL_SCOPES)
    with clock.frozen(clock.now()) as frozen:
        frozen.tick(20 * 24 * 3600)
        assert book.owner.delete(book.path).code == "step_up_required"

        narrowed = member.client.put(f"{book.own_path}/consent", {"scopes": []})
        answer = member.client.delete(book.own_path)

    assert narrowed.status == 200
    assert (answer.status, answer.text) == (204, "")


def test_withdrawing_works_when_the_code_is_over_and_the_page_still_offers_it(city: TestCity, book: Book) -> None:
    code = city.invite(book.owner, book.org_id, max_uses=1)
    client = anybody(city)
    city.join(client, code)

    page = city.api.get(f"/c/{code}")

    assert page.status == 409
    assert book.org_id in page.text
    assert client.delete(book.own_path).status == 204


def test_nothing_reads_a_member_who_left(city: TestCity, book: Book) -> None:
    member, stays = book.member(*ALL_SCOPES, person=known(city)), book.member()
    book.page()
    city.deliver()

    assert member.client.delete(book.own_path).status == 204

    assert stored(membership_key(book.org_id, member.person)) is None
    assert [item["member_id"] for item in book.members()] == [stays.member_id]
    assert book.page("?attention=true")["items"] == []
    assert book.owner.delete(f"{book.path}/members/{member.member_id}").code == "member_not_found"
    assert member.client.get("/v1/me/memberships").json["items"] == []
    assert member.member_id not in memberships_dump()
    city.fact(member.person, "nucleic_acid", "positive", "2022-05-05T10:00:00+08:00")
    city.deliver()
    assert stored(membership_key(book.org_id, member.person)) is None
    assert_whole(member.person, [book.org_id], member_of=[])


# --- erasing oneself -----------------------------------------------------------------------------------------------------


def test_erasing_oneself_leaves_nothing_of_a_membership(city: TestCity, book: Book) -> None:
    member = book.member(*ALL_SCOPES, person=known(city))
    book.page()
    city.deliver()
    assert member.member_id.encode() in dump_tables()

    assert member.client.delete("/v1/me").status == 204

    assert book.members() == []
    assert stored(membership_key(book.org_id, member.person)) is None
    assert receipts(book.org_id, member.person)[-1].action == "erased"
    city.deliver()
    assert member.member_id.encode() not in dump_tables()
    assert_whole(member.person, [book.org_id], member_of=[])


def test_who_owns_a_book_deletes_it_first(city: TestCity) -> None:
    book = Book.opened(city, name="Fourth School")

    held = book.owner.delete("/v1/me")

    assert (held.status, held.code) == (409, "owns_organizations")
    assert book.org_id in held.text
    assert book.delete().status == 204
    assert book.owner.delete("/v1/me").status == 204


def test_who_is_removed_while_erasing_themself_is_counted_out_once(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Book.opened(city, book.owner)
    member = book.member("travel")
    city.join(member.client, other.code)
    todo = [f"{one.path}/members/{membership_key(one.org_id, member.person).range_value}" for one in (book, other)]

    def remove_first(*args: Any) -> ReceiptRow:
        while todo:
            assert book.owner.delete(todo.pop()).status == 204
        return receipt(*args)

    monkeypatch.setattr("chalicelib.groups.service.endings.receipt", remove_first)

    assert member.client.delete("/v1/me").status == 204

    assert receipts(book.org_id, member.person)[-1].action == "removed"
    assert_whole(member.person, [book.org_id, other.org_id], member_of=[])


def test_damaged_rows_keep_nobody_from_being_erased(city: TestCity, book: Book) -> None:
    others = [Book.opened(city, book.owner) for _ in range(3)]
    member = book.member("travel")
    for other in others:
        city.join(member.client, other.code)
    spoil(membership_key(book.org_id, member.person), "scopes")
    spoil(organization_key(others[0].org_id), "name")
    store.delete(membership_key(others[1].org_id, member.person))

    assert member.client.delete("/v1/me").status == 204

    orgs = [one.org_id for one in (book, *others)]
    assert all(stored(membership_key(org_id, member.person)) is None for org_id in orgs)
    assert [receipts(org_id, member.person)[-1].action for org_id in orgs] == ["erased", "given", "erased", "erased"]
