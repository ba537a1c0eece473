"""Kiosks: credentials of their own, and printed passes for people who stand there with their card (R2.5, design §7)."""

from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.health.service.papers import PaperPasses
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.service import kiosks
from chalicelib.places.tables import PlaceRow
from chalicelib.places.tables.kiosks import KioskRow
from tests.support.books import person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody
from tests.support.places import OpenedPlace
from tests.support.rows import items_of, spoil
from tests.support.visits import inspect, site, well

pytestmark = pytest.mark.api

PRINT = "/v1/kiosk/paper-passes"


@pytest.fixture
def place(city: TestCity) -> OpenedPlace:
    """A place whose manager proved the phone just now."""
    return OpenedPlace.by(city.verified())


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


def set_up(place: OpenedPlace, name: str = "Hall") -> str:
    """The credentials of a new kiosk."""
    answer = place.manager.post(f"{place.path}/kiosks", {"name": name})
    assert answer.status == 201, answer.text
    return str(answer.json["credentials"])


def ask(city: TestCity, credentials: str, body: Any) -> Answer:
    """A kiosk asks for a print."""
    return city.api("POST", PRINT, body, authorization=f"Kiosk {credentials}")


def kiosks_of(manager: Client, place: OpenedPlace) -> list[Any]:
    items: list[Any] = manager.get(f"{place.path}/kiosks").json["items"]
    return items


def test_a_kiosk_prints_a_pass_that_an_inspector_can_scan(city: TestCity, place: OpenedPlace) -> None:
    person = city.stranger()
    (own,) = well(city, person)
    credentials = set_up(place)

    printed = ask(city, credentials, person.claim())

    assert printed.status == 201, printed.text
    assert printed.json["pass"].startswith("P1.")
    assert printed.json["svg"].startswith("<?xml") or "<svg" in printed.json["svg"]
    assert printed.json["name"] == own.get("/v1/me").json["name"]
    scanned = place.manager.post(f"{place.path}/checkins", {"pass": printed.json["pass"], "temperature": "normal"})
    assert scanned.status == 201, scanned.text
    city.deliver()
    whys = [(one["why"], one["organization"]) for one in own.get("/v1/me/access-log").json["items"]]
    assert ("kiosk", "Lotus Restaurant") in whys


def test_a_second_print_voids_the_first(city: TestCity, place: OpenedPlace) -> None:
    person = city.stranger()
    well(city, person)
    credentials = set_up(place)
    first = ask(city, credentials, person.claim()).json["pass"]
    assert ask(city, credentials, person.claim()).status == 201
    answer = place.manager.post(f"{place.path}/checkins", {"pass": first, "temperature": "normal"})
    assert refusal(answer) == (410, "paper_pass_void")


def test_its_manager_lists_and_removes_it_and_its_next_request_is_refused(city: TestCity, place: OpenedPlace) -> None:
    person = city.stranger()
    well(city, person)
    credentials = set_up(place)
    (kiosk,) = kiosks_of(place.manager, place)
    assert kiosk["name"] == "Hall"
    assert "credentials" not in kiosk
    path = f"{place.path}/kiosks/{kiosk['kiosk_id']}"
    assert place.manager.delete(path).status == 204
    assert refusal(ask(city, credentials, person.claim())) == (401, "kiosk_refused")
    assert refusal(place.manager.delete(path)) == (404, "kiosk_not_found")
    assert kiosks_of(place.manager, place) == []


def test_nobody_but_the_manager_sets_one_up(city: TestCity, place: OpenedPlace) -> None:
    assert refusal(anybody(city).post(f"{place.path}/kiosks", {"name": "Hall"})) == (403, "not_the_place_manager")
    assert refusal(anybody(city).get(f"{place.path}/kiosks")) == (403, "not_the_place_manager")
    with clock.frozen(clock.now()) as later:
        later.tick(16 * 60)
        answer = place.manager.post(f"{place.path}/kiosks", {"name": "Hall"})
    assert refusal(answer) == (401, "step_up_required")


@pytest.mark.parametrize("name", ["", " ", "x" * 200, None])
def test_a_name_that_is_none_is_refused(place: OpenedPlace, name: str | None) -> None:
    assert place.manager.post(f"{place.path}/kiosks", {"name": name}).status == 422


def test_a_place_has_so_many_and_no_more(place: OpenedPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kiosks, "MOST", 1)
    set_up(place)
    assert refusal(place.manager.post(f"{place.path}/kiosks", {"name": "Hall"})) == (409, "too_many_kiosks")


