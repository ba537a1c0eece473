"""Places as access points of an organization (R0.1, R0.6)."""

from typing import Any

import pytest

import app
from chalicelib.core import store
from chalicelib.places.service import bindings as service
from chalicelib.places.tables import AccessPointRow, PlaceRow
from tests.support.books import Book
from tests.support.city import TestCity
from tests.support.enrolled import anybody
from tests.support.exporting import ledger
from tests.support.lambdas import batch, stored_record
from tests.support.places import OpenedPlace, bind_staff, shown_place
from tests.support.rows import spoil, spoiled, stored

pytestmark = pytest.mark.api


@pytest.fixture
def book(city: TestCity) -> Book:
    """A book of somebody who manages no place."""
    return Book.opened(city)


def ask(place: OpenedPlace, book: Book) -> dict[str, Any]:
    answer = place.manager.put(f"{place.path}/binding", {"org_id": book.org_id})
    assert answer.status == 200, answer.text
    shown: dict[str, Any] = answer.json
    return shown


def points(book: Book) -> list[tuple[str, str]]:
    return [(one["place_id"], one["state"]) for one in book.owner.get(f"{book.path}/places").json["items"]]


def test_a_place_is_bound_when_both_sides_agree_and_unbound_by_either(book: Book, place: OpenedPlace) -> None:
    point = f"{book.path}/places/{place.place_id}"

    asked = ask(place, book)

    assert (asked["org_id"], asked["asked_org_id"]) == (None, book.org_id)
    assert ask(place, book) == asked
    assert points(book) == [(place.place_id, "asking")]
    accepted = book.owner.put(point)
    assert (accepted.status, accepted.json["state"], accepted.json["name"]) == (200, "bound", "Lotus Restaurant")
    assert book.owner.put(point).json == accepted.json
    shown = shown_place(place.manager, place.place_id)
    assert (shown["org_id"], shown["asked_org_id"]) == (book.org_id, None)
    assert ask(place, book) == shown
    assert book.owner.delete(point).status == 204
    assert (points(book), shown_place(place.manager, place.place_id)["org_id"]) == ([], None)

    ask(place, book)
    book.owner.put(point)
    assert place.manager.delete(f"{place.path}/binding").status == 204
    assert (points(book), shown_place(place.manager, place.place_id)["org_id"]) == ([], None)
    assert place.manager.delete(f"{place.path}/binding").status == 204
    assert book.owner.delete(point).code == book.owner.put(point).code == "access_point_not_found"


def test_one_organization_at_a_time(city: TestCity, book: Book, place: OpenedPlace) -> None:
    other = Book.opened(city)
    ask(place, book)

    ask(place, other)

    assert (points(book), points(other)) == ([], [(place.place_id, "asking")])
    assert book.owner.put(f"{book.path}/places/{place.place_id}").code == "access_point_not_found"
    other.owner.put(f"{other.path}/places/{place.place_id}")
    refused = place.manager.put(f"{place.path}/binding", {"org_id": book.org_id})
    assert (refused.status, refused.code) == (409, "bound_already")
    never = OpenedPlace.by(place.manager)
    unknown = never.manager.put(f"{never.path}/binding", {"org_id": "01aaaaaaaaaaaaaaaaaaaaaaaa"})
    assert unknown.code == "organization_not_found"


def test_it_takes_the_whole_organization_and_the_places_manager(city: TestCity, book: Book, place: OpenedPlace) -> None:
    ask(place, book)
    chief, head, member, inspector = book.admin(None), book.admin(book.department()), book.member(), anybody(city)
    bind_staff(place.manager, place.place_id, inspector)
    point = f"{book.path}/places/{place.place_id}"

    for method, path in (("GET", f"{book.path}/places"), ("PUT", point), ("DELETE", point)):
        assert head.client(method, path).code == "whole_organization_required"
        assert member.client(method, path).code == "not_a_manager"
        assert inspector(method, path).code == "not_a_manager"
    for caller in (inspector, book.owner):
        assert caller.put(f"{place.path}/binding", {"org_id": book.org_id}).code == "not_the_place_manager"
        assert caller.delete(f"{place.path}/binding").code == "not_the_place_manager"
    assert chief.client.put(point).json["state"] == "bound"
    assert shown_place(inspector, place.place_id)["org_id"] == book.org_id
    assert len(chief.client.get(f"{book.path}/places").json["items"]) == 1


