"""Handing a place over to one of its staff (B16)."""

from datetime import timedelta
from typing import Any

import pytest

import app
from chalicelib.core import clock
from chalicelib.people.tables.people import ManagesPointer, StaffPointer
from chalicelib.people.tables.privacy import AccessRow
from chalicelib.places.service import places
from chalicelib.places.service import succession as service
from chalicelib.places.tables import PlaceRow
from tests.api.places.conftest import PlacesPolicy
from tests.support.books import at_once, person_id_of, person_key, statuses
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody, enrolled
from tests.support.exporting import ledger
from tests.support.lambdas import batch, stored_record
from tests.support.people import TestPerson
from tests.support.places import (
    OWN_PLACES,
    OpenedPlace,
    bind_staff,
    declaration_code,
    gates_of,
    make_registrar,
    shown_place,
)
from tests.support.rows import items_of, spoiled, stored
from tests.support.statuses import fresh, states, to_people, turn

pytestmark = pytest.mark.api


class Handed:
    """A place with its manager and somebody who may succeed them."""

    def __init__(self, city: TestCity) -> None:
        self.people: list[TestPerson] = [city.stranger(), city.stranger()]
        self.old, self.new = enrolled(city, *self.people)
        self.place = OpenedPlace.by(self.old)
        self.member_id = bind_staff(self.old, self.place.place_id, self.new)

    def offer(self) -> Answer:
        return self.old.put(f"{self.place.path}/manager", {"successor": self.member_id})

    def accept(self, client: Client | None = None) -> Answer:
        return (client or self.new).post(f"{self.place.path}/manager/acceptance")

    def counts(self) -> list[str]:
        return [(stored(person_key(one)) or {})["places"]["N"] for one in self.people]


@pytest.fixture
def handed(city: TestCity) -> Handed:
    """A place that can be handed over."""
    return Handed(city)


def test_a_place_goes_to_whom_it_was_offered(handed: Handed) -> None:
    place = handed.place
    make_registrar(handed.old, place.place_id, handed.member_id, place.gate_id)
    old_code = declaration_code(handed.old, place.place_id)

    offered = handed.offer()

    assert (offered.status, offered.json["offer"]["successor"]) == (200, handed.member_id)
    assert shown_place(handed.new, place.place_id)["offer"] == offered.json["offer"]
    taken = handed.accept()
    assert (taken.status, taken.json["role"], taken.json["offer"], taken.json["staff"]) == (200, "manager", None, 0)
    assert handed.accept().json == taken.json
    assert handed.old.get(place.path).code == "not_staff"
    assert handed.new.get(OWN_PLACES).json["items"] == [taken.json]
    assert handed.old.get(OWN_PLACES).json["items"] == []
    assert gates_of(handed.new, place.place_id)[0]["registrar_id"] is None
    assert handed.old.post(OWN_PLACES, {"declaration_code": old_code}).code == "declaration_code_refused"
    assert handed.counts() == ["0", "1"]
    old_id, new_id = map(person_id_of, handed.people)
    assert stored(ManagesPointer.of(old_id, place.place_id)) is None
    assert stored(ManagesPointer.of(new_id, place.place_id)) is not None
    assert stored(StaffPointer.of(new_id, place.place_id)) is None
    (entry,) = ledger(place.place_id, "PLACE_HANDED_OVER")
    for _ in range(2):
        app.ledger_stream(batch(stored_record(entry)), None)
    logs = [[item["why"]["S"] for item in items_of(AccessRow, one)] for one in (old_id, new_id)]
    assert logs == [["handed_over"], ["handed_over"]]
    assert handed.new.delete("/v1/me").code == "owns_organizations"
    assert handed.old.delete("/v1/me").status == 204


def test_an_offer_is_declined_taken_back_and_replaced(city: TestCity, handed: Handed) -> None:
    place, path = handed.place, f"{handed.place.path}/manager"
    other = anybody(city)
    other_id = bind_staff(handed.old, place.place_id, other)

    handed.offer()
    assert shown_place(other, place.place_id)["offer"] is None
    assert other.delete(path).status == 204
    assert shown_place(handed.old, place.place_id)["offer"] is not None
    assert handed.new.delete(path).status == 204
    assert shown_place(handed.old, place.place_id)["offer"] is None
    assert handed.accept().code == "not_the_place_successor"
    handed.offer()
    assert handed.old.delete(path).status == handed.old.delete(path).status == 204
    handed.offer()
    handed.old.put(path, {"successor": other_id})
    assert handed.accept().code == "not_the_place_successor"
    assert handed.accept(other).status == 200


