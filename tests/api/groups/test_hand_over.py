"""Handing a book over: offered, taken over or declined; one owner at any moment (B16)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.groups.service.succession import OFFER_LASTS
from chalicelib.groups.tables import OrganizationRow
from chalicelib.people.tables.people import OwnershipPointer
from infra.restore import ledger_since
from tests.api.groups.conftest import Policy
from tests.support.books import (
    Book,
    Member,
    at_once,
    membership_key,
    organization_key,
    person_id_of,
    person_key,
    role_put,
    statuses,
)
from tests.support.city import TestCity
from tests.support.client import Answer
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.rows import spoil, spoiled, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.api

NOWHERE = "/v1/organizations/01aaaaaaaaaaaaaaaaaaaaaaaa/owner"


@dataclass(frozen=True)
class Scene:
    """A book, who owns it, and a member who may own it next."""

    book: Book
    person: TestPerson
    heir: Member

    @property
    def path(self) -> str:
        return f"{self.book.path}/owner"

    def offer(self) -> Answer:
        return self.book.owner.post(self.path, {"successor": self.heir.member_id})

    def accept(self) -> Answer:
        return self.heir.client.put(self.path)

    def offered(self) -> "Scene":
        assert self.offer().status == 200
        return self

    @property
    def offer_shown(self) -> Any:
        return self.book.owner.get(self.book.path).json["offer"]

    @property
    def offered_until(self) -> Any:
        (item,) = self.heir.client.get("/v1/me/memberships").json["items"]
        return item["offered_until"]

    def owner_is(self) -> TestPerson:
        """The owner, once it is seen that book, pointers and counts agree on them."""
        (owner,) = [one for one in (self.person, self.heir.person) if owns(one, self.book.org_id)]
        row = stored(organization_key(self.book.org_id)) or {}
        assert row["owner_id"]["S"] == person_id_of(owner)
        for one in (self.person, self.heir.person):
            assert (stored(person_key(one)) or {})["books"] == {"N": str(int(one is owner))}
        return owner


def owns(person: TestPerson, org_id: str) -> bool:
    return stored(OwnershipPointer.of(person_id_of(person), org_id)) is not None


@pytest.fixture
def begin(city: TestCity) -> Callable[[], Scene]:
    """Makes a scene; everybody in it is new."""

    def scene() -> Scene:
        person = city.stranger()
        book = Book.opened(city, enrolled(city, person)[0])
        return Scene(book, person, book.member("travel"))

    return scene


@pytest.fixture
def scene(begin: Callable[[], Scene]) -> Scene:
    return begin()


def test_an_owner_offers_and_a_member_takes_over(scene: Scene) -> None:
    with clock.frozen(clock.now()):
        offered = scene.offer()
        until = clock.iso(clock.now() + OFFER_LASTS)

    assert offered.status == 200
    assert offered.json["offer"]["successor"] == scene.heir.member_id
    assert offered.json["offer"]["ends_at"][:19] == scene.offered_until[:19] == until[:19]
    assert offered.json == scene.book.owner.get(scene.book.path).json
    assert scene.owner_is() is scene.person

    taken = scene.accept()

    assert (taken.status, taken.json["offer"]) == (200, None)
    assert scene.owner_is() is scene.heir.person
    assert scene.offered_until is None
    assert [one["org_id"] for one in scene.heir.client.get("/v1/organizations").json["items"]] == [scene.book.org_id]
    assert scene.heir.client.get(f"{scene.book.path}/members").status == 200
    row = stored(organization_key(scene.book.org_id)) or {}
    assert row["owner_term"] == {"N": "1"}


def test_the_old_owners_rights_end_with_the_answer(scene: Scene) -> None:
    scene.offered().accept()
    old, path = scene.book.owner, scene.book.path

    refused = [
        old.get(path),
        old.delete(path),
        old.get(f"{path}/members"),
        old.delete(f"{path}/members/{scene.heir.member_id}"),
        old.post(f"{path}/invitations", {}),
        old.post(f"{path}/owner", {"successor": scene.heir.member_id}),
    ]

    assert {(one.status, one.code) for one in refused} == {(403, "not_the_owner"), (403, "not_a_manager")}
    assert (old.put(scene.path).status, old.delete(scene.path).status) == (403, 403)
    assert old.get("/v1/organizations").json["items"] == []
    assert old.delete("/v1/me").status == 204


def test_the_new_owner_is_held_by_the_book_and_can_hand_it_back(scene: Scene) -> None:
    back = scene.book.city.join(scene.book.owner, scene.book.code)
    scene.offered().accept()

    assert scene.heir.client.delete("/v1/me").code == "owns_organizations"
    assert scene.heir.client.post(scene.path, {"successor": back}).status == 200
    assert scene.book.owner.put(scene.path).status == 200
    assert scene.owner_is() is scene.person
    assert (stored(organization_key(scene.book.org_id)) or {})["owner_term"] == {"N": "2"}
    assert scene.heir.client.delete("/v1/me").status == 204


def test_codes_that_the_old_owner_made_let_nobody_in(city: TestCity, scene: Scene) -> None:
    scene.offered().accept()

    assert city.api.get(f"/v1/invitations/{scene.book.code}").code == "invitation_revoked"
    assert anybody(city).post(f"/v1/invitations/{scene.book.code}/join", {"scopes": []}).code == "invitation_revoked"
    again = city.invite(scene.heir.client, scene.book.org_id)
    assert city.join(anybody(city), again)


def test_an_administrator_who_becomes_the_owner_is_none_any_more(scene: Scene) -> None:
    role = {"member_id": scene.heir.member_id, "department_id": None}
    assert scene.book.owner.post(f"{scene.book.path}/admins", role).status == 201
    assert scene.offer().status == 200
    assert scene.heir.client.get(scene.book.path).json["offer"] is None

    assert scene.accept().json["role"] == "owner"

    assert scene.heir.client.get(f"{scene.book.path}/admins").json["items"] == []
    assert scene.heir.client.get(scene.book.path).json["role"] == "owner"


def test_a_role_of_the_old_owner_ends_with_their_ownership(scene: Scene) -> None:
    """As it may have been stored before naming the owner was refused."""
    scene.book.city.join(scene.book.owner, scene.book.code)
    friend, role = scene.book.admin(None), role_put(scene.book.org_id, scene.person)

    scene.offered().accept()

    assert stored(role) is None
    assert scene.book.owner.get(f"{scene.book.path}/members").code == "not_a_manager"
    assert friend.client.get(f"{scene.book.path}/members").status == 200


def test_the_old_owner_names_no_administrator_any_more(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their request was let in before the hand-over, and writes after."""
    from chalicelib.groups.service.admins import Admins

    friend, real = scene.book.member(), Admins.name_admin

    def late(self: Admins, owner: Any, member_id: str, department_id: str | None) -> Any:
        monkeypatch.setattr(Admins, "name_admin", real)
        assert scene.offered().accept().status == 200
        return real(self, owner, member_id, department_id)

    monkeypatch.setattr(Admins, "name_admin", late)
    role = {"member_id": friend.member_id, "department_id": None}

    assert scene.book.owner.post(f"{scene.book.path}/admins", role).code == "owner_changed"
    assert friend.client.get(scene.book.path).code == "not_a_manager"


