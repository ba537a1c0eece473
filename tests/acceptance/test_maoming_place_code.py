"""S2, Maoming's place code (茂名市场所码), from outside: R2.1 to R2.4, R2.6, and what stands of the others."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.conftest import RunningCity
from tests.support.client import Answer, Client
from tests.support.people import TestPerson
from tests.support.places import OWN_PLACES, PLACES, OpenedPlace, bind_staff, open_gate, poster_code, shown_place

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

MAONAN = "440902001"
MARKET = {"name": "河东农贸市场", "type": "market", "subdistrict": MAONAN, "address": "茂南区河东路 8 号"}


@pytest.fixture(scope="module")
def maoming(run_city: Callable[[str], RunningCity]) -> RunningCity:
    return run_city("maoming")


def market(manager: Client) -> OpenedPlace:
    """A new place of somebody."""
    return OpenedPlace.by(manager, **MARKET)


def staffed(maoming: RunningCity) -> tuple[OpenedPlace, Client, str]:
    """A place, an inspector of it, and as what the place knows them."""
    manager, inspector = map(maoming.verified, maoming.people(2))
    place = market(manager)
    return place, inspector, bind_staff(manager, place.place_id, inspector)


def visitor(maoming: RunningCity) -> tuple[TestPerson, Client]:
    """Somebody of whom nothing bad is known."""
    (person,) = maoming.people(1)
    return person, maoming.verified(person)


def infected(maoming: RunningCity) -> Client:
    """Somebody whose nucleic-acid test of two hours ago was positive."""
    person, client = visitor(maoming)
    sampled = (datetime.now(UTC) - timedelta(hours=2)).replace(microsecond=0)
    maoming.report(person, "nucleic_acid", "positive", sampled.isoformat())
    assert maoming.eventually(lambda: client.get("/v1/me/health-code").json["state"] == "red")
    return client


def inspect(inspector: Client, place: OpenedPlace, client: Client, temperature: str = "normal") -> Answer:
    """An inspector scans the pass that a visitor's phone shows."""
    shown = client.get("/v1/me/health-code").json["pass"]
    return inspector.post(f"{place.path}/checkins", {"pass": shown, "temperature": temperature})


def numbers(maoming: RunningCity, member: Client, place: OpenedPlace, visits: int) -> dict[str, Any]:
    """The numbers of today, once so many visits are counted: that takes a moment."""
    path = f"{place.path}/statistics"
    assert maoming.eventually(lambda: member.get(path).json["visits"] == visits), member.get(path).text
    return dict(member.get(path).json)


def test_r2_1_one_manager_has_one_place_of_this_city(maoming: RunningCity) -> None:
    manager, stranger = map(maoming.verified, maoming.people(2))

    place = market(manager)

    shown = shown_place(manager, place.place_id)
    assert {name: shown[name] for name in MARKET} == MARKET
    assert (shown["role"], shown["state"]) == ("manager", "open")
    assert manager.post(PLACES, {**MARKET, "name": "第二市场"}).code == "too_many_places"
    assert stranger.post(PLACES, {**MARKET, "subdistrict": "371302001"}).code == "foreign_subdistrict"
    assert stranger.get(place.path).code == "not_staff"


def test_r2_1_the_manager_is_an_inspector_too(maoming: RunningCity) -> None:
    manager = maoming.verified(maoming.people(1)[0])

    answer = inspect(manager, market(manager), visitor(maoming)[1])

    assert (answer.status, answer.json["allowed"]) == (201, True), answer.text


def test_r2_1_a_manager_is_replaced_by_one_of_the_staff(maoming: RunningCity) -> None:
    place, successor, member_id = staffed(maoming)
    former = place.manager
    offered = former.put(f"{place.path}/manager", {"successor": member_id})
    assert offered.status == 200, offered.text
    assert shown_place(successor, place.place_id)["role"] == "inspector"

    taken = successor.post(f"{place.path}/manager/acceptance")

    assert (taken.status, taken.json["role"]) == (200, "manager"), taken.text
    assert former.patch(place.path, {"name": "不再是我的"}).status == 403
    assert former.post(PLACES, MARKET).status == 201, "who gave a place away may have one again"
    assert successor.post(PLACES, MARKET).code == "too_many_places"


def test_r2_1_a_manager_unbinds_inspectors(maoming: RunningCity) -> None:
    place, inspector, member_id = staffed(maoming)
    _, client = visitor(maoming)
    assert inspect(inspector, place, client).status == 201

    assert place.manager.delete(f"{place.path}/staff/{member_id}").status == 204

    assert inspect(inspector, place, client).code == "not_staff"
    assert place.manager.get(f"{place.path}/staff").json["items"] == []


