"""After a restore: places that were closed, handed over or unbound since the backup, and roles of erased lives (R-28).

Places on one hand, pointers and counts on the other may be of different moments. So a place goes by its end and its term, which
only rises, and each pointer by who manages the place then; a count changes only with its pointer. A second run finds none behind.
"""

from contextlib import suppress

from chalicelib.core import store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.errors import Broken, Conflict
from chalicelib.core.store import Transaction
from chalicelib.people.service.restore import lives_in
from chalicelib.people.tables.people import ManagesPointer, PersonRow
from chalicelib.people.tables.privacy import LedgerRow
from chalicelib.places.service.bindings import LOOSE
from chalicelib.places.service.declarations import unused_code
from chalicelib.places.service.places import staffed_by
from chalicelib.places.service.staff import end_by_ids
from chalicelib.places.tables import AccessPointRow, PlaceRow


class MovedMeanwhile(Conflict):
    """Another run of the replay was faster; there is nothing left to do."""


def leave_places_again(entry: LedgerRow, *, write: bool) -> int:
    """End the roles at places that the lives of an ERASURE entry had. A role of a later life stays."""
    behind = 0
    for person_id, enrolment in lives_in(entry):
        pointers = [one for one in staffed_by(person_id) if one.enrolment <= enrolment]
        behind += len(pointers)
        for pointer in pointers if write else ():
            end_by_ids(pointer.place_id, pointer.member_id, person_id)
    return behind


def close_place_again(entry: LedgerRow, *, write: bool) -> int:
    """Close a place again, and take it from whoever managed it. Raises Broken for an entry that names nobody."""
    place, lives = _place(entry), lives_in(entry)
    if place is None:
        return 0
    if not lives:
        raise Broken
    is_behind = place.closed_at is None
    if is_behind and write:
        ended = {**LOOSE, "closed_at": entry.at, "declaration_code": None}
        store.update(place.own_key, store.assign(PlaceRow, ended), PlaceRow.alive())
        for org_id in {place.org_id, place.asked_org_id} - {None}:
            store.delete(AccessPointRow.of(str(org_id), place.place_id))
    managers = {(place.manager_id, int(place.manager_enrolment)), *lives}
    return is_behind + sum(_point(one, life, place.place_id, manages=False, write=write) for one, life in managers)


def hand_place_over_again(entry: LedgerRow, *, write: bool) -> int:
    """Hand a place over again, and give the pointers of both to whom they belong. Returns how many rows were behind.

    A place that was closed since is left alone. Raises Broken for an entry that names nobody.
    """
    place, lives = _place(entry), lives_in(entry)
    if place is None or place.closed_at is not None:
        return 0
    if not lives or entry.term is None:
        raise Broken
    is_behind = bool(place.term < entry.term)
    manager_id = lives[-1][0] if is_behind else place.manager_id
    if is_behind and write:
        _give(place, *lives[-1], int(entry.term))
    moves = [_point(one, life, place.place_id, manages=one == manager_id, write=write) for one, life in lives]
    return is_behind + sum(moves)


def unbind_again(entry: LedgerRow, *, write: bool) -> int:
    """Unbind the places of a book that was deleted, before its sweep removes what says which they are."""
    prefix = AccessPointRow.sk.startswith(AccessPointRow.PREFIX)
    keys = [PlaceRow.of(row.place_id) for row in store.query_all(AccessPointRow, entry.org_id or "", prefix)]
    rows = store.read_together(keys)
    places = [place for key in keys if (place := rows.get(key)) is not None]
    bound = [place for place in places if entry.org_id in {place.org_id, place.asked_org_id}]
    for place in bound if write else ():
        store.update(place.own_key, store.assign(PlaceRow, LOOSE), PlaceRow.place_id.exists())
    return len(bound)


def _place(entry: LedgerRow) -> PlaceRow | None:
    key = PlaceRow.of(entry.org_id or "")
    return store.read_together([key]).get(key)


def _give(place: PlaceRow, person_id: str, enrolment: int, term: int) -> None:
    """Make somebody the manager, whose role on the staff ends, under a code that the former manager does not know."""
    changes = {"manager_id": person_id, "manager_enrolment": enrolment, "term": term}
    gone = {"successor_id": None, "offered_at": None, "suspended_since": None, "declaration_code": unused_code()}
    same = PlaceRow.alive() & (PlaceRow.term == place.term)
    if store.update(place.own_key, store.assign(PlaceRow, {**changes, **gone}), same) is not None:
        end_by_ids(place.place_id, pairwise_id(place.place_id, person_id), person_id)


def _point(person_id: str, enrolment: int, place_id: str, *, manages: bool, write: bool) -> bool:
    """Make or remove a person's pointer, and count it. Returns whether it was behind."""
    pointer = ManagesPointer.of(person_id, place_id)
    is_behind = (store.read_together([pointer]).get(pointer) is not None) != manages
    if not is_behind or not write:
        return is_behind
    transaction = Transaction()
    if manages:
        row = ManagesPointer(pointer.hash_value, pointer.range_value)
        transaction.put(row, ManagesPointer.person_id.does_not_exist(), MovedMeanwhile())
    else:
        transaction.delete(pointer, ManagesPointer.person_id.exists(), MovedMeanwhile())
    transaction.update(PersonRow.of(person_id), _counting(enrolment, 1 if manages else -1))
    with suppress(MovedMeanwhile):
        transaction.commit()
    return True


def _counting(enrolment: int, step: int) -> list[store.Action]:
    """Count a place. Whoever enrolled since the backup gets a row of that life, which nobody opens before proving it again."""
    kept = ((PersonRow.enrolment, enrolment), (PersonRow.books, 0), (PersonRow.memberships, 0), (PersonRow.moves, 0))
    return [*(counter.set(counter | value) for counter, value in kept), PersonRow.places.add(step)]