def test_an_owner_who_leaves_as_a_member_stays_the_owner(scene: Scene) -> None:
    scene.offered().accept()

    assert scene.heir.client.delete(scene.book.own_path).status == 204

    assert scene.heir.client.get(scene.book.path).status == 200
    assert scene.owner_is() is scene.heir.person


def test_both_read_of_it_in_their_access_logs(city: TestCity, scene: Scene) -> None:
    scene.offered().accept()
    city.deliver()

    for client in (scene.book.owner, scene.heir.client):
        (entry,) = client.get("/v1/me/access-log").json["items"]
        assert (entry["what"], entry["why"]) == (["book_owner"], "handed_over")
        assert entry["organization"] == "Third School"
        assert entry["actor"]
    (told,) = [
        one
        for one in ledger_since(clock.now()).entries
        if one.org_id == scene.book.org_id and one.kind == "BOOK_HANDED_OVER"
    ]
    assert told.term == 1
    assert [life.rsplit(".", 2)[0] for life in told.people or ()] == [
        person_id_of(scene.person),
        person_id_of(scene.heir.person),
    ]


def test_offering_needs_a_fresh_proof_and_so_does_accepting(scene: Scene) -> None:
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert scene.offer().code == "step_up_required"
    scene.offered()
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert scene.accept().code == "step_up_required"
    assert scene.owner_is() is scene.person


