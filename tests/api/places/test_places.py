"""Opening, listing, showing, changing and closing a place (R2.1, R4.1, R4.3)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.people.tables.people import ManagesPointer, PersonRow
from chalicelib.places.tables import PlaceRow
from tests.api.places.conftest import PlacesPolicy
from tests.support.books import at_once, person_id_of, person_key, statuses
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody, enrolled
from tests.support.events import Events
from tests.support.exporting import ledger
from tests.support.places import OWN_PLACES, PLACE, PLACES, OpenedPlace, bind_staff, open_place, shown_place
from tests.support.rows import put_raw, spoil, spoiled, stored
from tests.support.statuses import fresh, states, turn

pytestmark = pytest.mark.api

HOURS = [
    {"days": [1, 2, 3, 4, 5], "opens": "08:00", "closes": "12:00"},
    {"days": [6], "opens": "09:00", "closes": "24:00"},
]


def opened(**changes: Any) -> dict[str, Any]:
    return {**PLACE, **changes}


def test_a_verified_person_opens_a_place(city: TestCity) -> None:
    manager = anybody(city)

    answer = manager.post(
        PLACES, opened(name=" 荷花　餐厅 ", address="  河滨路 12号 ", capacity=50, capacity_mode="strict", hours=HOURS)
    )

    assert answer.status == 201, answer.text
    place = answer.json
    assert (place["name"], place["address"], place["type"]) == ("荷花 餐厅", "河滨路 12号", "restaurant")
    assert (place["capacity"], place["capacity_mode"], place["hours"]) == (50, "strict", HOURS)
    assert (place["stay_minutes"], place["gates"], place["staff"]) == (120, 1, 0)
    assert (place["role"], place["state"], place["suspensions"], place["offer"]) == ("manager", "open", [], None)
    assert manager.get(f"{PLACES}/{place['place_id']}").json == place
    assert manager.get(OWN_PLACES).json == {"items": [place], "unreadable": 0}
    assert [gate["name"] for gate in manager.get(f"{PLACES}/{place['place_id']}/gates").json["items"]] == [
        "正门 Main entrance"
    ]


def test_places_are_for_verified_people(city: TestCity) -> None:
    unproven = city.log_in(city.stranger())
    for method, path, body in [("POST", PLACES, PLACE), ("GET", OWN_PLACES, None)]:
        assert city.api(method, path, body).code == "session_required"
        assert unproven(method, path, body).code == "identity_required"


def test_only_manager_and_staff_see_a_place_and_only_the_manager_changes_it(city: TestCity, place: OpenedPlace) -> None:
    stranger, inspector = anybody(city), anybody(city)
    member_id = bind_staff(place.manager, place.place_id, inspector)

    seen = shown_place(inspector, place.place_id)

    assert (seen["role"], seen["member_id"], seen["suspensions"]) == ("inspector", member_id, None)
    assert [item["place_id"] for item in inspector.get(OWN_PLACES).json["items"]] == [place.place_id]
    assert stranger.get(place.path).code == "not_staff"
    assert stranger.get(OWN_PLACES).json["items"] == []
    for caller in (stranger, inspector):
        assert caller.patch(place.path, {"name": "Mine"}).code == "not_the_place_manager"
        assert caller.delete(place.path).code == "not_the_place_manager"
    assert stranger.get(f"{PLACES}/01aaaaaaaaaaaaaaaaaaaaaaaa").code == "place_not_found"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"address": "\u2028"}, "address"),
        ({"address": "\u034f"}, "address"),
        ({"address": "a" * 201}, "address"),
        ({"capacity": 0}, "capacity"),
        ({"capacity_mode": "hard"}, "capacity_mode"),
        ({"stay_minutes": 4}, "stay_minutes"),
        ({"hours": []}, "hours"),
        ({"hours": [{"days": [0], "opens": "08:00", "closes": "09:00"}]}, "hours.0.days.0"),
        ({"hours": [{"days": [1], "opens": "8:00", "closes": "09:00"}]}, "hours.0.opens"),
        ({"hours": [{"days": [1], "opens": "09:00", "closes": "08:00"}]}, "hours.0"),
        ({"hours": [{"days": [1, 1], "opens": "08:00", "closes": "09:00"}]}, "hours.0"),
        ({"type": "castle"}, "type"),
        ({"subdistrict": "37130"}, "subdistrict"),
        ({"capacity_mode": "strict"}, "capacity"),
    ],
)
def test_what_is_wrong_is_named(manager: Client, changes: dict[str, Any], field: str) -> None:
    answer = manager.post(PLACES, opened(**changes))

    assert answer.status == 422, answer.text
    assert [one["field"] for one in answer.json["errors"]] == [field]


def test_a_key_opens_one_place(city: TestCity) -> None:
    manager = anybody(city)

    first = manager.post(PLACES, PLACE, idempotency_key="k1")
    again = manager.post(PLACES, PLACE, idempotency_key="k1")

    assert first.json == again.json
    assert manager.post(PLACES, opened(name="Other"), idempotency_key="k1").code == "idempotency_mismatch"
    assert manager.delete(f"{PLACES}/{first.json['place_id']}").status == 204
    assert manager.post(PLACES, PLACE, idempotency_key="k1").code == "place_not_found"


def test_a_person_manages_no_more_places_than_the_city_allows(city: TestCity, places_policy: PlacesPolicy) -> None:
    person = city.stranger()
    (manager,) = enrolled(city, person)
    places_policy(max_per_manager=2)

    answers = at_once(6, lambda _: manager.post(PLACES, PLACE))

    assert statuses(answers).count(201) == 2
    assert {answer.code for answer in answers if answer.status not in {201, 503}} == {"too_many_places"}
    assert (stored(person_key(person)) or {})["places"] == {"N": "2"}
    place_ids = [item["place_id"] for item in manager.get(OWN_PLACES).json["items"]]
    assert manager.delete(f"{PLACES}/{place_ids[0]}").status == 204
    assert manager.post(PLACES, PLACE).status == 201
    assert manager.post(PLACES, PLACE).code == "too_many_places"


@pytest.mark.parametrize("only_may_run", [True, False])
def test_in_some_cities_an_abnormal_person_opens_none(
    city: TestCity, places_policy: PlacesPolicy, only_may_run: bool
) -> None:
    person = city.stranger()
    (manager,) = enrolled(city, person)
    city.fact(person, "case", "confirmed", "2022-04-01T10:00:00+08:00")
    fresh()
    places_policy(only_may_run_register=only_may_run, abnormal_suspends=only_may_run)

    answer = manager.post(PLACES, PLACE)

    if only_may_run:
        assert (answer.status, answer.code) == (403, "may_not_run_places")
        assert manager.get(OWN_PLACES).json["items"] == []
    else:
        assert (answer.status, answer.json["state"]) == (201, "open")


def test_a_place_of_an_abnormal_person_is_suspended_from_the_start_where_the_city_says_so(
    city: TestCity, places_policy: PlacesPolicy
) -> None:
    person = city.stranger()
    (manager,) = enrolled(city, person)
    turn(person, states()[-1])
    places_policy(only_may_run_register=False, abnormal_suspends=True)

    place = shown_place(manager, open_place(manager))

    assert place["state"] == "suspended"
    assert [one["cause"] for one in place["suspensions"]] == ["state"]


def test_what_a_place_says_of_itself_is_changed(place: OpenedPlace) -> None:
    manager = place.manager

    first = manager.patch(place.path, {"name": "Rose", "capacity": 10, "hours": HOURS, "stay_minutes": 30})
    second = manager.patch(place.path, {"capacity": None, "hours": None, "name": None})

    assert first.status == 200, first.text
    assert (first.json["name"], first.json["capacity"], first.json["hours"]) == ("Rose", 10, HOURS)
    assert first.json["stay_minutes"] == 30
    assert (second.json["name"], second.json["capacity"], second.json["hours"]) == ("Rose", None, None)
    assert shown_place(manager, place.place_id) == second.json
    assert manager.patch(place.path, {}).json == second.json
    assert manager.patch(place.path, {"capacity_mode": "strict"}).code == "capacity_missing"
    assert manager.patch(place.path, {"type": "castle"}).code == "invalid_place_type"
    assert manager.patch(place.path, {"subdistrict": "1"}).code == "invalid_subdistrict"


def test_a_closed_place_is_gone(city: TestCity) -> None:
    person = city.stranger()
    (manager,) = enrolled(city, person)
    place = OpenedPlace.by(manager)
    inspector = anybody(city)
    bind_staff(manager, place.place_id, inspector)

    assert manager.delete(place.path).status == 204

    for caller in (manager, inspector):
        for method in ("GET", "PATCH", "DELETE"):
            assert caller(method, place.path, {} if method == "PATCH" else None).code == "place_not_found"
        assert caller.get(OWN_PLACES).json == {"items": [], "unreadable": 0}
    person_id = person_id_of(person)
    assert stored(ManagesPointer.of(person_id, place.place_id)) is None
    assert (stored(PersonRow.of(person_id)) or {})["places"] == {"N": "0"}
    assert len(ledger(place.place_id, "PLACE_CLOSED")) == 1


def test_closing_asks_for_a_recent_code(place: OpenedPlace) -> None:
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert place.manager.delete(place.path).code == "step_up_required"


def test_a_manager_is_erased_only_without_places(city: TestCity) -> None:
    (manager,) = enrolled(city, city.stranger())
    place = OpenedPlace.by(manager)

    answer = manager.delete("/v1/me")

    assert (answer.status, answer.code) == (409, "owns_organizations")
    assert answer.json["places"] == [{"place_id": place.place_id, "name": PLACE["name"]}]
    assert manager.delete(place.path).status == 204
    assert manager.delete("/v1/me").status == 204


def test_a_damaged_place_is_an_answer_and_no_traceback(city: TestCity, events: Events) -> None:
    manager = anybody(city)
    places = [OpenedPlace.by(manager) for _ in range(2)]
    key = PlaceRow.of(places[0].place_id)
    for attribute, value in (("name", None), ("created_at", {"S": "yesterday"})):
        with spoiled(key, attribute, value):
            answer = manager.get(places[0].path)
            assert (answer.status, answer.code) == (500, "broken_record")
    for attribute, raw in (("hours", {"S": '[{"days": "all"}]'}), ("violation", {"S": '{"until": "soon"}'})):
        item = stored(key) or {}
        put_raw(key, {**item, attribute: raw})
        assert manager.get(places[0].path).code == "broken_record"
        put_raw(key, item)
    spoil(key, "name")
    listed = manager.get(OWN_PLACES).json
    assert ([item["place_id"] for item in listed["items"]], listed["unreadable"]) == ([places[1].place_id], 1)
    assert events.of("row.broken")[-1]["table"] == "places"


def test_the_city_publishes_its_kinds_of_places(city: TestCity) -> None:
    (restaurant, *others) = city.api.get("/v1/city").json["place_types"]

    assert restaurant == {"type": "restaurant", "word": "Restaurant", "group": "ordinary"}
    assert city.api.speaking("zh-CN").get("/v1/city").json["place_types"][0]["word"] == "餐饮店"
    assert {one["group"] for one in others} == {"special", "key", "ordinary"}