def test_r2_2_inspectors_bind_by_the_declaration_code_and_unbind_themselves(maoming: RunningCity) -> None:
    *managers, one, two = map(maoming.verified, maoming.people(4))
    first, other = map(market, managers)
    code = first.manager.get(f"{first.path}/declaration-code").json["declaration_code"]

    assert one.post(OWN_PLACES, {"declaration_code": code.lower()}).status == 201
    assert two.post(OWN_PLACES, {"declaration_code": code}).status == 201, "many inspectors at a place"
    bind_staff(other.manager, other.place_id, one)

    assert {item["place_id"] for item in one.get(OWN_PLACES).json["items"]} == {first.place_id, other.place_id}
    staff = first.manager.get(f"{first.path}/staff").json["items"]
    assert [(item["role"], item["name"][1:]) for item in staff] == [("inspector", "**")] * 2
    assert one.delete(f"{OWN_PLACES}/{first.place_id}").status == 204
    assert [item["place_id"] for item in one.get(OWN_PLACES).json["items"]] == [other.place_id]


def test_r2_2_a_new_declaration_code_voids_the_old_one(maoming: RunningCity) -> None:
    place, inspector, _ = staffed(maoming)
    late = maoming.verified(maoming.people(1)[0])
    code = place.manager.get(f"{place.path}/declaration-code").json["declaration_code"]

    assert place.manager.post(f"{place.path}/declaration-code").status == 201

    assert late.post(OWN_PLACES, {"declaration_code": code}).code == "declaration_code_refused"
    assert shown_place(inspector, place.place_id)["role"] == "inspector", "who is bound stays so"


def test_r2_3_an_inspector_scans_notes_the_temperature_and_the_next_follows(maoming: RunningCity) -> None:
    place, inspector, _ = staffed(maoming)
    (well, first), (feverish, second) = visitor(maoming), visitor(maoming)

    answers = [inspect(inspector, place, first), inspect(inspector, place, second, "fever")]

    assert [answer.status for answer in answers] == [201, 201]
    cards = [answer.json["visitor"] for answer in answers]
    for card, person in zip(cards, (well, feverish), strict=True):
        assert card["name"] == f"{person.name[0]}**"
        assert (card["document"][:2], card["document"][-2:]) == (person.number[:2], person.number[-2:])
        assert "*" in card["phone"]
        assert person.phone not in str(card)
        assert person.number not in str(card)
    told = [[answer.json[name] for name in ("allowed", "alarm", "temperature")] for answer in answers]
    assert told == [[True, False, "normal"], [False, True, "fever"]]
    assert {answer.json["temperature_source"] for answer in answers} == {"measured"}


def declare(maoming: RunningCity, client: Client, answer: str) -> None:
    """The same answer to each of the city's questions."""
    questions = maoming.api.get("/v1/city").json["questions"]
    given = [{"question": one["question"], "answer": answer} for one in questions]
    declared = client.post("/v1/me/declarations", {"answers": given})
    assert declared.status == 201, declared.text


def test_r2_3_the_last_declaration_is_on_the_card(maoming: RunningCity) -> None:
    place, inspector, _ = staffed(maoming)
    _, client = visitor(maoming)
    assert inspect(inspector, place, client).json["visitor"]["declaration"] is None

    for answer in ("no", "yes"):
        declare(maoming, client, answer)

    shown = inspect(inspector, place, client).json["visitor"]["declaration"]
    assert shown["concern"] is True
    assert {one["answer"] for one in shown["answers"]} == {"yes"}
    assert all(one["text"] for one in shown["answers"])


def test_r2_4_with_normal_temperature_a_scan_is_all_it_takes(maoming: RunningCity) -> None:
    place, _, _ = staffed(maoming)
    _, client = visitor(maoming)
    scan = {"code": poster_code(place.manager, place.place_id, place.gate_id), "temperature": "normal"}

    answer = client.post("/v1/checkins", scan)

    assert answer.status == 201, answer.text
    kept = {"temperature": "normal", "temperature_source": "self", "allowed": True, "mode": "poster"}
    assert {name: answer.json[name] for name in kept} == kept
    again = client.post("/v1/checkins", scan)
    assert (again.status, again.json["checkin_id"]) == (200, answer.json["checkin_id"])
    fever = client.post("/v1/checkins", {**scan, "temperature": "fever"})
    assert (fever.status, fever.code) == (422, "validation_failed"), "whoever has fever goes to an inspector"


def test_r2_5_a_printed_pass_says_nothing_of_its_holder_and_can_be_taken_back(maoming: RunningCity) -> None:
    person, client = visitor(maoming)

    printed = client.post("/v1/me/paper-passes")

    assert printed.status == 201, printed.text
    assert printed.json["name"] == f"{person.name[0]}**"
    assert person.number not in printed.text
    path = f"/v1/me/paper-passes/{printed.json['paper_id']}"
    assert "<svg" in client.get(f"{path}/qr").text
    assert client.delete(path).status == 204
    assert client.get("/v1/me/paper-passes").json["items"] == []