def test_nobody_else_offers_takes_or_ends(city: TestCity, scene: Scene) -> None:
    scene.offered()
    another, outsider = scene.book.member().client, anybody(city)

    assert another.post(scene.path, {"successor": scene.heir.member_id}).code == "not_the_owner"
    assert [one.put(scene.path).code for one in (another, outsider)] == ["not_the_successor"] * 2
    assert another.delete(scene.path).status == 204
    assert outsider.delete(scene.path).code == "not_the_successor"
    assert scene.offer_shown["successor"] == scene.heir.member_id


@pytest.mark.parametrize("successor", ["nobody", "", "x" * 65, 7, None])
def test_an_offer_goes_to_a_member(scene: Scene, successor: Any) -> None:
    answer = scene.book.owner.post(scene.path, {"successor": successor})

    assert answer.status == 422
    assert [one["field"] for one in answer.json["errors"]] == ["successor"]
    assert scene.offer_shown is None


def test_an_offer_goes_to_somebody_else(scene: Scene) -> None:
    own = scene.book.city.join(scene.book.owner, scene.book.code)
    answer = scene.book.owner.post(scene.path, {"successor": own})

    assert (answer.status, answer.code) == (422, "invalid_successor")


def test_a_book_that_is_not_there_is_not_found(scene: Scene) -> None:
    asked = (
        scene.book.owner.post(NOWHERE, {"successor": "x"}),
        scene.book.owner.put(NOWHERE),
        scene.book.owner.delete(NOWHERE),
    )

    assert [one.code for one in asked] == ["organization_not_found"] * 3


def test_an_offer_is_taken_back_and_declined(scene: Scene) -> None:
    for caller in (scene.book.owner, scene.heir.client):
        scene.offered()
        assert [caller.delete(scene.path).status for _ in range(2)] == [204, 204]
        assert (scene.offer_shown, scene.offered_until) == (None, None)
        assert scene.accept().code == "not_the_successor"
    assert scene.owner_is() is scene.person


def test_a_second_offer_ends_the_first(scene: Scene) -> None:
    other = scene.book.member()
    scene.offered()
    assert scene.book.owner.post(scene.path, {"successor": other.member_id}).status == 200

    assert scene.accept().code == "not_the_successor"
    assert scene.offered_until is None
    assert other.client.put(scene.path).status == 200


def test_an_offer_ends_by_itself(scene: Scene) -> None:
    scene.offered()
    spoil(membership_key(scene.book.org_id, scene.heir.person), "joined_at", {"S": "2020-01-01T00:00:00.000000+0000"})
    at = clock.now() - OFFER_LASTS
    made = {"S": at.strftime("%Y-%m-%dT%H:%M:%S.%f+0000")}
    spoil(organization_key(scene.book.org_id), "offered_at", made)

    with clock.frozen(at + OFFER_LASTS):
        assert (scene.offer_shown, scene.offered_until) == (None, None)
        answer = scene.accept()
    assert (answer.status, answer.code) == (410, "offer_ended")
    with clock.frozen(at + OFFER_LASTS - timedelta(seconds=1)):
        assert scene.offered_until is not None
        assert scene.accept().status == 200