def test_whatever_is_wrong_with_its_credentials_is_refused_alike(city: TestCity, place: OpenedPlace) -> None:
    claim, credentials = city.stranger().claim(), set_up(place)
    place_id, kiosk_id, secret = credentials.split(".")
    other = OpenedPlace.by(city.verified()).place_id
    for wrong in (
        f"{place_id}.{kiosk_id}.{secret[:-4]}AAAA", f"{other}.{kiosk_id}.{secret}", f"{place_id}.nobody.{secret}",
        f"{place_id}.{kiosk_id}.{kiosk_id}",
    ):  # fmt: skip
        answer = ask(city, wrong, claim)
        assert refusal(answer) == (401, "kiosk_refused")
        assert answer.headers["www-authenticate"] == 'Kiosk realm="gatebook"'
    for none in ("", ".", f"{place_id}.{kiosk_id}", f"{credentials}.x", f"{place_id}.{kiosk_id}.{secret}=", "%%%"):
        assert refusal(ask(city, none, claim)) == (401, "credentials_required")
    assert refusal(city.verified().post(PRINT, claim)) == (401, "credentials_required")
    assert refusal(city.api("GET", "/v1/me", authorization=f"Kiosk {credentials}")) == (401, "session_required")


def test_somebody_who_is_not_enrolled_or_is_called_otherwise_is_refused_alike(
    city: TestCity, place: OpenedPlace
) -> None:
    known, unknown = city.stranger(), city.stranger()
    well(city, known)
    credentials = set_up(place)
    first, second = (
        ask(city, credentials, {**one.claim(), "name": name})
        for one, name in ((known, unknown.name), (unknown, unknown.name))
    )
    assert refusal(first) == refusal(second) == (403, "typed_mismatch")
    assert {**first.json, "request_id": ""} == {**second.json, "request_id": ""}


def test_it_prints_so_many_a_day_counted_before_anything_is_compared(
    city: TestCity, place: OpenedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials, claim = set_up(place), city.stranger().claim()
    limit = settings().city.places.model_copy(update={"kiosk_per_day": 1})
    monkeypatch.setattr(kiosks, "settings", lambda: _Settings(limit))
    assert refusal(ask(city, credentials, claim)) == (403, "typed_mismatch")
    answer = ask(city, credentials, claim)
    assert refusal(answer) == (429, "too_many_prints")
    assert int(answer.headers["retry-after"]) > 0


class _Settings:
    """Settings of a city whose kiosks may print less."""

    def __init__(self, places: Any) -> None:
        self.city = self
        self.places = places


def test_a_place_that_is_not_open_prints_nothing(city: TestCity) -> None:
    for columns, expected in (
        ({"suspended_since": clock.now()}, (403, "place_suspended")),
        ({"hours": []}, (403, "place_shut")),
        ({"closed_at": clock.now()}, (401, "kiosk_refused")),
    ):
        place = OpenedPlace.by(city.verified())
        credentials = set_up(place)
        store.update(PlaceRow.of(place.place_id), store.assign(PlaceRow, columns))
        assert refusal(ask(city, credentials, city.stranger().claim())) == expected


def test_whoever_is_erased_at_the_same_moment_is_nobody(
    city: TestCity, place: OpenedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, credentials = city.stranger(), set_up(place)
    well(city, person)
    row, original = person_key(person), PaperPasses.print_at_kiosk

    def erased_first(found: PersonRow, name: str) -> Any:
        store.update(row, [PersonRow.enrolment.add(1)])
        return original(found, name)

    monkeypatch.setattr(PaperPasses, "print_at_kiosk", erased_first)
    assert refusal(ask(city, credentials, person.claim())) == (403, "typed_mismatch")


@pytest.mark.parametrize("field", ["name", "document"])
def test_what_is_missing_is_named(city: TestCity, place: OpenedPlace, field: str) -> None:
    claim = {name: value for name, value in city.stranger().claim().items() if name != field}
    answer = ask(city, set_up(place), claim)
    assert refusal(answer) == (422, "validation_failed")
    assert answer.json["errors"][0]["field"] == field


def test_a_broken_kiosk_is_counted_and_prints_nothing(city: TestCity, place: OpenedPlace) -> None:
    credentials = set_up(place)
    set_up(place, "Door")
    kiosk_id = credentials.split(".")[1]
    spoil(KioskRow.of(place.place_id, kiosk_id), "secret_hash")
    answer = place.manager.get(f"{place.path}/kiosks").json
    assert ([one["name"] for one in answer["items"]], answer["unreadable"]) == (["Door"], 1)
    assert refusal(ask(city, credentials, city.stranger().claim())) == (500, "broken_record")


def test_a_stolen_table_opens_nothing(place: OpenedPlace) -> None:
    credentials = set_up(place)
    assert credentials.rpartition(".")[2] not in str(items_of(KioskRow, place.place_id))


def test_a_print_is_worth_nothing_to_whoever_is_no_inspector(city: TestCity, place: OpenedPlace) -> None:
    person, other = city.stranger(), site(city)
    well(city, person)
    text = ask(city, set_up(place), person.claim()).json["pass"]
    assert refusal(anybody(city).post("/v1/passes/verify", {"pass": text})) == (422, "paper_pass_for_inspectors")
    assert inspect(other.manager, other, person).status == 201