def test_r2_5_an_inspector_scans_a_printed_pass_until_it_is_printed_anew(maoming: RunningCity) -> None:
    place, inspector, _ = staffed(maoming)
    person, client = visitor(maoming)
    first = client.post("/v1/me/paper-passes").json["pass"]
    shown = {"pass": first, "temperature": "normal"}

    answer = inspector.post(f"{place.path}/checkins", shown)

    assert (answer.status, answer.json["mode"], answer.json["allowed"]) == (201, "paper", True), answer.text
    assert answer.json["visitor"]["name"] == f"{person.name[0]}**"
    (own,) = client.get("/v1/me/checkins").json["items"]
    assert own["checkin_id"] == answer.json["checkin_id"]
    assert inspector.post("/v1/passes/verify", {"pass": first}).code == "paper_pass_for_inspectors"
    second = client.post("/v1/me/paper-passes").json["pass"]
    assert inspector.post(f"{place.path}/checkins", shown).code == "paper_pass_void"
    assert inspector.post(f"{place.path}/checkins", {**shown, "pass": second}).status == 200, "the same visit"


def test_r2_5_a_companion_checks_in_whom_they_are_bound_to(maoming: RunningCity) -> None:
    place, _, _ = staffed(maoming)
    guardian, child = maoming.family()
    client = maoming.verified(guardian)
    bound = client.post("/v1/me/dependants", {**child.claim_of_a_guardian(), "relation": "child"})
    assert bound.status == 201, bound.text
    little = bound.json["dependant_id"]
    scan = {"code": poster_code(place.manager, place.place_id, place.gate_id), "dependants": [little]}

    answer = client.post("/v1/checkins", scan)

    assert (answer.status, answer.json["mode"]) == (201, "poster"), answer.text
    (brought,) = answer.json["dependants"]
    assert (brought["dependant_id"], brought["name"], brought["refused"]) == (little, f"{child.name[0]}**", None)
    assert (brought["checkin"]["mode"], brought["checkin"]["allowed"]) == ("dependant", True)
    assert brought["checkin"]["checkin_id"] != answer.json["checkin_id"]
    assert numbers(maoming, place.manager, place, 2)["by_mode"] == {"poster": 1, "dependant": 1}
    (foreign,) = visitor(maoming)[1].post("/v1/checkins", scan).json["dependants"]
    assert (foreign["refused"], foreign["name"]) == ("dependant_not_found", None)


def test_r2_5_a_kiosk_prints_the_pass_of_who_has_a_card_and_no_phone(maoming: RunningCity) -> None:
    place, inspector, _ = staffed(maoming)
    person, client = visitor(maoming)
    set_up = place.manager.post(f"{place.path}/kiosks", {"name": "Hall"})
    assert set_up.status == 201, set_up.text
    kiosk = f"Kiosk {set_up.json['credentials']}"

    printed = maoming.api("POST", "/v1/kiosk/paper-passes", person.claim(), authorization=kiosk)

    assert (printed.status, printed.json["name"]) == (201, f"{person.name[0]}**"), printed.text
    shown = {"pass": printed.json["pass"], "temperature": "normal"}
    assert inspector.post(f"{place.path}/checkins", shown).json["mode"] == "paper"
    assert client.get("/v1/me/checkins").json["items"][0]["place"]["place_id"] == place.place_id
    assert place.manager.delete(f"{place.path}/kiosks/{set_up.json['kiosk_id']}").status == 204
    assert maoming.api("POST", "/v1/kiosk/paper-passes", person.claim(), authorization=kiosk).code == "kiosk_refused"


def test_r2_5_who_has_no_phone_is_checked_in_by_name_and_document(maoming: RunningCity) -> None:
    place, inspector, _ = staffed(maoming)
    person, _ = visitor(maoming)

    answer = inspector.post(f"{place.path}/checkins", {**person.claim(), "temperature": "normal"})

    assert (answer.status, answer.json["mode"]) == (201, "typed"), answer.text
    assert answer.json["visitor"]["name"] == f"{person.name[0]}**"


def test_r2_6_eight_special_and_eighty_seven_key_types(maoming: RunningCity) -> None:
    shown = [maoming.api.speaking(language).get("/v1/city").json["place_types"] for language in ("zh-CN", "en")]

    for types in shown:
        groups = [one["group"] for one in types]
        assert (groups.count("special"), groups.count("key")) == (8, 87)
        assert groups.count("ordinary") > 0
        assert len({one["type"] for one in types}) == len({one["word"] for one in types}) == len(types)
    assert [one["word"] for one in shown[0]] != [one["word"] for one in shown[1]]
    manager = maoming.verified(maoming.people(1)[0])
    assert manager.post(PLACES, {**MARKET, "type": "casino"}).code == "invalid_place_type"


