"""What suspends a place or a gate, and resumes it: the state of who runs it, and officers (R4.3)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.places.effects import states as effect
from chalicelib.places.tables import PlaceRow
from tests.api.places.conftest import PlacesPolicy
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody, enrolled, name_officer
from tests.support.exporting import ledger
from tests.support.people import TestPerson
from tests.support.places import OpenedPlace, bind_staff, gates_of, make_registrar, open_gate, shown_place
from tests.support.rights import acting_as
from tests.support.rows import put_raw, spoiled, stored
from tests.support.statuses import retried, states, to_people, turn

pytestmark = pytest.mark.api

OWN_REASON = {"reason": "No codes are scanned at the door."}


@pytest.fixture
def run(city: TestCity) -> tuple[TestPerson, OpenedPlace]:
    """A person and the place that they manage."""
    person = city.stranger()
    (manager,) = enrolled(city, person)
    return person, OpenedPlace.by(manager)


def officer(city: TestCity) -> Client:
    person = city.stranger()
    (client,) = enrolled(city, person)
    name_officer(person)
    return client


def state_of(place: OpenedPlace) -> str:
    return str(shown_place(place.manager, place.place_id)["state"])


# By state


def test_an_abnormal_manager_suspends_their_places_until_the_state_is_over(run: tuple[TestPerson, OpenedPlace]) -> None:
    person, place = run
    other = OpenedPlace.by(place.manager)

    to_people(turn(person, states()[-1]))

    assert (state_of(place), state_of(other)) == ("suspended", "suspended")
    (suspension,) = shown_place(place.manager, place.place_id)["suspensions"]
    assert (suspension["cause"], suspension["until"], suspension["reason"]) == ("state", None, None)
    to_people(turn(person, states()[0]))
    assert (state_of(place), state_of(other)) == ("open", "open")


def test_changes_that_come_twice_late_and_out_of_order_end_right(run: tuple[TestPerson, OpenedPlace]) -> None:
    person, place = run
    worse = turn(person, states()[-1])
    better = turn(person, states()[0])

    to_people(better, better)
    to_people(worse)
    assert state_of(place) == "open"

    again = turn(person, states()[-1])
    to_people(worse, again, better)
    assert state_of(place) == "suspended"
    to_people(retried(person))
    assert state_of(place) == "suspended"


def test_a_status_that_changes_while_it_is_carried_is_read_again(
    run: tuple[TestPerson, OpenedPlace], monkeypatch: pytest.MonkeyPatch
) -> None:
    person, place = run
    before = effect._run_by  # noqa: SLF001  the moment between the look and the write

    def overtaken(row: Any) -> Any:
        found = before(row)
        monkeypatch.undo()
        with acting_as(None):  # another one, in the middle of it
            turn(person, states()[0])
        return found

    monkeypatch.setattr(effect, "_run_by", overtaken)
    to_people(turn(person, states()[-1]))

    assert state_of(place) == "open"


def test_who_changes_all_the_time_is_tried_again_later(
    run: tuple[TestPerson, OpenedPlace], monkeypatch: pytest.MonkeyPatch
) -> None:
    person, place = run
    record = turn(person, states()[-1])
    monkeypatch.setattr(effect, "_is_carried", lambda _: False)
    monkeypatch.setattr(store, "wait_before", lambda _: None)

    assert to_people(record)["batchItemFailures"]
    monkeypatch.undo()
    to_people(record)
    assert state_of(place) == "suspended"


def test_an_abnormal_registrar_suspends_their_gates_and_no_others(
    city: TestCity, run: tuple[TestPerson, OpenedPlace]
) -> None:
    _, place = run
    person = city.stranger()
    (registrar,) = enrolled(city, person)
    member_id = bind_staff(place.manager, place.place_id, registrar)
    own = open_gate(place.manager, place.place_id)
    make_registrar(place.manager, place.place_id, member_id, own)

    def suspended() -> list[bool]:
        return [gate["is_suspended"] for gate in gates_of(place.manager, place.place_id)]

    to_people(turn(person, states()[-1]))
    assert (suspended(), state_of(place)) == ([False, True], "open")
    open_gate(place.manager, place.place_id, registrar_id=member_id)
    assert suspended() == [False, True, True]
    to_people(turn(person, states()[0]))
    assert suspended() == [False, False, False]


def test_some_cities_suspend_nobody(run: tuple[TestPerson, OpenedPlace], places_policy: PlacesPolicy) -> None:
    person, place = run
    places_policy(abnormal_suspends=False)

    to_people(turn(person, states()[-1]))

    assert state_of(place) == "open"


def test_what_is_not_theirs_any_more_is_left_alone(run: tuple[TestPerson, OpenedPlace]) -> None:
    person, place = run
    key = PlaceRow.of(place.place_id)
    store.update(key, [PlaceRow.manager_id.set("somebody-else")])

    to_people(turn(person, states()[-1]))

    assert "suspended_since" not in (stored(key) or {})


def test_a_place_that_cannot_be_read_keeps_no_other_open(run: tuple[TestPerson, OpenedPlace]) -> None:
    person, place = run
    other = OpenedPlace.by(place.manager)
    with spoiled(PlaceRow.of(place.place_id), "name"):
        to_people(turn(person, states()[-1]))

    assert state_of(other) == "suspended"


# By officers


def test_one_officer_suspends_and_another_lifts(city: TestCity, run: tuple[TestPerson, OpenedPlace]) -> None:
    _, place = run
    first, second, inspector = officer(city), officer(city), anybody(city)
    bind_staff(place.manager, place.place_id, inspector)
    path = f"{place.path}/suspension"

    decided = first.put(path, OWN_REASON)

    assert (decided.status, decided.json["cause"], decided.json["reason"]) == (200, "violation", OWN_REASON["reason"])
    assert second.put(path, {"reason": "Another one."}).json == decided.json
    seen = shown_place(place.manager, place.place_id)
    assert (seen["state"], seen["suspensions"]) == ("suspended", [decided.json])
    assert shown_place(inspector, place.place_id)["suspensions"] is None
    assert (first.delete(path).status, first.delete(path).code) == (403, "same_officer")
    assert second.delete(path).status == 204
    assert state_of(place) == "open"
    assert second.delete(path).code == "not_suspended"
    entries = [ledger(place.place_id, kind) for kind in ("PLACE_SUSPENDED", "PLACE_RESUMED")]
    assert [[one.why for one in found] for found in entries] == [[OWN_REASON["reason"]], [None]]
    assert all(one.people for found in entries for one in found)


def test_a_suspension_may_end_by_itself(city: TestCity, run: tuple[TestPerson, OpenedPlace]) -> None:
    _, place = run
    decides, path = officer(city), f"{place.path}/suspension"
    until = clock.iso(clock.now() + timedelta(minutes=5))

    assert decides.put(path, {**OWN_REASON, "until": clock.iso(clock.now())}).code == "invalid_suspension_end"
    assert decides.put(path, {**OWN_REASON, "until": until}).json["until"] == until
    assert state_of(place) == "suspended"
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        assert state_of(place) == "open"
        assert shown_place(place.manager, place.place_id)["suspensions"] == []
        assert officer(city).put(path, {"reason": "Again."}).json["reason"] == "Again."


def test_only_officers_suspend_and_only_open_places(city: TestCity, run: tuple[TestPerson, OpenedPlace]) -> None:
    _, place = run
    decides, path = officer(city), f"{place.path}/suspension"
    for caller in (place.manager, anybody(city)):
        assert caller.put(path, OWN_REASON).code == caller.delete(path).code == "officer_required"
    place.manager.delete(place.path)
    assert decides.put(path, OWN_REASON).code == decides.delete(path).code == "place_not_found"


@pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": "a" * 501}, {**OWN_REASON, "until": "soon"}])
def test_a_suspension_needs_a_reason(city: TestCity, run: tuple[TestPerson, OpenedPlace], body: dict[str, Any]) -> None:
    assert officer(city).put(f"{run[1].path}/suspension", body).status == 422


def test_a_damaged_suspension_is_an_answer(city: TestCity, run: tuple[TestPerson, OpenedPlace]) -> None:
    _, place = run
    key = PlaceRow.of(place.place_id)
    item, path = stored(key) or {}, f"{place.path}/suspension"
    put_raw(key, {**item, "violation": {"S": '{"until": null}'}})

    assert officer(city).put(path, OWN_REASON).code == officer(city).delete(path).code == "broken_record"
    assert place.manager.get(place.path).code == "broken_record"
    put_raw(key, item)