def test_who_left_and_came_again_was_offered_nothing(scene: Scene) -> None:
    scene.offered()
    assert scene.book.owner.delete(f"{scene.book.path}/members/{scene.heir.member_id}").status == 204
    assert scene.accept().code == "not_the_successor"

    assert scene.book.city.join(scene.heir.client, scene.book.code) == scene.heir.member_id

    assert scene.offered_until is None
    assert scene.accept().code == "not_the_successor"
    assert scene.owner_is() is scene.person


def test_a_successor_owns_no_more_books_than_the_city_allows(scene: Scene, books_policy: Policy) -> None:
    books_policy(max_per_person=1)
    own = scene.book.city.book(scene.heir.client)
    scene.offered()

    answer = scene.accept()

    assert (answer.status, answer.code) == (409, "too_many_books")
    assert scene.offer_shown is not None
    assert scene.heir.client.delete(f"/v1/organizations/{own}").status == 204
    assert scene.accept().status == 200
    assert scene.owner_is() is scene.heir.person


def test_accepting_again_changes_nothing(scene: Scene) -> None:
    scene.offered()

    assert [scene.accept().status for _ in range(2)] == [200, 200]

    assert (stored(organization_key(scene.book.org_id)) or {})["owner_term"] == {"N": "1"}
    assert scene.owner_is() is scene.heir.person


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("name", None), ("offered_at", {"S": "soon"}), ("owner_term", {"S": "1"}), ("successor_id", {"N": "1"})],
)
def test_a_damaged_book_is_handed_to_nobody(scene: Scene, attribute: str, value: Any) -> None:
    scene.offered()
    with spoiled(organization_key(scene.book.org_id), attribute, value):
        answers = scene.accept(), scene.heir.client.delete(scene.path), scene.offer()
        assert [(one.status, one.code) for one in answers] == [(500, "broken_record")] * 3
    assert scene.owner_is() is scene.person


@pytest.mark.parametrize("attribute", ["name_mask", "verified_at", "account"])
def test_a_damaged_owner_stands_in_nobodys_way(scene: Scene, attribute: str) -> None:
    scene.offered()
    with spoiled(person_key(scene.person), attribute, {"N": "1"}):
        assert scene.accept().status == 200
    assert owns(scene.heir.person, scene.book.org_id)
    assert not owns(scene.person, scene.book.org_id)


def test_an_owner_without_a_pointer_is_counted_down_no_further(scene: Scene) -> None:
    store.delete(OwnershipPointer.of(person_id_of(scene.person), scene.book.org_id))
    spoil(person_key(scene.person), "books", {"N": "0"})

    scene.offered().accept()

    assert scene.owner_is() is scene.heir.person


def test_taking_over_is_three_calls_and_a_message_to_look_at_the_e_mails_of_who_owned_it(
    scene: Scene, faults: Seam
) -> None:
    scene.offered()
    start = len(faults.calls)

    assert scene.accept().status == 200

    assert faults.operations[start:] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems", "SendMessage"]


# --- at the same moment ----------------------------------------------------------------------------------------------------

ROUNDS = 4


def together(turn: int, first: Callable[[], Answer], second: Callable[[], Answer]) -> tuple[Answer, Answer]:
    """The answers to two requests made at once; whose thread starts first changes from turn to turn."""
    calls = (first, second) if turn % 2 else (second, first)
    answers = at_once(2, lambda number: calls[number]())
    return (answers[0], answers[1]) if turn % 2 else (answers[1], answers[0])


