"""Who works at a place: bound with its declaration code, listed, given gates and unbound (R2.1, R2.2, R4.4)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.people.tables.people import StaffPointer
from chalicelib.places.declaration import drawn_code
from chalicelib.places.service import declarations
from chalicelib.places.service import staff as service
from chalicelib.places.tables import PlaceRow, StaffRow
from tests.api.places.conftest import PlacesPolicy
from tests.support.books import at_once, person_id_of, person_key, statuses
from tests.support.city import TestCity
from tests.support.enrolled import anybody, enrolled
from tests.support.places import (
    OWN_PLACES,
    OpenedPlace,
    bind_staff,
    declaration_code,
    gates_of,
    make_registrar,
    open_gate,
    shown_place,
)
from tests.support.rows import spoil, spoiled, stored
from tests.support.statuses import states, turn

pytestmark = pytest.mark.api


def typed(code: str) -> dict[str, str]:
    return {"declaration_code": code}


def test_an_inspector_binds_with_the_declaration_code_and_unbinds(city: TestCity, place: OpenedPlace) -> None:
    person = city.stranger()
    (inspector,) = enrolled(city, person)
    code = declaration_code(place.manager, place.place_id)

    bound = inspector.post(OWN_PLACES, typed(f"{code[:4]}-{code[4:]}".lower()))

    assert (bound.status, bound.json["role"], bound.json["staff"]) == (201, "inspector", 1)
    again = inspector.post(OWN_PLACES, typed(code))
    assert (again.status, again.json) == (200, bound.json)
    (item,) = place.manager.get(f"{place.path}/staff").json["items"]
    assert (item["member_id"], item["role"], item["gates"]) == (bound.json["member_id"], "inspector", [])
    assert item["name"].endswith("**")
    pointer = StaffPointer.of(person_id_of(person), place.place_id)
    assert (stored(pointer) or {})["member_id"] == {"S": bound.json["member_id"]}
    assert inspector.delete(f"{OWN_PLACES}/{place.place_id}").status == 204
    assert inspector.delete(f"{OWN_PLACES}/{place.place_id}").code == "staff_not_found"
    assert inspector.get(place.path).code == "not_staff"
    assert stored(pointer) is None
    assert shown_place(place.manager, place.place_id)["staff"] == 0


def test_a_manager_works_there_without_being_bound(place: OpenedPlace) -> None:
    answer = place.manager.post(OWN_PLACES, typed(declaration_code(place.manager, place.place_id)))

    assert (answer.status, answer.json["role"], answer.json["staff"]) == (200, "manager", 0)


def test_many_work_at_a_place_and_one_at_many_places(city: TestCity, place: OpenedPlace) -> None:
    inspectors = [anybody(city) for _ in range(3)]
    member_ids = [bind_staff(place.manager, place.place_id, one) for one in inspectors]
    other = OpenedPlace.by(place.manager)
    elsewhere = bind_staff(other.manager, other.place_id, inspectors[0])

    assert [one["member_id"] for one in place.manager.get(f"{place.path}/staff").json["items"]] == member_ids
    assert elsewhere not in member_ids
    listed = [item["place_id"] for item in inspectors[0].get(OWN_PLACES).json["items"]]
    assert listed == sorted([place.place_id, other.place_id])


def test_wrong_replaced_and_closed_codes_are_refused_alike(city: TestCity, place: OpenedPlace) -> None:
    inspector = anybody(city)
    closed = OpenedPlace.by(place.manager)
    old, gone = declaration_code(place.manager, place.place_id), declaration_code(closed.manager, closed.place_id)
    rotated = place.manager.post(f"{place.path}/declaration-code")
    assert (rotated.status, rotated.json["declaration_code"] != old) == (201, True)
    assert declaration_code(place.manager, place.place_id) == rotated.json["declaration_code"]
    closed.manager.delete(closed.path)

    answers = [inspector.post(OWN_PLACES, typed(code)) for code in (old, gone, drawn_code())]

    bodies = [{**answer.json, "request_id": None} for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]
    assert (answers[0].status, answers[0].code) == (403, "declaration_code_refused")
    assert inspector.post(OWN_PLACES, rotated.json and typed(rotated.json["declaration_code"])).status == 201


def test_a_code_that_is_replaced_while_it_is_used_binds_nobody(
    city: TestCity, place: OpenedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector, code = anybody(city), declaration_code(place.manager, place.place_id)
    before = declarations._count_try  # noqa: SLF001  the moment between the code and the transaction

    def overtaken(*given: Any) -> None:
        before(*given)
        row = store.read_together([PlaceRow.of(place.place_id)]).get(PlaceRow.of(place.place_id))
        monkeypatch.setattr("chalicelib.places.service.declarations.store.read_together", lambda _: Only(row))

    class Only:
        def __init__(self, row: Any) -> None:
            self.row = row

        def get(self, _key: Any) -> Any:
            monkeypatch.undo()
            place.manager.post(f"{place.path}/declaration-code")
            return self.row

    monkeypatch.setattr(declarations, "_count_try", overtaken)
    assert inspector.post(OWN_PLACES, typed(code)).code == "declaration_code_refused"
    assert place.manager.get(f"{place.path}/staff").json["items"] == []


def test_tries_are_counted_but_typing_errors_are_not(city: TestCity, place: OpenedPlace) -> None:
    inspector, code = anybody(city), declaration_code(place.manager, place.place_id)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    with clock.frozen(clock.now().replace(hour=2, minute=0)) as time:
        inspector = anybody(city)
        assert {inspector.post(OWN_PLACES, typed(wrong)).code for _ in range(12)} == {"declaration_code_misspelt"}
        tried = [inspector.post(OWN_PLACES, typed(drawn_code())).code for _ in range(10)]
        refused = inspector.post(OWN_PLACES, typed(code))
        time.tick(3600)
        later = inspector.post(OWN_PLACES, typed(code))

    assert set(tried) == {"declaration_code_refused"}
    assert (refused.status, refused.code) == (429, "too_many_declaration_tries")
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert later.status == 201


def test_thirty_tries_a_day_are_all(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declarations, "TRIES_AN_HOUR", 1)
    monkeypatch.setattr(declarations, "TRIES_A_DAY", 2)
    with clock.frozen(clock.now().replace(hour=2, minute=0)) as time:
        inspector = anybody(city)
        codes = []
        for _ in range(3):
            codes.append(inspector.post(OWN_PLACES, typed(drawn_code())).code)
            time.tick(timedelta(hours=1).total_seconds())

    assert codes == ["declaration_code_refused"] * 2 + ["too_many_declaration_tries"]


def test_a_place_has_no_more_staff_than_the_city_allows(
    city: TestCity, place: OpenedPlace, places_policy: PlacesPolicy
) -> None:
    places_policy(staff_max=2)
    code = typed(declaration_code(place.manager, place.place_id))
    inspectors = [anybody(city) for _ in range(4)]

    answers = at_once(4, lambda number: inspectors[number].post(OWN_PLACES, code))

    assert statuses(answers).count(201) == 2
    assert {answer.code for answer in answers if answer.status not in {201, 503}} <= {"too_many_staff"}
    assert len(place.manager.get(f"{place.path}/staff").json["items"]) == 2


def test_the_same_person_at_once_is_bound_once(city: TestCity, place: OpenedPlace) -> None:
    inspector, code = anybody(city), typed(declaration_code(place.manager, place.place_id))

    answers = at_once(4, lambda _: inspector.post(OWN_PLACES, code))

    assert statuses(answers).count(201) == 1
    assert set(statuses(answers)) <= {200, 201, 503}
    assert shown_place(place.manager, place.place_id)["staff"] == 1


def test_gates_are_given_to_registrars_and_come_back(city: TestCity, place: OpenedPlace) -> None:
    member_id = bind_staff(place.manager, place.place_id, anybody(city))
    north = open_gate(place.manager, place.place_id)
    path = f"{place.path}/staff/{member_id}"

    def owners() -> list[str | None]:
        return [gate["registrar_id"] for gate in gates_of(place.manager, place.place_id)]

    refused = place.manager.patch(path, {"gates": [north]})
    assert (refused.status, refused.code) == (422, "gates_need_a_registrar")
    given = place.manager.patch(path, {"role": "registrar", "gates": [north, north]})
    assert (given.json["role"], given.json["gates"], owners()) == ("registrar", [north], [None, member_id])
    moved = place.manager.patch(path, {"gates": [place.gate_id]})
    assert (moved.json["gates"], owners()) == ([place.gate_id], [member_id, None])
    assert place.manager.patch(path, {}).json == moved.json
    assert place.manager.patch(path, {"gates": ["nothing"]}).code == "unknown_gate"
    assert place.manager.patch(path, {"role": "inspector"}).json["gates"] == []
    assert owners() == [None, None]
    make_registrar(place.manager, place.place_id, member_id, place.gate_id, north)
    assert place.manager.delete(path).status == 204
    assert owners() == [None, None]
    assert place.manager.delete(path).code == place.manager.patch(path, {}).code == "staff_not_found"


def test_a_gate_given_to_somebody_abnormal_is_suspended_until_it_comes_back(city: TestCity, place: OpenedPlace) -> None:
    person = city.stranger()
    (registrar,) = enrolled(city, person)
    member_id = bind_staff(place.manager, place.place_id, registrar)
    turn(person, states()[-1])

    make_registrar(place.manager, place.place_id, member_id, place.gate_id)
    assert [gate["is_suspended"] for gate in gates_of(place.manager, place.place_id)] == [True]

    place.manager.patch(f"{place.path}/staff/{member_id}", {"gates": []})
    assert [gate["is_suspended"] for gate in gates_of(place.manager, place.place_id)] == [False]


def test_staff_is_for_the_manager_to_see_and_change(city: TestCity, place: OpenedPlace) -> None:
    inspector = anybody(city)
    member_id = bind_staff(place.manager, place.place_id, inspector)

    asked = [("GET", "/staff"), ("PATCH", f"/staff/{member_id}"), ("DELETE", f"/staff/{member_id}")]
    asked += [("GET", "/declaration-code"), ("POST", "/declaration-code")]
    for caller in (inspector, anybody(city)):
        for method, path in asked:
            assert (
                caller(method, f"{place.path}{path}", {} if method == "PATCH" else None).code == "not_the_place_manager"
            )


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "declaration_code"), (typed(""), "declaration_code"), (typed("0" * 33), "declaration_code")],
)
def test_a_code_must_be_given(city: TestCity, body: dict[str, Any], field: str) -> None:
    answer = anybody(city).post(OWN_PLACES, body)

    assert (answer.status, [one["field"] for one in answer.json["errors"]]) == (422, [field])


def test_an_erased_person_works_nowhere(city: TestCity, place: OpenedPlace) -> None:
    person = city.stranger()
    (registrar,) = enrolled(city, person)
    member_id = bind_staff(place.manager, place.place_id, registrar)
    make_registrar(place.manager, place.place_id, member_id, place.gate_id)

    assert registrar.delete("/v1/me").status == 204

    assert place.manager.get(f"{place.path}/staff").json["items"] == []
    assert gates_of(place.manager, place.place_id)[0]["registrar_id"] is None
    assert shown_place(place.manager, place.place_id)["staff"] == 0
    assert stored(StaffPointer.of(person_id_of(person), place.place_id)) is None
    assert (stored(person_key(person)) or {})["staffed"] == {"N": "0"}


def test_a_pointer_to_no_role_goes_with_its_person(city: TestCity, place: OpenedPlace) -> None:
    person = city.stranger()
    (inspector,) = enrolled(city, person)
    member_id = bind_staff(place.manager, place.place_id, inspector)
    store.delete(StaffRow.of(place.place_id, member_id))

    assert inspector.delete("/v1/me").status == 204

    assert stored(StaffPointer.of(person_id_of(person), place.place_id)) is None
    assert (stored(person_key(person)) or {})["staffed"] == {"N": "0"}


def test_a_role_of_an_ended_life_opens_nothing_and_makes_place_for_a_new_one(
    city: TestCity, place: OpenedPlace
) -> None:
    person = city.stranger()
    (inspector,) = enrolled(city, person)
    bind_staff(place.manager, place.place_id, inspector)
    key = StaffRow.of(place.place_id, pairwise_id(place.place_id, person_id_of(person)))
    store.update(key, [StaffRow.enrolment.set(0)])

    assert inspector.get(place.path).code == "not_staff"
    assert inspector.delete(f"{OWN_PLACES}/{place.place_id}").code == "staff_not_found"
    assert inspector.post(OWN_PLACES, typed(declaration_code(place.manager, place.place_id))).status == 201
    assert shown_place(inspector, place.place_id)["staff"] == 1


def test_a_damaged_role_is_an_answer_and_hides_no_other(city: TestCity, place: OpenedPlace) -> None:
    people = [city.stranger(), city.stranger()]
    clients = enrolled(city, *people)
    member_ids = [bind_staff(place.manager, place.place_id, one) for one in clients]
    key = StaffRow.of(place.place_id, member_ids[0])
    with spoiled(key, "bound_at", {"S": "yesterday"}):
        assert clients[0].get(place.path).code == "broken_record"
        assert place.manager.patch(f"{place.path}/staff/{member_ids[0]}", {}).code == "broken_record"
        assert clients[0].delete(f"{OWN_PLACES}/{place.place_id}").code == "broken_record"
    spoil(key, "name_mask")
    listed = place.manager.get(f"{place.path}/staff").json
    assert ([one["member_id"] for one in listed["items"]], listed["unreadable"]) == (member_ids[1:], 1)
    assert clients[0].delete("/v1/me").status == 204
    with spoiled(PlaceRow.of(place.place_id), "declaration_code"):
        assert place.manager.get(f"{place.path}/declaration-code").code == "broken_record"


def test_of_two_requests_of_one_person_the_second_finds_the_first(
    city: TestCity, place: OpenedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector, code = anybody(city), typed(declaration_code(place.manager, place.place_id))
    before = service._new_inspector  # noqa: SLF001  the moment between the look and the transaction

    def overtaken(*given: Any) -> StaffRow:
        monkeypatch.undo()
        assert inspector.post(OWN_PLACES, code).status == 201
        return before(*given)

    monkeypatch.setattr(service, "_new_inspector", overtaken)
    answer = inspector.post(OWN_PLACES, code)
    assert (answer.status, answer.json["role"]) == (200, "inspector")
    assert shown_place(place.manager, place.place_id)["staff"] == 1
