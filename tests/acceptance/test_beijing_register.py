"""S4, Beijing's visitor register (健康宝 登记簿), from outside: R4.1 to R4.4, R4.7, and what stands of B4."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.conftest import RunningCity
from tests.support.client import Answer, Client
from tests.support.people import TestPerson
from tests.support.places import (
    OWN_PLACES,
    PLACES,
    OpenedPlace,
    bind_staff,
    gates_of,
    make_registrar,
    open_gate,
    poster_code,
    screen_code,
    shown_place,
)

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


REGISTER = {"name": "东城区图书馆", "type": "office", "subdistrict": "110101001", "address": "交道口东大街 85 号"}


@pytest.fixture(scope="module")
def beijing(run_city: Callable[[str], RunningCity]) -> RunningCity:
    return run_city("beijing")


def recently() -> str:
    return (datetime.now(UTC) - timedelta(hours=2)).replace(microsecond=0).isoformat()


def code_of(client: Client) -> dict[str, Any]:
    """The code as a reader of Chinese gets it."""
    answer = client.get("/v1/me/health-code", **{"accept-language": "zh-CN"})
    assert answer.status == 200, answer.text
    return dict(answer.json)


def becomes(city: RunningCity, client: Client, state: str) -> dict[str, Any]:
    """The code once it shows a state: facts take a moment."""
    found = city.eventually(lambda: (code := code_of(client))["state"] == state and code)
    assert found, code_of(client)
    return dict(found)


@pytest.mark.parametrize(
    ("fact", "state", "shown"),
    [
        (("nucleic_acid", "negative"), "normal", ("未见异常", "#15803d", "none")),
        (("case", "confirmed"), "central_observation", ("集中观察", "#b91c1c", "none")),
        (("contact", "secondary"), "home_observation", ("居家观察", "#eab308", "none")),
        (("travel_check", "pending"), "travel_check", ("行程待核验", "#1d4ed8", "travel_check")),
        (("high_risk_travel", "medium"), "travel_report", ("行程待报告", "#4338ca", "report")),
    ],
)
def test_r4_7_each_state_has_its_word_instruction_and_contact(
    beijing: RunningCity, fact: tuple[str, str], state: str, shown: tuple[str, str, str]
) -> None:
    (person,) = beijing.people(1)
    client = beijing.verified(person)

    beijing.report(person, *fact, recently())

    code = becomes(beijing, client, state)
    assert (code["word"], code["colour"], code["action"]) == shown
    assert code["instruction"]
    assert code["contact"]["phone"]
    assert code["contact"]["hours"]
    assert code["allows_entry"] is (state == "normal")


def test_r4_7_travel_is_verified_with_the_national_platform(beijing: RunningCity) -> None:
    (person,) = beijing.people(1)
    client = beijing.verified(person)
    beijing.report(person, "travel_check", "pending", recently())
    becomes(beijing, client, "travel_check")

    checked = client.post("/v1/me/health-code/travel-check")

    if beijing.is_deployed:  # no national platform is connected to it: nobody's travel is taken for harmless
        assert (checked.status, checked.code) == (503, "travel_unavailable")
        assert code_of(client)["state"] == "travel_check"
    else:
        assert checked.status == 200, checked.text
        assert checked.json["state"] == "normal"


def test_r4_7_a_reported_journey_stays_until_an_officer_answers(beijing: RunningCity) -> None:
    person, official = beijing.people(2)
    client, officer = beijing.verified(person), beijing.officer(official)
    beijing.report(person, "high_risk_travel", "high", recently())
    becomes(beijing, client, "travel_report")

    sent = client.post("/v1/messages", {"category": "travel_report", "text": "昨天从外地回京，已在家。"})

    assert sent.status == 201, sent.text
    assert code_of(client)["state"] == "travel_report"
    waiting = officer.get("/v1/messages").json["items"]
    message_id = sent.json["message_id"]
    assert message_id in [one["message_id"] for one in waiting]
    answered = officer.post(f"/v1/messages/{message_id}/answer", {"text": "已登记，请做好防护。"})
    assert answered.status == 200, answered.text
    assert becomes(beijing, client, "normal")["cause"] is None
    (own,) = client.get("/v1/me/messages").json["items"]
    assert own["answer"] == "已登记，请做好防护。"


def register(registrar: Client) -> OpenedPlace:
    """A new register of somebody."""
    return OpenedPlace.by(registrar, **REGISTER)


def scan(client: Client, code: str) -> Answer:
    return client.post("/v1/checkins", {"code": code}, **{"accept-language": "zh-CN"})


def first_code(place: OpenedPlace) -> str:
    return poster_code(place.manager, place.place_id, place.gate_id)


def confirmed(beijing: RunningCity, person: TestPerson, client: Client) -> None:
    """Somebody becomes a case."""
    beijing.report(person, "case", "confirmed", recently())
    becomes(beijing, client, "central_observation")


def recovers(beijing: RunningCity, person: TestPerson, client: Client) -> None:
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    beijing.report(person, "case", "recovered", now)
    becomes(beijing, client, "normal")


def becomes_place(beijing: RunningCity, place: OpenedPlace, state: str) -> None:
    """Wait until a register is in a state: that takes a moment."""
    assert beijing.eventually(lambda: shown_place(place.manager, place.place_id)["state"] == state)


def test_r4_1_one_scan_registers_the_visit_and_shows_the_status(beijing: RunningCity) -> None:
    registrar, visitor = map(beijing.verified, beijing.people(2))
    place = register(registrar)
    poster = registrar.get(f"{place.path}/gates/{place.gate_id}/poster").json
    assert "<svg" in poster["svg"]
    assert poster["print_url"]

    answer = scan(visitor, poster["url"])

    assert answer.status == 201, answer.text
    assert (answer.json["state"]["word"], answer.json["allowed"], answer.json["alarm"]) == ("未见异常", True, False)
    assert answer.json["place"]["name"] == REGISTER["name"]
    (own,) = visitor.get("/v1/me/checkins").json["items"]
    assert own["checkin_id"] == answer.json["checkin_id"]


def test_r4_2_an_abnormal_visitor_sounds_the_siren(beijing: RunningCity) -> None:
    owner, person = beijing.people(2)
    registrar, visitor = beijing.verified(owner), beijing.verified(person)
    place = register(registrar)
    confirmed(beijing, person, visitor)

    answer = scan(visitor, first_code(place))

    assert answer.status == 201, "the visit is registered all the same"
    assert (answer.json["alarm"], answer.json["allowed"]) == (True, False)
    assert answer.json["state"]["word"] == "集中观察"
    day = f"{place.path}/statistics"
    assert beijing.eventually(lambda: registrar.get(day).json["alarms"] == 1), registrar.get(day).text


def test_r4_2_a_register_that_is_deleted_takes_nobody_in_any_more(beijing: RunningCity) -> None:
    registrar, visitor = map(beijing.verified, beijing.people(2))
    place = register(registrar)
    code = first_code(place)

    assert registrar.delete(place.path).status == 204

    assert scan(visitor, code).code == "place_not_found"
    assert registrar.get(OWN_PLACES).json["items"] == []


def test_r4_2_the_manager_sees_visitors_live_and_exports_them_masked(beijing: RunningCity) -> None:
    owner, person, other = beijing.people(3)
    registrar, visitor, inspector = map(beijing.verified, (owner, person, other))
    place = register(registrar)
    bind_staff(registrar, place.place_id, inspector)
    assert registrar.get(f"{place.path}/checkins").json["items"] == []

    assert scan(visitor, first_code(place)).status == 201

    listed = registrar.get(f"{place.path}/checkins")
    (item,) = listed.json["items"]
    assert (item["name"], item["state"], item["alarm"]) == (f"{person.name[0]}**", "normal", False)
    assert (item["document"][:2], item["document"][-2:]) == (person.number[:2], person.number[-2:])
    assert inspector.get(f"{place.path}/checkins").json["items"][0]["name"] == item["name"]
    assert visitor.get(f"{place.path}/checkins").code == "not_staff"
    file = registrar.get(f"{place.path}/export")
    assert (file.status, file.headers["content-type"]) == (200, "text/csv; charset=utf-8"), file.text
    (row,) = [line for line in file.text.splitlines() if item["visitor_id"] in line]
    assert all(f'"{shown}"' in row for shown in (item["name"], item["document"]))
    for shown in (listed.text, file.text):
        assert not any(whole in shown for whole in (person.name, person.number, person.phone))
    assert inspector.get(f"{place.path}/export").code == "not_the_place_manager"
    told = {"live_list", "checkin_export"}
    assert beijing.eventually(lambda: told <= {one["why"] for one in visitor.get("/v1/me/access-log").json["items"]}), (
        "the visitor reads of both"
    )


def test_r4_2_of_a_deleted_register_its_manager_reads_no_visit_and_the_visitor_their_own(beijing: RunningCity) -> None:
    registrar, visitor = map(beijing.verified, beijing.people(2))
    place = register(registrar)
    visit = scan(visitor, first_code(place)).json["checkin_id"]
    views = [f"{place.path}/{view}" for view in ("checkins", "export", "statistics")]
    assert [registrar.get(view).status for view in views] == [200] * 3

    assert registrar.delete(place.path).status == 204

    assert [registrar.get(view).code for view in views] == ["place_not_found"] * 3
    (own,) = visitor.get("/v1/me/checkins").json["items"]
    assert own["checkin_id"] == visit


def test_r4_3_only_who_has_nothing_abnormal_opens_a_register(beijing: RunningCity) -> None:
    (person,) = beijing.people(1)
    client = beijing.verified(person)
    beijing.report(person, "contact", "secondary", recently())
    becomes(beijing, client, "home_observation")

    refused = client.post(PLACES, REGISTER)

    assert (refused.status, refused.code) == (403, "may_not_run_places")


def test_r4_3_it_is_disabled_while_its_registrar_is_abnormal(beijing: RunningCity) -> None:
    person, other = beijing.people(2)
    registrar, visitor = beijing.verified(person), beijing.verified(other)
    place = register(registrar)
    code = first_code(place)

    confirmed(beijing, person, registrar)

    becomes_place(beijing, place, "suspended")
    assert scan(visitor, code).code == "place_suspended"
    (why,) = shown_place(registrar, place.place_id)["suspensions"]
    assert (why["cause"], why["reason"]) == ("state", None)
    recovers(beijing, person, registrar)
    becomes_place(beijing, place, "open")
    assert scan(visitor, code).status == 201


def test_r4_3_one_officer_disables_it_after_a_violation_and_another_lifts_that(beijing: RunningCity) -> None:
    registrar, visitor = map(beijing.verified, beijing.people(2))
    one, two = map(beijing.officer, beijing.people(2))
    place = register(registrar)
    path, reason = f"{place.path}/suspension", {"reason": "门口不查验登记码"}
    assert registrar.put(path, reason).code == "officer_required"

    assert one.put(path, reason).status == 200

    assert scan(visitor, first_code(place)).code == "place_suspended"
    (why,) = shown_place(registrar, place.place_id)["suspensions"]
    assert (why["cause"], why["reason"]) == ("violation", reason["reason"])
    assert one.delete(path).code == "same_officer"
    assert two.delete(path).status == 204
    assert scan(visitor, first_code(place)).status == 201


def test_r4_4_several_registrars_and_codes_stand_side_by_side(beijing: RunningCity) -> None:
    owner, person, *guests = beijing.people(4)
    manager, registrar = beijing.verified(owner), beijing.verified(person)
    first, second = map(beijing.verified, guests)
    place = register(manager)
    member_id = bind_staff(manager, place.place_id, registrar)
    gate = open_gate(manager, place.place_id, name="东门")
    make_registrar(manager, place.place_id, member_id, gate)

    own, others = poster_code(registrar, place.place_id, gate), first_code(place)
    assert registrar.get(f"{place.path}/gates/{place.gate_id}/poster").code == "not_your_gate"
    answers = [scan(first, others), scan(second, own)]
    assert [(one.status, one.json["place"]["gate"]) for one in answers][1] == (201, "东门")
    assert answers[0].json["place"]["gate"] != "东门"

    confirmed(beijing, person, registrar)

    def suspended() -> list[str]:
        return [one["gate_id"] for one in gates_of(manager, place.place_id) if one["is_suspended"]]

    assert beijing.eventually(lambda: suspended() == [gate]), "an abnormal registrar's own gates only"
    third = beijing.verified(beijing.people(1)[0])
    assert scan(third, own).code == "place_suspended"
    assert scan(third, others).status == 201


def test_b4_a_forwarded_code_changes_nobodys_state(beijing: RunningCity) -> None:
    """A picture of the poster is sent to somebody far away, who scans it: nothing of their status changes."""
    owner, person = beijing.people(2)
    registrar, visitor = beijing.verified(owner), beijing.verified(person)
    place = register(registrar)
    before = code_of(visitor)
    assert before["state"] == "normal"

    answer = scan(visitor, first_code(place))

    assert (answer.status, answer.json["assurance"]) == (201, "static"), "it proves no presence, and says so"
    assert beijing.eventually(lambda: registrar.get(f"{place.path}/statistics").json["visits"] == 1), (
        "all is done by now"
    )
    after = code_of(visitor)
    assert [after[name] for name in ("state", "since", "cause")] == [
        before[name] for name in ("state", "since", "cause")
    ]
    assert [one["state"] for one in visitor.get("/v1/me/health-code/history").json["items"]] == ["normal"]


def test_b4_a_screen_that_changes_refuses_what_was_printed(beijing: RunningCity) -> None:
    registrar, visitor = map(beijing.verified, beijing.people(2))
    place = register(registrar)
    printed = first_code(place)
    gate = f"{place.path}/gates/{place.gate_id}"
    assert registrar.patch(gate, {"presence": "rotating"}).status == 200

    assert scan(visitor, printed).code == "screen_required"

    shown = scan(visitor, screen_code(registrar, place.place_id, place.gate_id))
    assert (shown.status, shown.json["assurance"], shown.json["mode"]) == (201, "rotating", "screen")