def test_r2_6_a_poster_hangs_at_every_entrance(maoming: RunningCity) -> None:
    place, inspector, _ = staffed(maoming)
    second = open_gate(place.manager, place.place_id, name="北门")

    first = place.manager.get(f"{place.path}/gates/{place.gate_id}/poster").json
    north = place.manager.get(f"{place.path}/gates/{second}/poster").json

    assert (north["place"], north["gate"], north["version"]) == (MARKET["name"], "北门", 1)
    assert "<svg" in north["svg"]
    assert first["code"] != north["code"]
    assert inspector.get(f"{place.path}/gates/{second}/poster").status == 403, "a poster is its manager's"


def test_r2_6_manager_and_inspector_see_statistics(maoming: RunningCity) -> None:
    place, inspector, _ = staffed(maoming)
    (_, scanning), red = visitor(maoming), infected(maoming)
    code = poster_code(place.manager, place.place_id, place.gate_id)
    assert scanning.post("/v1/checkins", {"code": code, "temperature": "normal"}).status == 201
    seen = inspect(inspector, place, red)
    assert (seen.status, seen.json["allowed"], seen.json["alarm"]) == (201, False, True), seen.text

    whole, own = numbers(maoming, place.manager, place, 2), numbers(maoming, inspector, place, 1)

    assert (whole["own"], whole["by_state"]) == (False, {"green": 1, "red": 1})
    assert (whole["alarms"], whole["by_temperature"]) == (1, {"normal": 2})
    assert whole["by_mode"] == {"poster": 1, "pass": 1}
    assert (own["own"], own["worrying"]) == (True, 1)


def test_r2_7_fever_that_comes_together_warns_the_officers(maoming: RunningCity) -> None:
    place, inspector, _ = staffed(maoming)
    officer = maoming.officer(maoming.people(1)[0])
    for person in maoming.people(3):
        assert inspect(inspector, place, maoming.verified(person), "fever").status == 201

    def warned() -> list[dict[str, Any]]:
        items = officer.get("/v1/city/warnings").json["items"]
        return [one for one in items if one["place_id"] == place.place_id]

    assert maoming.eventually(lambda: [one["amount"] for one in warned()] == [3]), warned()
    (warning,) = warned()
    assert (warning["place"], warning["subdistrict"]) == (MARKET["name"], MAONAN)
    assert inspector.get("/v1/city/warnings").status == 403


def test_b7_a_poster_that_is_replaced_opens_nothing_any_more(maoming: RunningCity) -> None:
    place, _, _ = staffed(maoming)
    _, client = visitor(maoming)
    old = poster_code(place.manager, place.place_id, place.gate_id)
    path = f"{place.path}/gates/{place.gate_id}/poster"

    replaced = place.manager.post(path)

    assert (replaced.status, replaced.json["version"]) == (201, 2), replaced.text
    assert client.post("/v1/checkins", {"code": old}).code == "poster_replaced"
    new = replaced.json["url"].rpartition("/c/")[2]
    assert client.post("/v1/checkins", {"code": new}).status == 201
    assert place.manager.delete(path).status == 204
    assert client.post("/v1/checkins", {"code": new}).code == "poster_replaced"


def test_b9_check_out_is_optional_and_a_stay_ends_by_itself(maoming: RunningCity) -> None:
    place = market(maoming.verified(maoming.people(1)[0]))
    _, client = visitor(maoming)
    code = poster_code(place.manager, place.place_id, place.gate_id)
    visit = client.post("/v1/checkins", {"code": code}).json
    stay = datetime.fromisoformat(visit["until"]) - datetime.fromisoformat(visit["at"])
    assert stay == timedelta(minutes=shown_place(place.manager, place.place_id)["stay_minutes"])

    assert client.post(f"/v1/checkins/{visit['checkin_id']}/checkout").status == 204

    (own,) = client.get("/v1/me/checkins").json["items"]
    assert (own["open"], own["checkin_id"]) == (False, visit["checkin_id"])
    assert own["out_at"] is not None


def test_b10_a_full_place_lets_nobody_in_until_somebody_leaves(maoming: RunningCity) -> None:
    place, _, _ = staffed(maoming)
    limited = place.manager.patch(place.path, {"capacity": 1, "capacity_mode": "strict"})
    assert limited.status == 200, limited.text
    (_, first), (_, second) = visitor(maoming), visitor(maoming)
    scan = {"code": poster_code(place.manager, place.place_id, place.gate_id)}
    inside = first.post("/v1/checkins", scan)
    assert (inside.json["occupancy"], inside.json["is_full"]) == (1, True), inside.text

    assert second.post("/v1/checkins", scan).code == "place_full"

    assert first.post(f"/v1/checkins/{inside.json['checkin_id']}/checkout").status == 204
    assert second.post("/v1/checkins", scan).status == 201