def test_the_list_comes_in_pages(book: Book, place: OpenedPlace) -> None:
    places = [place, *(OpenedPlace.by(place.manager) for _ in range(2))]
    for one in places:
        ask(one, book)

    first = book.owner.get(f"{book.path}/places?limit=2").json
    second = book.owner.get(f"{book.path}/places?limit=2&cursor={first['cursor']}").json

    listed = [one["place_id"] for one in first["items"] + second["items"]]
    assert (listed, second["cursor"]) == ([one.place_id for one in places], None)
    assert book.owner.get(f"{book.path}/places?cursor=abc").code == "invalid_cursor"


def test_a_place_that_is_closed_is_nobodys(book: Book) -> None:
    place = OpenedPlace.by(anybody(book.city))
    ask(place, book)
    place.manager.delete(place.path)
    assert points(book) == []


def test_a_deleted_book_unbinds_its_places_however_often_it_is_told(book: Book, place: OpenedPlace) -> None:
    asking = OpenedPlace.by(place.manager)
    for one in (place, asking):
        ask(one, book)
    book.owner.put(f"{book.path}/places/{place.place_id}")
    assert book.delete().status == 204
    (entry,) = ledger(book.org_id, "BOOK_DELETED")

    for _ in range(2):
        app.ledger_stream(batch(stored_record(entry)), None)

    for one in (place, asking):
        shown = shown_place(one.manager, one.place_id)
        assert (shown["org_id"], shown["asked_org_id"]) == (None, None)
        assert stored(AccessPointRow.of(book.org_id, one.place_id)) is None


def test_of_two_changes_at_one_moment_the_first_counts(
    book: Book, place: OpenedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(place, book)
    before = service._point  # noqa: SLF001  the moment between the look and the write

    def overtaken(*given: Any) -> Any:
        point = before(*given)
        monkeypatch.undo()
        place.manager.delete(f"{place.path}/binding")
        return point

    monkeypatch.setattr(service, "_point", overtaken)
    assert book.owner.put(f"{book.path}/places/{place.place_id}").code == "place_changed"
    assert (points(book), shown_place(place.manager, place.place_id)["org_id"]) == ([], None)


def test_a_binding_names_an_organization(place: OpenedPlace) -> None:
    answer = place.manager.put(f"{place.path}/binding", {})
    assert (answer.status, [one["field"] for one in answer.json["errors"]]) == (422, ["org_id"])


def test_a_damaged_access_point_is_an_answer_and_hides_no_other(book: Book, place: OpenedPlace) -> None:
    other = OpenedPlace.by(place.manager)
    for one in (place, other):
        ask(one, book)
    point = f"{book.path}/places/{place.place_id}"
    with spoiled(AccessPointRow.of(book.org_id, place.place_id), "since"):
        assert book.owner.put(point).code == book.owner.delete(point).code == "broken_record"
        listed = book.owner.get(f"{book.path}/places").json
        assert (len(listed["items"]), listed["unreadable"]) == (1, 1)
    spoil(PlaceRow.of(place.place_id), "name")
    listed = book.owner.get(f"{book.path}/places").json
    assert (len(listed["items"]), listed["unreadable"]) == (1, 1)
    assert place.manager.put(f"{place.path}/binding", {"org_id": book.org_id}).code == "broken_record"
    store.delete(PlaceRow.of(place.place_id))
    assert book.owner.get(f"{book.path}/places").json["unreadable"] == 0