@pytest.mark.slow
def test_two_acceptances_are_one(begin: Callable[[], Scene]) -> None:
    for _ in range(ROUNDS):
        scene = begin().offered()
        answers = at_once(4, lambda _, scene=scene: scene.accept())
        assert set(statuses(answers)) <= {200, 503}
        assert 200 in statuses(answers)
        assert scene.owner_is() is scene.heir.person
        assert (stored(organization_key(scene.book.org_id)) or {})["owner_term"] == {"N": "1"}


Act = Callable[[Scene], Answer]
AGAINST: dict[str, tuple[Act, set[int]]] = {
    "taken back": (lambda scene: scene.book.owner.delete(scene.path), {204, 403, 409, 503}),
    "declined": (lambda scene: scene.heir.client.delete(scene.path), {204, 409, 503}),
    "left": (lambda scene: scene.heir.client.delete(scene.book.own_path), {204, 503}),
    "removed": (
        lambda scene: scene.book.owner.delete(f"{scene.book.path}/members/{scene.heir.member_id}"),
        {204, 403, 503},
    ),
    "offered again": (lambda scene: scene.offer(), {200, 403, 409, 503}),
}
"""What else happens to the offer, and how it may be answered."""


@pytest.mark.slow
@pytest.mark.parametrize("against", AGAINST)
def test_there_is_one_owner_whatever_happens_meanwhile(begin: Callable[[], Scene], against: str) -> None:
    act, allowed = AGAINST[against]
    for turn in range(ROUNDS):
        scene = begin().offered()
        accepted, other = together(turn, scene.accept, partial(act, scene))
        assert accepted.status in {200, 403, 409, 503}
        assert other.status in allowed
        assert scene.owner_is() is (scene.heir.person if accepted.status == 200 else scene.person)


@pytest.mark.slow
def test_a_book_is_deleted_or_handed_over(begin: Callable[[], Scene]) -> None:
    for turn in range(ROUNDS):
        scene = begin().offered()
        accepted, deleted = together(turn, scene.accept, scene.book.delete)
        assert accepted.status in {200, 403, 404, 409, 503}
        assert deleted.status in {204, 403, 503}
        if deleted.status == 204:
            assert accepted.status != 200
            assert [owns(one, scene.book.org_id) for one in (scene.person, scene.heir.person)] == [False, False]
            for one in (scene.person, scene.heir.person):
                assert (stored(person_key(one)) or {})["books"] == {"N": "0"}
        else:
            scene.owner_is()


@pytest.mark.slow
def test_who_erases_themself_owns_nothing(begin: Callable[[], Scene]) -> None:
    for turn in range(ROUNDS):
        scene = begin().offered()
        accepted, erased = together(turn, scene.accept, partial(scene.heir.client.delete, "/v1/me"))
        assert accepted.status in {200, 401, 403, 409, 503}
        assert erased.status in {204, 409, 503}
        assert (accepted.status, erased.status) != (200, 204)
        assert scene.owner_is() is (scene.heir.person if accepted.status == 200 else scene.person)


def test_a_deletion_that_comes_behind_a_hand_over_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old owner's request was let in before, and writes after."""
    from chalicelib.groups.service.books import Books

    real = Books.delete_book

    def late(self: Books, owner: Any) -> None:
        monkeypatch.setattr(Books, "delete_book", real)
        assert scene.offered().accept().status == 200
        real(self, owner)

    monkeypatch.setattr(Books, "delete_book", late)

    assert scene.book.delete().code == "not_the_owner"
    assert scene.owner_is() is scene.heir.person


def test_an_offer_that_comes_behind_a_hand_over_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.groups.service.succession import Succession

    real = Succession.offer

    def late(self: Succession, owner: Any, successor: str) -> OrganizationRow:
        monkeypatch.setattr(Succession, "offer", real)
        assert scene.offered().accept().status == 200
        return real(self, owner, successor)

    monkeypatch.setattr(Succession, "offer", late)

    assert scene.offer().code == "owner_changed"
    assert scene.owner_is() is scene.heir.person
