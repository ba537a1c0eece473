"""Deleting a book: nothing of it can be read after the answer, and the sweep leaves nothing of it (R1.4)."""

from typing import Any

import pytest

from chalicelib.core import clock, files, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.groups.effects import sweeps
from chalicelib.groups.tables import MembershipRow, MembershipsTable, OrganizationsTable
from chalicelib.people.tables.people import MembershipPointer
from tests.api.groups.steps import assert_swept, damaged
from tests.support.books import ANY_INVITATION, Book, assert_whole, at_once, fill, person_key, receipts, statuses
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody, enrolled
from tests.support.events import Events
from tests.support.rows import items_of, put_raw, stored
from tests.support.seam import Seam, aws_error

pytestmark = [pytest.mark.api, pytest.mark.slow]


def test_nothing_of_a_book_is_read_after_the_answer(city: TestCity, book: Book) -> None:
    member = book.member("travel")
    guest = anybody(city)
    cursor = book.page("?limit=1")["cursor"] or ""

    answer = book.delete()

    assert (answer.status, answer.text) == (204, "")
    for _ in ("before the sweep", "after it"):
        refused = [
            (book.owner.get(book.path), "organization_not_found"),
            (book.owner.get(f"{book.path}/members"), "organization_not_found"),
            (book.owner.get(f"{book.path}/members?cursor={cursor}"), "organization_not_found"),
            (book.owner.post(f"{book.path}/invitations", ANY_INVITATION), "organization_not_found"),
            (book.owner.delete(f"{book.path}/members/{member.member_id}"), "organization_not_found"),
            (book.delete(), "organization_not_found"),
            (city.api.get(f"/v1/invitations/{book.code}"), "invitation_not_found"),
            (guest.post(f"/v1/invitations/{book.code}/join", {"scopes": []}), "invitation_not_found"),
            (member.client.post(f"/v1/invitations/{book.code}/join", {"scopes": []}), "invitation_not_found"),
            (member.client.put(f"{book.own_path}/consent", {"scopes": []}), "membership_not_found"),
            (member.client.delete(book.own_path), "membership_not_found"),
        ]
        assert [(one.status, one.code) for one, _ in refused] == [(404, code) for _, code in refused]
        assert book.org_id not in book.owner.get("/v1/organizations").text
        assert member.client.get("/v1/me/memberships").json == {"items": [], "unreadable": 0}
        page = city.api.get(f"/c/{book.code}")
        assert page.status == 404
        assert "Third School" not in page.text
        city.deliver()
    assert [one.action for one in receipts(book.org_id, member.person)] == ["given", "book_deleted"]
    assert_whole(member.person, [book.org_id], member_of=[])