def test_an_offer_lasts_fourteen_days_and_not_longer_than_the_role(handed: Handed) -> None:
    handed.offer()
    with clock.frozen(clock.now() + timedelta(days=14, minutes=1)):
        assert shown_place(handed.old, handed.place.place_id)["offer"] is None
    handed.new.delete(f"{OWN_PLACES}/{handed.place.place_id}")
    with clock.frozen(clock.now() + timedelta(seconds=1)):
        bind_staff(handed.old, handed.place.place_id, handed.new)
    assert handed.accept().code == "not_the_place_successor"


def test_who_lets_the_time_pass_is_told_so(handed: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
    handed.offer()
    monkeypatch.setattr("chalicelib.places.service.succession.offered_until", lambda _: None)
    assert (handed.accept().status, handed.accept().code) == (410, "place_offer_ended")


def test_a_place_is_offered_to_its_staff_only(city: TestCity, handed: Handed) -> None:
    path = f"{handed.place.path}/manager"
    own = shown_place(handed.old, handed.place.place_id)["member_id"]
    for successor in ("nobody", own):
        answer = handed.old.put(path, {"successor": successor})
        assert (answer.status, answer.code) == (422, "invalid_place_successor")
    assert handed.old.put(path, {}).status == 422
    assert handed.new.put(path, {"successor": handed.member_id}).code == "not_the_place_manager"
    assert handed.accept(anybody(city)).code == "not_staff"
    assert anybody(city).delete(path).code == "not_staff"


def test_both_steps_ask_for_a_recent_code(handed: Handed) -> None:
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert handed.offer().code == handed.accept().code == "step_up_required"


def test_the_successor_may_manage_another_place(handed: Handed, places_policy: PlacesPolicy) -> None:
    OpenedPlace.by(handed.new)
    handed.offer()
    places_policy(max_per_manager=1)

    assert (handed.accept().status, handed.accept().code) == (409, "too_many_places")
    assert handed.counts() == ["1", "1"]


def test_in_some_cities_nobody_abnormal_takes_a_place_over(
    city: TestCity, handed: Handed, places_policy: PlacesPolicy
) -> None:
    city.fact(handed.people[1], "case", "confirmed", "2022-04-01T10:00:00+08:00")
    fresh()
    handed.offer()
    assert handed.accept().code == "may_not_run_places"
    places_policy(only_may_run_register=False, abnormal_suspends=True)
    turn(handed.people[1], states()[-1])
    assert handed.accept().json["state"] == "suspended"


def test_a_suspension_by_the_former_managers_state_ends_with_them(handed: Handed) -> None:
    to_people(turn(handed.people[0], states()[-1]))
    handed.offer()
    assert handed.accept().json["state"] == "open"
    to_people(turn(handed.people[0], states()[1]))
    assert shown_place(handed.new, handed.place.place_id)["state"] == "open"


def test_of_many_acceptances_at_once_one_counts(handed: Handed) -> None:
    handed.offer()

    answers = at_once(4, lambda _: handed.accept())

    assert 200 in statuses(answers)
    assert set(statuses(answers)) <= {200, 403, 409, 503}
    assert handed.counts() == ["0", "1"]


def test_an_offer_that_ends_at_the_same_moment_hands_nothing_over(
    handed: Handed, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed.offer()
    before = places.may_run

    def overtaken(*given: Any) -> Any:
        monkeypatch.undo()
        handed.old.delete(f"{handed.place.path}/manager")
        return before(*given)

    monkeypatch.setattr(service, "may_run", overtaken)
    assert handed.accept().code == "place_changed"
    assert handed.counts() == ["1", "0"]


def test_a_damaged_offer_is_an_answer(handed: Handed) -> None:
    handed.offer()
    with spoiled(PlaceRow.of(handed.place.place_id), "offered_at", {"S": "yesterday"}):
        assert handed.accept().code == handed.offer().code == "broken_record"
        assert handed.new.delete(f"{handed.place.path}/manager").code == "broken_record"
