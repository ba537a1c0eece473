"""Gates, posters and screens (R4.4, B7)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.places.codes import read_gate_code
from chalicelib.places.errors.places import ScreenCodeOver
from chalicelib.places.service import gates as service
from chalicelib.places.tables import GateRow
from tests.api.places.conftest import PlacesPolicy
from tests.support.city import TestCity
from tests.support.enrolled import anybody
from tests.support.events import Events
from tests.support.places import (
    OpenedPlace,
    bind_staff,
    gates_of,
    make_registrar,
    open_gate,
    poster_code,
    screen_code,
    shown_place,
)
from tests.support.qr import read_back
from tests.support.rows import spoil, spoiled

pytestmark = pytest.mark.api


def test_gates_stand_side_by_side_with_codes_of_their_own(place: OpenedPlace) -> None:
    north = open_gate(place.manager, place.place_id, name="  北门 ")

    gates = gates_of(place.manager, place.place_id)

    assert [gate["name"] for gate in gates] == ["正门 Main entrance", "北门"]
    assert [gate["gate_id"] for gate in gates] == [place.gate_id, north]
    assert shown_place(place.manager, place.place_id)["gates"] == 2
    read = [read_gate_code(poster_code(place.manager, place.place_id, gate["gate_id"])) for gate in gates]
    assert [(one.place_id, one.gate_id, one.version, one.rotating) for one in read] == [
        (place.place_id, place.gate_id, 1, False),
        (place.place_id, north, 1, False),
    ]


def test_a_poster_says_what_it_is_and_its_picture_is_its_address(place: OpenedPlace) -> None:
    answer = place.manager.get(f"{place.path}/gates/{place.gate_id}/poster")

    poster = answer.json
    assert (poster["place"], poster["gate"], poster["version"]) == ("Lotus Restaurant", "正门 Main entrance", 1)
    assert poster["url"].endswith(f"/c/{poster['code']}")
    assert poster["print_url"] == f"{poster['url']}/print"
    assert read_back(poster["svg"]) == poster["url"]


def test_a_replaced_poster_is_another_and_a_voided_one_is_none(place: OpenedPlace) -> None:
    manager, path = place.manager, f"{place.path}/gates/{place.gate_id}/poster"
    first = manager.get(path).json

    second = manager.post(path)

    assert (second.status, second.json["version"]) == (201, 2)
    assert second.json["code"] != first["code"]
    assert manager.get(path).json == second.json
    assert manager.delete(path).status == manager.delete(path).status == 204
    assert manager.get(path).code == "poster_voided"
    (gate,) = gates_of(manager, place.place_id)
    assert (gate["version"], gate["voided_at"] is None) == (2, False)
    assert manager.post(path).json["version"] == 3
    assert gates_of(manager, place.place_id)[0]["voided_at"] is None


def test_a_gate_has_as_many_posters_as_its_code_can_tell(place: OpenedPlace) -> None:
    store.update(GateRow.of(place.place_id, place.gate_id), [GateRow.version.set(service.MOST_VERSIONS - 1)])
    path = f"{place.path}/gates/{place.gate_id}/poster"

    assert place.manager.post(path).json["version"] == service.MOST_VERSIONS
    assert place.manager.post(path).code == "too_many_posters"


def test_a_screen_shows_another_code_every_half_minute(place: OpenedPlace) -> None:
    gate_id = open_gate(place.manager, place.place_id, presence="rotating")
    path = f"{place.path}/gates/{gate_id}/screen"
    with clock.frozen(datetime(2022, 4, 6, 2, 0, 10, tzinfo=UTC)) as time:
        first = place.manager.get(path).json
        time.tick(20)
        second = place.manager.get(path).json
        read = read_gate_code(first["code"])
        time.tick(30)
        with pytest.raises(ScreenCodeOver):
            read_gate_code(first["code"])

    assert (read.gate_id, read.rotating) == (gate_id, True)
    assert (first["until"], second["until"]) == ("2022-04-06T02:00:30Z", "2022-04-06T02:01:00Z")
    assert first["code"] != second["code"]
    assert read_back(second["svg"]) == second["url"]


def test_a_printed_gate_has_no_screen_until_it_is_changed(place: OpenedPlace) -> None:
    path = f"{place.path}/gates/{place.gate_id}"
    assert place.manager.get(f"{path}/screen").code == "no_screen"

    changed = place.manager.patch(path, {"presence": "rotating", "name": "Door"})

    assert (changed.json["presence"], changed.json["name"]) == ("rotating", "Door")
    assert screen_code(place.manager, place.place_id, place.gate_id)
    assert place.manager.patch(path, {}).json == changed.json
    assert place.manager.delete(f"{path}/poster").status == 204
    assert place.manager.get(f"{path}/screen").code == "poster_voided"


def test_a_gate_is_removed_but_for_the_last(place: OpenedPlace) -> None:
    other = open_gate(place.manager, place.place_id)

    assert place.manager.delete(f"{place.path}/gates/{place.gate_id}").status == 204

    assert [gate["gate_id"] for gate in gates_of(place.manager, place.place_id)] == [other]
    assert place.manager.delete(f"{place.path}/gates/{place.gate_id}").code == "gate_not_found"
    assert place.manager.delete(f"{place.path}/gates/{other}").code == "last_gate"


def test_a_place_has_no_more_gates_than_the_city_allows(place: OpenedPlace, places_policy: PlacesPolicy) -> None:
    places_policy(gates_max=2)
    open_gate(place.manager, place.place_id)

    assert place.manager.post(f"{place.path}/gates", {"name": "Third"}).code == "too_many_gates"


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": " "}, "name"), ({"name": "x", "presence": "both"}, "presence")],
)
def test_a_gate_needs_a_name(place: OpenedPlace, body: dict[str, Any], field: str) -> None:
    answer = place.manager.post(f"{place.path}/gates", body)

    assert (answer.status, [one["field"] for one in answer.json["errors"]]) == (422, [field])


def test_a_registrar_runs_their_own_gates_and_no_others(city: TestCity, place: OpenedPlace) -> None:
    registrar, inspector, stranger = anybody(city), anybody(city), anybody(city)
    member_id = bind_staff(place.manager, place.place_id, registrar)
    bind_staff(place.manager, place.place_id, inspector)
    make_registrar(place.manager, place.place_id, member_id)
    own = open_gate(place.manager, place.place_id, registrar_id=member_id, presence="rotating")

    path = f"{place.path}/gates/{own}"
    assert registrar.patch(path, {"name": "My gate"}).json["registrar_id"] == member_id
    assert registrar.get(f"{path}/poster").status == 200
    assert registrar.post(f"{path}/poster").status == 201
    assert registrar.get(f"{path}/screen").status == inspector.get(f"{path}/screen").status == 200
    assert registrar.delete(f"{path}/poster").status == 204
    for caller, gate_id in ((registrar, place.gate_id), (inspector, own)):
        other = f"{place.path}/gates/{gate_id}"
        assert caller.patch(other, {"name": "Mine"}).code == "not_your_gate"
        assert caller.get(f"{other}/poster").code == "not_your_gate"
        assert caller.post(f"{other}/poster").code == "not_your_gate"
        assert caller.delete(f"{other}/poster").code == "not_your_gate"
        assert caller.delete(other).code == "not_the_place_manager"
    assert stranger.get(f"{place.path}/gates").code == stranger.get(f"{path}/screen").code == "not_staff"
    refused = place.manager.post(f"{place.path}/gates", {"name": "x", "registrar_id": "nobody"})
    assert refused.code == "staff_not_found"


def test_a_gate_that_changes_under_a_request_is_changed_once(
    place: OpenedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, before = f"{place.path}/gates/{place.gate_id}/poster", service.stored_gate
    key = GateRow.of(place.place_id, place.gate_id)

    def overtaken(place_id: str, gate_id: str) -> GateRow:
        gate = before(place_id, gate_id)
        store.update(key, [GateRow.version.add(1)])
        return gate

    monkeypatch.setattr(service, "stored_gate", overtaken)
    assert place.manager.post(path).code == "gate_changed"
    monkeypatch.undo()
    assert place.manager.get(path).json["version"] == 2


def test_a_damaged_gate_is_an_answer_and_hides_no_other(place: OpenedPlace, events: Events) -> None:
    open_gate(place.manager, place.place_id)
    key = GateRow.of(place.place_id, place.gate_id)
    with spoiled(key, "printed_at", {"S": "yesterday"}):
        for method, path in (("GET", "/poster"), ("POST", "/poster"), ("GET", "/screen"), ("DELETE", "")):
            answer = place.manager(method, f"{place.path}/gates/{place.gate_id}{path}")
            assert (answer.status, answer.code) == (500, "broken_record")
    spoil(key, "name")
    listed = place.manager.get(f"{place.path}/gates").json
    assert (len(listed["items"]), listed["unreadable"]) == (1, 1)
    assert events.of("row.broken")


def test_codes_of_screens_are_over_soon(place: OpenedPlace) -> None:
    gate_id = open_gate(place.manager, place.place_id, presence="rotating")
    code = screen_code(place.manager, place.place_id, gate_id)
    with clock.frozen(clock.now() + timedelta(minutes=2)), pytest.raises(ScreenCodeOver):
        read_gate_code(code)


@pytest.mark.parametrize(("method", "moment"), [("POST", "new_gate_id"), ("DELETE", "stored_gate")])
def test_a_place_that_is_closed_under_a_request_has_no_gates(
    place: OpenedPlace, monkeypatch: pytest.MonkeyPatch, method: str, moment: str
) -> None:
    before = getattr(service, moment)

    def overtaken(*given: Any) -> Any:
        monkeypatch.undo()
        found = before(*given)
        assert place.manager.delete(place.path).status == 204
        return found

    monkeypatch.setattr(service, moment, overtaken)
    path = f"{place.path}/gates" + (f"/{place.gate_id}" if method == "DELETE" else "")
    assert place.manager(method, path, {"name": "Late"} if method == "POST" else None).code == "place_not_found"
