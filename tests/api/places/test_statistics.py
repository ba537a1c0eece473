"""`GET …/statistics` of a place, of the city, and `GET /v1/city/warnings` (R2.6, R2.7, B15)."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.core.counters import CounterRow
from chalicelib.core.settings import settings
from chalicelib.places.counting import Part, city_scope
from chalicelib.places.tables import PlaceRow
from chalicelib.places.tables.warnings import WarningRow
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.counted import CountedPlace, fever
from tests.support.enrolled import anybody, enrolled, name_officer
from tests.support.rows import put_raw, spoil

pytestmark = pytest.mark.api

WARNINGS = "/v1/city/warnings"


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


@pytest.fixture(scope="module")
def place(whole_run: TestCity) -> CountedPlace:
    """A place where three were today, and one yesterday."""
    place = CountedPlace.opened(whole_run)
    _, place_inspector = place.inspector()
    yesterday = clock.now() - timedelta(days=1)
    rows = [
        place.visit(gate_id="north"), place.visit(**fever(by=place_inspector)),
        place.visit(state="red", allowed=False, alarm=True), place.visit(at=yesterday),
    ]  # fmt: skip
    for row in rows:
        store.put(row)
    whole_run.deliver()
    return place


@pytest.fixture
def officer(city: TestCity) -> Client:
    """A health officer."""
    person = city.stranger()
    (client,) = enrolled(city, person)
    name_officer(person)
    return client


class TestOfAPlace:
    def test_its_manager_sees_all_of_a_day(self, place: CountedPlace) -> None:
        answer = place.manager.get(place.path)
        assert answer.status == 200, answer.text
        assert (answer.json["visits"], answer.json["worrying"], answer.json["alarms"]) == (3, 2, 1)
        assert answer.json["by_gate"] == {"north": 1}
        assert answer.json["by_state"] == {"green": 2, "red": 1}
        assert answer.json["by_temperature"] == {"fever": 1}
        assert sum(answer.json["by_hour"].values()) == 3
        assert (answer.json["own"], answer.json["exact"]) == (False, True)

    def test_another_day_is_another_day(self, place: CountedPlace) -> None:
        yesterday = place.today - timedelta(days=1)
        assert place.manager.get(f"{place.path}?day={yesterday}").json["visits"] == 1

    def test_an_inspector_sees_their_own_work_alone(self, city: TestCity) -> None:
        place = CountedPlace.opened(city)
        inspector, member_id = place.inspector()
        for row in (place.visit(**fever(by=member_id)), place.visit(by="another"), place.visit()):
            store.put(row)
        city.deliver()
        answer = inspector.get(place.path).json
        assert (answer["visits"], answer["worrying"], answer["own"]) == (1, 1, True)
        assert (answer["by_state"], answer["by_gate"]) == ({}, {})

    def test_a_place_that_is_not_there_or_closed(self, city: TestCity, place: CountedPlace) -> None:
        assert refusal(place.manager.get("/v1/places/01hzzzzzzzzzzzzzzzzzzzzzzz/statistics")) == (
            404,
            "place_not_found",
        )
        closed = CountedPlace.opened(city, closed_at=clock.now())
        assert refusal(closed.manager.get(closed.path)) == (404, "place_not_found")

    def test_somebody_else_sees_nothing(self, city: TestCity, place: CountedPlace) -> None:
        assert refusal(anybody(city).get(place.path)) == (403, "not_staff")
        assert refusal(CountedPlace.opened(city).manager.get(place.path)) == (403, "not_staff")

    @pytest.mark.parametrize("day", ["today", "20221122", "1669075200", "2022-11-22T00:00:00Z", "2022-02-30"])
    def test_what_is_no_day_is_refused(self, place: CountedPlace, day: str) -> None:
        answer = place.manager.get(f"{place.path}?day={day}")
        assert answer.status == 422, answer.text
        assert answer.json["errors"][0]["field"] == "day"

    @pytest.mark.parametrize("days", [-1, 14, 4000])
    def test_a_day_that_is_not_kept_is_refused_in_words(self, place: CountedPlace, days: int) -> None:
        answer = place.manager.get(f"{place.path}?day={place.today - timedelta(days=days)}")
        assert refusal(answer) == (422, "day_not_kept")
        assert "14" in answer.json["detail"]

    def test_a_broken_number_is_said_and_the_others_are_shown(self, city: TestCity) -> None:
        place = CountedPlace.opened(city)
        store.put(place.visit())
        city.deliver()
        put_raw(CounterRow.of(place.part, "alarm"), {"amount": {"S": "many"}})
        answer = place.manager.get(place.path).json
        assert (answer["visits"], answer["exact"]) == (1, False)

    def test_a_broken_place_is_an_error_that_says_so(self, city: TestCity) -> None:
        place = CountedPlace.opened(city)
        spoil(PlaceRow.of(place.place_id), "name")
        assert refusal(place.manager.get(place.path)) == (500, "broken_record")


class TestOfTheCity:
    def test_anybody_sees_it_without_small_groups(self, city: TestCity) -> None:
        today = clock.local_day(settings().city.time_zone, clock.now())
        yesterday = today - timedelta(days=3)
        numbers = {"08#all": 40, "09#all": 4, "10#all": 6, "state#green": 45, "state#red": 5, "temperature#fever": 4}
        for name, number in numbers.items():
            put_raw(CounterRow.of(city_scope(yesterday, 7), name), {"amount": {"N": str(number)}})
        with clock.frozen(clock.now() + timedelta(minutes=2)):
            answer = city.api.get(f"/v1/city/statistics?day={yesterday}")
        assert answer.status == 200, answer.text
        assert answer.headers["cache-control"] == "public, max-age=600"
        assert answer.json == {
            "day": str(yesterday), "visits": 50, "by_hour": {"08": 40}, "by_state": {"green": 45, "red": 5}, "by_temperature": {},
        }  # fmt: skip

    def test_a_day_that_is_not_kept_is_refused(self, city: TestCity) -> None:
        assert refusal(city.api.get("/v1/city/statistics?day=2020-01-01")) == (422, "day_not_kept")
        assert city.api.get("/v1/city/statistics?day=x").status == 422

    def test_places_add_up_a_minute_later_at_most(self, city: TestCity) -> None:
        place, path = CountedPlace.opened(city), "/v1/city/statistics"
        with clock.frozen(clock.now()) as stopped:
            before = city.api.get(path).json["visits"]
            for _ in range(6):
                store.put(place.visit())
            city.deliver()
            assert city.api.get(path).json["visits"] == before
            stopped.tick(60)
            assert city.api.get(path).json["visits"] >= before + 6
        assert Part.of(place.part).place_id == place.place_id


class TestWarnings:
    def test_officers_read_of_places_and_sub_districts(self, city: TestCity, officer: Client) -> None:
        place = CountedPlace.opened(city)
        for _ in range(settings().city.places.warnings.per_place):
            store.put(place.visit(**fever()))
        city.deliver()
        found = [one for one in officer.get(f"{WARNINGS}?limit=100").json["items"] if one["place_id"] == place.place_id]
        assert [(one["place"], one["amount"], one["hours"], one["day"]) for one in found] == [
            ("Lotus Restaurant", 3, 24, str(place.today))
        ]

    def test_it_is_paged(self, city: TestCity, officer: Client) -> None:
        for _ in range(2):
            place = CountedPlace.opened(city)
            for _ in range(settings().city.places.warnings.per_place):
                store.put(place.visit(**fever()))
        city.deliver()
        first = officer.get(f"{WARNINGS}?limit=1").json
        second = officer.get(f"{WARNINGS}?limit=1&cursor={first['cursor']}").json
        assert len(first["items"]) == len(second["items"]) == 1
        assert first["items"] != second["items"]
        assert refusal(officer.get(f"{WARNINGS}?cursor=x")) == (422, "invalid_cursor")

    def test_nobody_but_officers(self, city: TestCity) -> None:
        assert refusal(anybody(city).get(WARNINGS)) == (403, "officer_required")

    def test_a_broken_one_is_counted_and_the_others_are_shown(self, city: TestCity, officer: Client) -> None:
        place = CountedPlace.opened(city)
        key = WarningRow.of(place.today, f"place#{place.place_id}")
        put_raw(key, {"amount": {"S": "many"}})
        answer = officer.get(f"{WARNINGS}?limit=100")
        assert answer.status == 200
        assert answer.json["unreadable"] >= 1
        store.write_all(deletes=[key])
