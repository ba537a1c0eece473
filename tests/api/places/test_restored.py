"""After a restore places are closed, handed over and unbound again, and erased people work nowhere (R-28)."""

from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.store import Key, RawItem
from chalicelib.people.tables.people import ManagesPointer, StaffPointer
from chalicelib.places.tables import AccessPointRow, PlaceRow, StaffRow
from infra.restore import Ledger, ledger_since, replay
from tests.support.books import Book, person_id_of, person_key
from tests.support.city import TestCity
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.places import OWN_PLACES, OpenedPlace, bind_staff, shown_place
from tests.support.rows import put_raw, stored

pytestmark = pytest.mark.api


class Backup:
    """What lay at these keys, to be put back."""

    def __init__(self, keys: Sequence[Key[Any]]) -> None:
        self._items: dict[Key[Any], RawItem | None] = {key: stored(key) for key in keys}

    def restore(self, *left_out: Key[Any]) -> None:
        for key, item in self._items.items():
            if item is not None and key not in left_out:
                put_raw(key, item)


def run(kind: str, of: str) -> tuple[int, int, int]:
    """How many rows are behind by a dry run, by a replay and by a second one."""
    found = [
        one for one in ledger_since(clock.now()).entries if one.kind == kind and of in (one.org_id, *(one.people or ()))
    ]
    assert found
    results = [replay(Ledger(found), write=write) for write in (False, True, True)]
    assert [result.failed for result in results] == [[], [], []]
    dry, done, again = (result.behind.get(kind, 0) for result in results)
    return dry, done, again


def counted(person: TestPerson) -> str:
    return str((stored(person_key(person)) or {})["places"]["N"])


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_closed_place_is_closed_again(city: TestCity, is_whole: bool) -> None:
    person = city.stranger()
    (manager,) = enrolled(city, person)
    place = OpenedPlace.by(manager)
    pointer = ManagesPointer.of(person_id_of(person), place.place_id)
    backup = Backup([PlaceRow.of(place.place_id), pointer, person_key(person)])
    assert manager.delete(place.path).status == 204
    backup.restore(*(() if is_whole else (pointer, person_key(person))))
    assert manager.get(place.path).status == 200

    dry, done, again = run("PLACE_CLOSED", place.place_id)

    assert (dry, done, again) == (2, 2, 0) if is_whole else (1, 1, 0)
    assert manager.get(place.path).code == "place_not_found"
    assert (stored(pointer), counted(person)) == (None, "0")


@pytest.mark.parametrize("left_out", ["nothing", "the place", "the people"])
def test_a_place_that_was_handed_over_is_the_successors_again(city: TestCity, left_out: str) -> None:
    people = [city.stranger(), city.stranger()]
    old, new = enrolled(city, *people)
    place = OpenedPlace.by(old)
    member_id = bind_staff(old, place.place_id, new)
    own: list[Key[Any]] = [PlaceRow.of(place.place_id), StaffRow.of(place.place_id, member_id)]
    theirs: list[Key[Any]] = [person_key(one) for one in people]
    theirs += [ManagesPointer.of(person_id_of(one), place.place_id) for one in people]
    theirs.append(StaffPointer.of(person_id_of(people[1]), place.place_id))
    backup = Backup([*own, *theirs])
    assert old.put(f"{place.path}/manager", {"successor": member_id}).status == 200
    assert new.post(f"{place.path}/manager/acceptance").status == 200
    pointer = ManagesPointer.of(person_id_of(people[1]), place.place_id)
    if left_out != "the people":
        store.delete(pointer)
    backup.restore(*{"nothing": [], "the place": own, "the people": theirs}[left_out])

    dry, done, again = run("PLACE_HANDED_OVER", place.place_id)

    assert dry == done
    assert (done > 0, again) == (True, 0)
    assert shown_place(new, place.place_id)["role"] == "manager"
    assert old.get(place.path).code == "not_staff"
    assert [counted(one) for one in people] == ["0", "1"]
    assert stored(pointer) is not None
    assert stored(own[1]) is None


def test_an_erased_person_works_nowhere_again(city: TestCity) -> None:
    person = city.stranger()
    (inspector,) = enrolled(city, person)
    place = OpenedPlace.by(anybody(city))
    member_id = bind_staff(place.manager, place.place_id, inspector)
    role, pointer = StaffRow.of(place.place_id, member_id), StaffPointer.of(person_id_of(person), place.place_id)
    backup = Backup([PlaceRow.of(place.place_id), role, pointer])
    item = stored(person_key(person))
    assert (item or {})["staffed"] == {"N": "1"}
    assert inspector.delete("/v1/me").status == 204
    backup.restore()

    dry, done, again = run("ERASURE", f"{person_id_of(person)}.1")

    assert (dry, done, again) == (1, 1, 0)
    assert (stored(role), stored(pointer)) == (None, None)
    assert place.manager.get(f"{place.path}/staff").json["items"] == []
    assert shown_place(place.manager, place.place_id)["staff"] == 0
    assert inspector.get(OWN_PLACES).status == 401


def test_a_deleted_book_has_no_access_points_again(city: TestCity) -> None:
    book, place = Book.opened(city), OpenedPlace.by(anybody(city))
    place.manager.put(f"{place.path}/binding", {"org_id": book.org_id})
    point = AccessPointRow.of(book.org_id, place.place_id)
    assert book.owner.put(f"{book.path}/places/{place.place_id}").status == 200
    backup = Backup([PlaceRow.of(place.place_id), point])
    assert book.delete().status == 204
    city.deliver()
    backup.restore()
    assert shown_place(place.manager, place.place_id)["org_id"] == book.org_id

    run("BOOK_DELETED", book.org_id)

    assert (shown_place(place.manager, place.place_id)["org_id"], stored(point)) == (None, None)
