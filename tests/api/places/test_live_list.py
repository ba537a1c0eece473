"""Who came to a place today, as its staff sees it (B1, B13, R0.6, R4.4)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.clock import FrozenClock
from chalicelib.core.settings import settings
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.service import days, live
from chalicelib.places.tables import CheckinRow, PlaceRow
from tests.support.books import person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.records import Place, place, visit, visits
from tests.support.rows import spoil

pytestmark = pytest.mark.api


@pytest.fixture(autouse=True)
def noon() -> Iterator[FrozenClock]:
    """It is noon in the city, so that the hours before it are of the same day."""
    day = clock.local_day(settings().city.time_zone, clock.now())
    with clock.frozen(clock.midnight(settings().city.time_zone, day) + timedelta(hours=12)) as stopped:
        yield stopped


def crowd(city: TestCity, count: int) -> list[TestPerson]:
    people = [city.stranger() for _ in range(count)]
    enrolled(city, *people)
    return people


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


def page(client: Client, at: Place, query: str = "") -> dict[str, Any]:
    answer = client.get(f"{at.path}/checkins{query}")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def listed(client: Client, at: Place, query: str = "") -> list[str]:
    return [item["visitor_id"] for item in page(client, at, query)["items"]]


def looks(city: TestCity, client: Client) -> list[tuple[str, str, list[str]]]:
    city.deliver()
    items = client.get("/v1/me/access-log").json["items"]
    return [(item["organization"], item["why"], item["what"]) for item in items]


def test_it_shows_who_came_newest_first_and_masked(city: TestCity) -> None:
    at = place(city)
    first, second = visits(at, people := crowd(city, 2), every=1, gate_id="east")

    found = page(at.staff(), at)

    assert [item["visitor_id"] for item in found["items"]] == [second.member_id, first.member_id]
    path = f"/v1/places/{at.place_id}/checkins/{found['items'][0]['checkin_id']}/checkout"
    assert at.manager.post(path).status == 204
    item = found["items"][1]
    assert (item["name"], item["document"]) == (first.name_mask, first.document_mask)
    assert people[0].name not in str(found)
    assert (item["state"], item["word"]) == ("green", "Green")
    assert (item["gate_id"], item["mode"], item["temperature"], item["out_at"]) == ("east", "pass", "normal", None)
    assert item["at"] == first.at
    assert (found["cursor"], found["unreadable"]) == (None, 0)


def test_the_day_of_yesterday_and_what_expired_are_not_on_it(city: TestCity) -> None:
    at = place(city)
    yesterday, expired = crowd(city, 2)
    visits(at, [yesterday], clock.now() - timedelta(days=1))
    visits(at, [expired], expires_at=clock.now() - timedelta(seconds=1))

    assert listed(at.manager, at) == []


def test_pages_hold_everybody_once_over_all_parts(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "PAGE", 3)
    at = place(city, shards=4)
    rows = visits(at, crowd(city, 20), every=70, shards=4)
    found, query = [], "?limit=3"
    while True:
        one = page(at.manager, at, query)
        found += [item["visitor_id"] for item in one["items"]]
        if one["cursor"] is None:
            break
        query = f"?limit=3&cursor={one['cursor']}"
    assert found == [row.member_id for row in reversed(rows)]


def test_who_is_rare_is_found_though_a_page_reads_only_so_much(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_READ", 2)
    monkeypatch.setattr(days, "PAGE", 1)
    at = place(city)
    *_, last = people = crowd(city, 4)
    (rare,) = visits(at, [last], clock.now() - timedelta(hours=3), alarm=True, relation="visitor")
    visits(at, people[:3], every=900)
    found, query, pages = [], "?alarm=true&relation=visitor", 0
    while query:
        one, pages = page(at.manager, at, query), pages + 1
        found += [item["visitor_id"] for item in one["items"]]
        query = one["cursor"] and f"?alarm=true&relation=visitor&cursor={one['cursor']}"
    assert found == [rare.member_id]
    assert pages > 1


def test_it_is_asked_by_gate_alarm_and_relation(city: TestCity) -> None:
    at = place(city)
    east, west, bad = crowd(city, 3)
    (one,) = visits(at, [east], gate_id="east", relation="internal")
    (two,) = visits(at, [west], gate_id="west", relation="visitor")
    (three,) = visits(at, [bad], alarm=True, allowed=False, temperature="fever")

    assert listed(at.manager, at, "?gate=east") == [one.member_id]
    assert listed(at.manager, at, "?relation=visitor") == [two.member_id]
    assert listed(at.manager, at, "?alarm=true") == [three.member_id]
    assert set(listed(at.manager, at, "?alarm=false")) == {one.member_id, two.member_id}


def test_a_registrar_sees_their_own_gates_and_an_inspector_all(city: TestCity) -> None:
    at = place(city)
    one, two = crowd(city, 2)
    (east,) = visits(at, [one], gate_id="east")
    visits(at, [two], gate_id="west")
    registrar = at.staff("registrar", "east")

    assert listed(registrar, at) == [east.member_id]
    assert listed(registrar, at, "?gate=west") == []
    assert len(listed(at.staff(), at)) == 2
    assert listed(at.staff("registrar"), at) == []


def test_one_look_is_told_once_however_often_the_list_renews_itself(city: TestCity, noon: FrozenClock) -> None:
    at, person, later = place(city), city.stranger(), city.stranger()
    client, latecomer = enrolled(city, person, later)
    viewer, other = at.staff(), at.staff()
    visits(at, [person])
    for _ in range(3):
        assert len(listed(viewer, at)) == 1
    told = ("North Market", "live_list", ["name", "document", "health_code", "temperature", "visit"])
    assert looks(city, client) == [told]

    visits(at, [later])
    assert len(listed(viewer, at)) == 2
    assert looks(city, client) == [told]
    assert looks(city, latecomer) == [told]

    listed(other, at)
    assert looks(city, client) == [told] * 2
    noon.tick(settings().city.places.live_minutes * 60)
    listed(viewer, at)
    assert looks(city, client) == [told] * 3


def test_who_erased_themselves_is_on_it_no_more_though_nothing_was_swept(city: TestCity) -> None:
    at = place(city)
    gone, stays = crowd(city, 2)
    _, kept = visits(at, [gone, stays])
    store.update(person_key(gone), [PersonRow.enrolment.set(2)])

    assert listed(at.manager, at) == [kept.member_id]


def test_a_place_that_is_not_or_was_closed_has_no_list(city: TestCity) -> None:
    at = place(city)
    visits(at, crowd(city, 1))
    assert at.manager.get("/v1/places/nowhere/checkins").json["code"] == "place_not_found"
    store.update(at.key, [PlaceRow.closed_at.set(clock.now())])
    assert refusal(at.manager.get(f"{at.path}/checkins")) == (404, "place_not_found")


def test_nobody_else_sees_it(city: TestCity) -> None:
    at, elsewhere = place(city), place(city)
    for client in (anybody(city), elsewhere.manager, elsewhere.staff()):
        assert refusal(client.get(f"{at.path}/checkins")) == (403, "not_staff")


@pytest.mark.parametrize(
    "query", ["?limit=0", "?limit=101", "?alarm=2", "?relation=guest", "?gate=", "?cursor=x", "?day=1"]
)
def test_what_no_list_understands_is_refused(city: TestCity, query: str) -> None:
    at = place(city)
    assert at.manager.get(f"{at.path}/checkins{query}").status == 422


def test_a_cursor_serves_its_own_list_only(city: TestCity) -> None:
    at = place(city)
    visits(at, crowd(city, 3))
    cursor = page(at.manager, at, "?limit=1")["cursor"]
    assert refusal(at.manager.get(f"{at.path}/checkins?alarm=false&cursor={cursor}")) == (422, "invalid_cursor")
    assert refusal(at.staff().get(f"{at.path}/checkins?cursor={cursor}")) == (422, "invalid_cursor")


def test_a_row_that_cannot_be_read_is_counted_and_hides_nobody(city: TestCity) -> None:
    at = place(city)
    broken, good = visits(at, crowd(city, 2))
    spoil(CheckinRow.of(broken.part, broken.sk), "state")

    found = page(at.manager, at)

    assert [item["visitor_id"] for item in found["items"]] == [good.member_id]
    assert found["unreadable"] == 1


def test_a_visitor_who_cannot_be_read_is_shown_to_nobody(city: TestCity) -> None:
    at = place(city)
    one, two = crowd(city, 2)
    _, good = visits(at, [one, two])
    spoil(person_key(one), "enrolment", {"S": "first"})
    assert listed(at.manager, at) == [good.member_id]


def test_a_moment_that_is_none_is_counted(city: TestCity) -> None:
    at = place(city)
    row = visit(at, crowd(city, 1)[0])
    row.at = "yesterday"
    store.put(row)
    found = page(at.manager, at)
    assert (found["items"], found["unreadable"]) == ([], 1)


def test_a_place_whose_parts_cannot_be_read_answers_so(city: TestCity) -> None:
    at = place(city)
    spoil(at.key, "shards", {"S": '{"' + str(clock.local_day(settings().city.time_zone, clock.now())) + '": 0}'})
    assert at.manager.get(f"{at.path}/checkins").status == 500