@pytest.mark.parametrize("operation", ["ListObjectsV2", "DeleteObjects"])
def test_a_file_store_that_does_not_answer_is_left_to_the_sweep(
    book: Book, faults: Seam, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    events = Events(monkeypatch)
    files.put(f"{book.org_id}/one", b"content", "text/csv")
    faults.fail(operation, aws_error("SlowDown"))

    assert book.delete().status == 204

    assert [event["org_id"] for event in events.of("files.left")] == [book.org_id]
    assert book.owner.get(book.path).code == "organization_not_found"
    book.city.deliver()
    assert files.remove_all(f"{book.org_id}/") == 0


def test_only_the_owner_deletes_and_proves_the_phone_anew(city: TestCity, book: Book) -> None:
    callers = city.api, city.log_in(city.stranger()), anybody(city), book.member().client
    with clock.frozen(clock.now()) as frozen:
        answers = [caller.delete(book.path) for caller in callers]
        frozen.tick(16 * 60)
        stale = book.delete()

    assert [(answer.status, answer.code) for answer in answers] == [
        (401, "session_required"),
        (403, "identity_required"),
        (403, "not_the_owner"),
        (403, "not_the_owner"),
    ]
    assert (stale.status, stale.code) == (401, "step_up_required")
    assert book.owner.get(book.path).status == 200


def test_deleting_is_three_calls_whatever_the_size(book: Book, faults: Seam) -> None:
    fill(book.org_id, 60)
    files.bucket()  # its name is asked for once a process
    start = len(faults.calls)

    assert book.delete().status == 204

    assert faults.operations[start:] == ["BatchGetItem", "TransactWriteItems", "ListObjectsV2"]


def test_deleting_twice_at_once_is_deleting_once(city: TestCity, owner: Client) -> None:
    person = city.stranger()
    own = Book.opened(city, enrolled(city, person)[0])

    answers = at_once(4, lambda _: own.delete())

    assert statuses(answers).count(204) == 1
    assert set(statuses(answers)) <= {204, 404, 503}
    assert (stored(person_key(person)) or {})["books"] == {"N": "0"}
    assert own.owner.get("/v1/organizations").json["items"] == []
    assert owner.get("/v1/organizations").status == 200


def test_the_sweep_takes_a_book_apart(city: TestCity, book: Book) -> None:
    person_ids = fill(book.org_id, 45, ["travel"])
    city.invite(book.owner, book.org_id, max_uses=3)

    assert book.delete().status == 204
    city.deliver()

    assert_swept(book.org_id, person_ids)


@pytest.mark.parametrize("members", [0, 1, 5, 6, 7, 13])
def test_a_large_book_is_swept_entry_by_entry(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch, members: int
) -> None:
    monkeypatch.setattr(sweeps, "MEMBERS_A_TRANSACTION", 2)
    monkeypatch.setattr(sweeps, "MEMBERS_AN_ENTRY", 6)
    person_ids = fill(book.org_id, members)

    assert book.delete().status == 204
    city.deliver()

    assert_swept(book.org_id, person_ids)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("name_mask", None),
        ("scopes", {"S": "x"}),
        ("enrolment", None),
        ("text_version", None),
        ("joined_at", {"S": "x"}),
    ],
)
def test_members_who_cannot_be_read_are_swept_like_all_others(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch, attribute: str, value: Any
) -> None:
    """A whole transaction's worth of damaged rows lies in front of, between and behind the others."""
    monkeypatch.setattr(sweeps, "MEMBERS_A_TRANSACTION", 3)
    person_ids = fill(book.org_id, 12)
    in_order = sorted(person_ids, key=lambda one: pairwise_id(book.org_id, one))
    for person_id in [*in_order[:4], in_order[6], in_order[-1]]:
        damaged(book.org_id, person_id, attribute, value)

    assert book.delete().status == 204
    city.deliver()

    assert_swept(book.org_id, person_ids)


def test_a_member_of_whom_nothing_can_be_read_goes_all_the_same(city: TestCity, book: Book) -> None:
    nameless, doubled, sound = fill(book.org_id, 3)
    damaged(book.org_id, nameless, "person_id")
    damaged(book.org_id, doubled, "name_mask")
    put_raw(MembershipPointer.of(doubled, book.org_id), {"member_id": {"N": "1"}})

    assert book.delete().status == 204
    city.deliver()

    assert items_of(MembershipsTable, book.org_id) == []
    assert items_of(OrganizationsTable, book.org_id) == []
    assert stored(MembershipPointer.of(sound, book.org_id)) is None


# --- at the same moment ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_member_who_leaves_under_the_sweep_is_ended_once(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their request was let in before the book was deleted, and is carried out between the sweep's read and write."""
    person_ids = fill(book.org_id, 4)
    leaving = book.member()
    real = sweeps._end_memberships  # noqa: SLF001  what comes in between is put into the middle of it

    def after_somebody_left(organization: Any, members: list[MembershipRow]) -> None:
        _leave(leaving.member_id, organization)
        real(organization, members)

    monkeypatch.setattr(sweeps, "_end_memberships", after_somebody_left)

    assert book.delete().status == 204
    city.deliver()

    assert_swept(book.org_id, person_ids)
    assert [one.action for one in receipts(book.org_id, leaving.person)] == ["given", "left"]
    assert_whole(leaving.person, [book.org_id], member_of=[])


def _leave(member_id: str, organization: Any) -> None:
    from chalicelib.core.store import Transaction
    from chalicelib.groups.consents import Action, receipt
    from chalicelib.groups.service.endings import end_membership

    key = MembershipRow.of(organization.org_id, member_id)
    if (membership := store.read_together([key]).get(key)) is not None:
        transaction = Transaction()
        end_membership(transaction, membership)
        transaction.put(receipt(membership, organization, Action.LEFT)).commit()


def test_members_leave_while_the_owner_deletes(city: TestCity, book: Book) -> None:
    members = [book.member() for _ in range(4)]

    answers = at_once(
        5, lambda number: book.delete() if number == 2 else members[number % 4].client.delete(book.own_path)
    )
    city.deliver()

    assert answers[2].status == 204
    assert set(statuses(answers)) <= {204, 404, 503}
    for member in members:
        assert len(receipts(book.org_id, member.person)) == 2
        assert_whole(member.person, [book.org_id], member_of=[])


def test_a_name_is_free_again(city: TestCity, book: Book) -> None:
    assert book.delete().status == 204

    assert city.book(book.owner, "Third School") != book.org_id
