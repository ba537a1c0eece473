"""My visits, what was shown to whom in each, and their ends (B1, B9, B13)."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.tables import CheckinRow
from tests.support.books import person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody
from tests.support.people import TestPerson
from tests.support.rows import spoil
from tests.support.visits import OWN, STAY, Site, inspect, never_visited, row_of, scan, site, well

pytestmark = pytest.mark.api

MINUTE = 60


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    return city.stranger()


@pytest.fixture
def visitor(city: TestCity, person: TestPerson) -> Client:
    (client,) = well(city, person)
    return client


@pytest.fixture
def place(city: TestCity) -> Site:
    return site(city)


def own(client: Client, query: str = "") -> list[dict[str, object]]:
    answer = client.get(OWN + query)
    assert answer.status == 200, answer.text
    items: list[dict[str, object]] = answer.json["items"]
    return items


def test_visits_are_listed_newest_first_with_what_was_shown_to_whom(
    city: TestCity, place: Site, visitor: Client, person: TestPerson
) -> None:
    inspector, other = place.staff(), site(city, name="Book Shop")
    with clock.frozen(clock.now()) as time:
        assert scan(visitor, other.code, temperature="normal").status == 201
        time.tick(20 * MINUTE)
        assert inspect(inspector, place, person).status == 201
        time.tick(MINUTE)

        latest, first = own(visitor)

        assert (latest["place"], latest["shown_to"]) == (
            {"place_id": place.place_id, "name": "Noodle House", "gate": None},
            "staff",
        )
        assert latest["shown"] == ["name", "document", "phone", "health_code", "declaration"]
        assert (first["shown_to"], first["shown"], first["place"]["name"]) == ("self", ["health_code"], "Book Shop")  # type: ignore[index]
        assert (latest["open"], first["open"]) == (True, False)
        assert first["ends_at"] == latest["at"], "who scans elsewhere has left"
        time.tick(STAY * MINUTE)
        assert own(visitor)[0]["open"] is False


def test_pages_go_on_where_they_ended_and_know_the_visit_after(city: TestCity, visitor: Client) -> None:
    places = [site(city) for _ in range(3)]
    with clock.frozen(clock.now()) as time:
        for one in places:
            assert scan(visitor, one.code).status == 201
            time.tick(10 * MINUTE)
        whole = own(visitor)
        pages, cursor = [], ""
        while True:
            page = visitor.get(f"{OWN}?limit=1{cursor}").json
            pages += page["items"]
            if page["cursor"] is None:
                break
            cursor = f"&cursor={page['cursor']}"

        assert pages == whole
        assert [one["place"]["place_id"] for one in pages] == [one.place_id for one in reversed(places)]
    assert visitor.get(f"{OWN}?cursor=x").code == "invalid_cursor"
    assert anybody(city).get(f"{OWN}?{cursor[1:]}").code == "invalid_cursor"


def test_what_was_forgotten_or_belongs_to_another_life_is_not_shown(
    city: TestCity, visitor: Client, person: TestPerson
) -> None:
    with clock.frozen(clock.now()) as time:
        rows = []
        for _ in range(3):
            rows.append(row_of(scan(visitor, site(city).code).json["checkin_id"]))
            time.tick(10 * MINUTE)
        store.update(rows[0].own_key, [CheckinRow.expires_at.set(clock.now())])
        spoil(rows[1].own_key, "state")

        answer = visitor.get(OWN).json

        assert (len(answer["items"]), answer["unreadable"]) == (1, 1)
        store.update(rows[2].own_key, [CheckinRow.enrolment.set(0)])
        assert own(visitor) == []
    assert store.update(person_key(person), [PersonRow.enrolment.add(0)]) is not None


def test_a_visit_ends_by_check_out_once(place: Site, visitor: Client) -> None:
    with clock.frozen(clock.now()) as time:
        checkin_id = scan(visitor, place.code).json["checkin_id"]
        time.tick(MINUTE)
        assert visitor.post(f"/v1/checkins/{checkin_id}/checkout").status == 204
        out_at = row_of(checkin_id).out_at
        time.tick(MINUTE)
        assert visitor.post(f"/v1/checkins/{checkin_id}/checkout").status == 204

        assert row_of(checkin_id).out_at == out_at == clock.now() - timedelta(seconds=MINUTE)
        (visit,) = own(visitor)
        assert (visit["open"], visit["ends_at"]) == (False, visit["out_at"])


def test_whoever_comes_back_after_checking_out_begins_another_visit(place: Site, visitor: Client) -> None:
    at = clock.now().replace(microsecond=0)
    with clock.frozen(at - timedelta(seconds=int(at.timestamp()) % 300 - 10)) as time:
        checkin_id = scan(visitor, place.code).json["checkin_id"]
        assert visitor.post(f"/v1/checkins/{checkin_id}/checkout").status == 204
        time.tick(300)

        assert scan(visitor, place.code).status == 201


def test_whoever_comes_back_within_these_five_minutes_goes_on_with_their_visit(place: Site, visitor: Client) -> None:
    at = clock.now().replace(microsecond=0)
    with clock.frozen(at - timedelta(seconds=int(at.timestamp()) % 300 - 10)) as time:
        checkin_id = scan(visitor, place.code).json["checkin_id"]
        assert visitor.post(f"/v1/checkins/{checkin_id}/checkout").status == 204
        time.tick(60)

        again = scan(visitor, place.code).json
        assert (again["checkin_id"], again["out_at"], own(visitor)[0]["open"]) == (checkin_id, None, True)


def test_a_visit_that_is_over_stays_as_it_is(place: Site, visitor: Client) -> None:
    with clock.frozen(clock.now()) as time:
        checkin_id = scan(visitor, place.code).json["checkin_id"]
        time.tick(STAY * MINUTE)

        assert visitor.post(f"/v1/checkins/{checkin_id}/checkout").status == 204
        assert row_of(checkin_id).out_at is None


def test_the_staff_check_out_whom_they_let_in_and_nobody_elses_visitors(
    city: TestCity, place: Site, visitor: Client, person: TestPerson
) -> None:
    inspector, other = place.staff(), site(city)
    checkin_id = inspect(inspector, place, person).json["checkin_id"]

    assert anybody(city).post(f"{place.path}/{checkin_id}/checkout").code == "not_staff"
    assert other.manager.post(f"{other.path}/{checkin_id}/checkout").code == "checkin_not_found"
    assert inspector.post(f"/v1/checkins/{checkin_id}/checkout").code == "checkin_not_found"
    assert inspector.post(f"{place.path}/{checkin_id}/checkout").status == 204
    assert row_of(checkin_id).out_at is not None
    assert visitor.token


@pytest.mark.parametrize("name", ["x", "A" * 55, never_visited("01kb7w3v5r0000000000000000"), "A" * 64])
def test_what_is_no_check_in_is_not_found(visitor: Client, place: Site, name: str) -> None:
    assert visitor.post(f"/v1/checkins/{name}/checkout").code == "checkin_not_found"
    assert place.manager.post(f"{place.path}/{name}/checkout").code == "checkin_not_found"


def test_a_forgotten_visit_is_not_ended(place: Site, visitor: Client) -> None:
    checkin_id = scan(visitor, place.code).json["checkin_id"]
    store.update(row_of(checkin_id).own_key, [CheckinRow.expires_at.set(clock.now())])

    assert visitor.post(f"/v1/checkins/{checkin_id}/checkout").code == "checkin_not_found"


def test_a_broken_visit_is_said_to_be_broken(place: Site, visitor: Client) -> None:
    checkin_id = scan(visitor, place.code).json["checkin_id"]
    spoil(row_of(checkin_id).own_key, "stay_minutes")

    assert visitor.post(f"/v1/checkins/{checkin_id}/checkout").code == "broken_record"
