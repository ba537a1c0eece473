"""I scan a place: verdict, record and refusals in one answer (R2.4, R4.1, R4.2, B4, B9, T-10 to T-13)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.core.runs import mark_complete
from chalicelib.places.service.amending import amend
from chalicelib.places.tables import CheckinRow, PlaceRow
from chalicelib.places.visiting import hints
from tests.support.books import Book, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.passes import pass_of
from tests.support.people import TestPerson
from tests.support.rows import spoil, spoiled, stored
from tests.support.seam import Seam, aws_error
from tests.support.visits import STAY, Site, put_in_state, row_of, scan, site, traces, well

pytestmark = pytest.mark.api

NOON = datetime.fromisoformat("2026-11-23T12:01:00+08:00")
"""One minute into a bucket of five."""


@pytest.fixture
def place(city: TestCity) -> Site:
    """A restaurant with one gate and a poster."""
    return site(city)


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    return city.stranger()


@pytest.fixture
def visitor(city: TestCity, person: TestPerson) -> Client:
    """Somebody in the normal state."""
    (client,) = well(city, person)
    return client


@pytest.fixture
def noon(visitor: Client) -> Iterator[clock.FrozenClock]:  # noqa: ARG001  they are enrolled before time stands still
    """It is noon, and what the sources know is stored."""
    at = clock.now().replace(microsecond=0)
    at -= timedelta(seconds=int(at.timestamp()) % 300 - 60)
    with clock.frozen(at) as time:
        mark_complete(1, clock.now())
        yield time


def refused(answer: Answer, status: int, code: str) -> bool:
    assert (answer.status, answer.code) == (status, code), answer.text
    return True


# What is right


def test_a_scan_stores_the_visit_and_says_whether_to_enter(
    place: Site, visitor: Client, person: TestPerson, noon: clock.FrozenClock
) -> None:
    assert noon() == clock.now().timestamp()
    answer = scan(visitor, place.code, temperature="normal")

    shown = answer.json
    assert answer.status == 201, answer.text
    assert (shown["allowed"], shown["alarm"], shown["repeated"], shown["queued"]) == (True, False, False, False)
    assert (shown["state"]["state"], shown["state"]["word"], shown["state"]["icon"]) == ("green", "Green", "check")
    assert shown["place"] == {"place_id": place.place_id, "name": "Noodle House", "gate": "Main entrance"}
    assert (shown["mode"], shown["assurance"], shown["relation"]) == ("poster", "static", None)
    assert (shown["temperature"], shown["temperature_source"]) == ("normal", "self")
    assert datetime.fromisoformat(shown["until"]) == clock.now() + timedelta(minutes=STAY)
    assert (shown["occupancy"], shown["is_full"], shown["left_out"]) == (None, None, [])
    (row,) = place.rows()
    assert row_of(shown["checkin_id"]).sk == row.sk
    assert (row.state, row.allowed, row.alarm, row.by, row.gate_id) == ("green", True, False, None, place.gate_id)
    assert row.expires_at == clock.now() + timedelta(days=14)
    assert traces(person) == [clock.iso(clock.now())]


def test_a_row_is_small_enough_for_two_writes(place: Site, visitor: Client) -> None:
    checkin_id = scan(visitor, place.code, temperature="normal").json["checkin_id"]

    item = stored(row_of(checkin_id).own_key)

    assert item is not None
    assert len(str(item)) < 1024
    assert len(checkin_id) <= 64


@pytest.mark.parametrize("before", ["https://huian.example/c/", "http://127.0.0.1:8000/c/"])
def test_the_whole_address_of_a_poster_will_do(place: Site, visitor: Client, before: str) -> None:
    assert scan(visitor, f"{before}{place.code}?from=groupmessage").status == 201


def test_scanning_twice_returns_the_same_record(place: Site, visitor: Client, noon: clock.FrozenClock) -> None:
    first = scan(visitor, place.code)
    noon.tick(60)
    same_bucket = scan(visitor, place.code)
    noon.tick(240)
    next_bucket = scan(visitor, place.code)
    noon.tick(600)
    later = scan(visitor, place.code)

    assert [one.status for one in (first, same_bucket, next_bucket, later)] == [201, 200, 200, 201]
    assert {one.json["checkin_id"] for one in (first, same_bucket, next_bucket)} == {first.json["checkin_id"]}
    assert same_bucket.json["at"] == next_bucket.json["at"] == first.json["at"]
    assert next_bucket.json["repeated"] is True
    assert len(place.rows()) == 2


def test_a_retry_meets_what_its_lost_answer_stored(place: Site, visitor: Client, faults: Seam) -> None:
    at = clock.iso(clock.now())
    faults.fail_after("PutItem", aws_error("InternalServerError"))

    assert scan(visitor, place.code, scanned_at=at).status == 503
    again = scan(visitor, place.code, scanned_at=at)

    assert (again.status, again.json["at"]) == (200, at)
    assert len(place.rows()) == 1


def test_two_sequential_calls_and_no_more(place: Site, visitor: Client, faults: Seam) -> None:
    scan(visitor, place.code)  # keys and freshness are held from now on
    other = site(place.city)
    faults.calls.clear()

    assert scan(visitor, other.code).status == 201

    assert faults.operations == ["BatchGetItem", "PutItem"]
    tables = faults.calls[0][1]["RequestItems"]
    read = sum(len(one["Keys"]) * (1 if one["ConsistentRead"] else 0.5) for one in tables.values())
    assert read == 3.5


# States


@pytest.mark.parametrize(("state", "alarm"), [("red", True), ("orange", False)])
def test_who_is_not_well_is_kept_out_with_a_siren(
    place: Site, visitor: Client, person: TestPerson, state: str, alarm: bool
) -> None:
    put_in_state(person, state)

    shown = scan(visitor, place.code).json

    assert (shown["allowed"], shown["alarm"], shown["state"]["state"]) == (False, alarm, state)
    assert (place.rows()[0].allowed, place.rows()[0].state) == (False, state)


def test_whose_status_is_not_known_is_not_let_in(place: Site, visitor: Client, noon: clock.FrozenClock) -> None:
    noon.tick(3 * 86_400)

    shown = scan(visitor, place.code).json

    assert (shown["allowed"], shown["state"]["state"]) == (False, "unknown")


def test_a_scan_changes_no_status(place: Site, visitor: Client, person: TestPerson) -> None:
    put_in_state(person, "red")
    before = stored(person_key(person))

    assert scan(visitor, place.code, temperature="normal").status == 201

    assert stored(person_key(person)) == before


def test_a_state_that_turned_meanwhile_is_not_hidden_by_the_earlier_record(
    place: Site, visitor: Client, person: TestPerson, noon: clock.FrozenClock
) -> None:
    assert scan(visitor, place.code).json["allowed"] is True
    put_in_state(person, "red")
    same_bucket = scan(visitor, place.code)
    noon.tick(300)
    put_in_state(person, "green")
    next_bucket = scan(visitor, place.code)

    assert (same_bucket.status, same_bucket.json["allowed"], same_bucket.json["alarm"]) == (200, False, True)
    assert (next_bucket.status, next_bucket.json["allowed"]) == (201, True)
    assert [(row.state, row.allowed, row.alarm) for row in place.rows()] == [
        ("red", False, True),
        ("green", True, False),
    ]


# What a code may be


def test_a_replaced_or_voided_poster_says_so(place: Site, visitor: Client) -> None:
    place.change_gate(version=2, printed_at=clock.now())
    assert refused(scan(visitor, place.code), 410, "poster_replaced")
    place.change_gate(version=1, voided_at=clock.now())
    assert refused(scan(visitor, place.code), 410, "poster_replaced")


def test_a_poster_that_is_newer_than_what_was_read_holds(place: Site, visitor: Client) -> None:
    from chalicelib.places.codes import poster_code

    assert scan(visitor, poster_code(place.place_id, place.gate_id, 2)).status == 201


@pytest.mark.parametrize(
    ("columns", "status", "code"),
    [
        ({"suspended_since": NOON}, 403, "place_suspended"),
        ({"violation": {"reason": "crowded"}}, 403, "place_suspended"),
        ({"closed_at": NOON}, 404, "place_not_found"),
        ({"hours": []}, 403, "place_shut"),
        ({"hours": "always"}, 500, "broken_record"),
    ],
)
def test_a_place_that_is_not_open_checks_nobody_in(
    place: Site, visitor: Client, columns: dict[str, object], status: int, code: str
) -> None:
    place.change(**columns)

    assert refused(scan(visitor, place.code), status, code)
    assert place.rows() == []


def test_a_suspended_gate_checks_nobody_in(place: Site, visitor: Client) -> None:
    place.change_gate(suspended_since=clock.now())

    assert refused(scan(visitor, place.code), 403, "place_suspended")


def test_a_screen_proves_presence_and_a_poster_of_its_gate_does_not_do(
    place: Site, visitor: Client, noon: clock.FrozenClock
) -> None:
    place.change_gate(presence="rotating")
    assert refused(scan(visitor, place.code), 403, "screen_required")

    seen = place.screen
    shown = scan(visitor, seen).json

    assert (shown["mode"], shown["assurance"]) == ("screen", "rotating")
    noon.tick(90)
    assert refused(scan(visitor, seen), 410, "screen_code_over")


def test_a_screens_code_that_comes_late_proves_no_presence(
    place: Site, visitor: Client, noon: clock.FrozenClock
) -> None:
    seen, at = place.screen, clock.iso(clock.now())
    noon.tick(120)

    shown = scan(visitor, seen, scanned_at=at).json

    assert (shown["mode"], shown["assurance"], shown["at"]) == ("screen", "static", at)


# When it was scanned


def test_what_waited_without_network_is_stored_when_it_was_scanned(
    place: Site, visitor: Client, noon: clock.FrozenClock
) -> None:
    at, code = clock.now(), place.code
    noon.tick(3600)
    place.change_gate(version=2, printed_at=clock.now())
    place.change(suspended_since=clock.now())
    noon.tick(3600)

    answer = scan(visitor, code, scanned_at=clock.iso(at))

    assert (answer.status, answer.json["queued"], answer.json["at"]) == (201, True, clock.iso(at))
    assert (place.rows(at)[0].queued, place.rows(at)[0].stored_at) == (True, clock.now())
    assert refused(scan(visitor, code), 410, "poster_replaced")


def test_a_suspension_keeps_nothing_out_that_waited_since_before_it(
    place: Site, visitor: Client, person: TestPerson, noon: clock.FrozenClock
) -> None:
    at, text = clock.iso(clock.now()), pass_of(person)
    noon.tick(3600)
    violation = {"reason": "crowded", "at": clock.iso(clock.now()), "until": None}
    place.change(violation=violation, suspended_since=clock.now())
    place.change_gate(suspended_since=clock.now())
    noon.tick(600)
    since = clock.iso(clock.now() - timedelta(seconds=400))

    assert refused(scan(visitor, place.code), 403, "place_suspended")
    assert refused(scan(visitor, place.code, scanned_at=since), 403, "place_suspended")
    assert scan(visitor, place.code, scanned_at=at).status == 201
    body = {"pass": text, "temperature": "normal", "gate_id": place.gate_id, "scanned_at": at}
    assert place.manager.post(place.path, body).status == 200


@pytest.mark.parametrize(
    ("seconds", "queued"), [(120, False), (-300, False), (-301, True), (-3600, True), (121, None), (-259_201, None)]
)
def test_a_device_may_be_a_little_ahead_and_three_days_behind(
    place: Site, visitor: Client, noon: clock.FrozenClock, seconds: int, queued: bool | None
) -> None:
    at = clock.iso(int(noon() + seconds))

    answer = scan(visitor, place.code, scanned_at=at)

    if queued is None:
        assert refused(answer, 422, "scanned_at_impossible")
        return
    assert (answer.status, answer.json["queued"]) == (201, queued)


def test_five_minutes_before_midnight_belong_to_the_day_before(
    place: Site, visitor: Client, noon: clock.FrozenClock
) -> None:
    from chalicelib.core.settings import settings

    zone = settings().city.time_zone
    midnight = clock.midnight(zone, clock.local_day(zone, clock.now()))
    noon.tick((midnight - clock.now()).total_seconds() - 30)
    first = scan(visitor, place.code)
    noon.tick(60)
    second = scan(visitor, place.code)

    assert (first.status, second.status) == (201, 200)
    assert second.json["checkin_id"] == first.json["checkin_id"]


# Bound places (R0.6) and busy ones


def test_a_bound_place_tells_its_own_people_from_visitors(city: TestCity, visitor: Client) -> None:
    book = Book.opened(city)
    place = site(city, org_id=book.org_id)
    hints.forget()

    assert scan(visitor, place.code).json["relation"] == "visitor"
    city.join(visitor, book.code, "vaccination")
    another = site(city, org_id=book.org_id)

    assert scan(visitor, another.code).json["relation"] == "internal"
    assert hints.present()[another.place_id].org_id == book.org_id


def test_what_is_known_of_a_place_saves_a_read_and_is_put_right(city: TestCity, place: Site, faults: Seam) -> None:
    hints.forget()
    day = clock.local_day("Asia/Shanghai", clock.now()).isoformat()
    place.change(shards={day: 4}, org_id=Book.opened(city).org_id)
    first, second, third = well(city, *(city.stranger() for _ in range(3)))
    counts = []
    for client, columns in ((first, {}), (second, {}), (third, {"shards": None, "org_id": None})):
        if columns:
            place.change(**columns)
        faults.calls.clear()
        assert scan(client, place.code).status == 201
        counts.append(faults.counts["BatchGetItem"])

    assert counts[:2] == [2, 1]
    assert place.place_id not in hints.present()


# What is wrong


def test_whoever_has_not_proved_identity_is_told_so(city: TestCity, place: Site) -> None:
    assert refused(scan(city.log_in(city.stranger()), place.code), 403, "identity_required")
    assert refused(scan(city.api, place.code), 401, "session_required")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["code"]),
        ({"code": ""}, ["code"]),
        ({"code": "x" * 513}, ["code"]),
        ({"code": "x", "temperature": "fever"}, ["temperature"]),
        ({"code": "x", "scanned_at": "yesterday"}, ["scanned_at"]),
    ],
)
def test_a_request_that_is_not_as_it_should_be_is_refused(
    visitor: Client, body: dict[str, str], fields: list[str]
) -> None:
    answer = visitor.post("/v1/checkins", body)

    assert refused(answer, 422, "validation_failed")
    assert [one["field"] for one in answer.json["errors"]] == fields


def test_a_gate_that_is_gone_has_no_code(place: Site, visitor: Client) -> None:
    from chalicelib.places.tables import GateRow

    store.delete(GateRow.of(place.place_id, place.gate_id))

    assert refused(scan(visitor, place.code), 404, "gate_code_invalid")


def test_broken_rows_are_said_to_be_broken(place: Site, visitor: Client) -> None:
    with spoiled(PlaceRow.of(place.place_id), "stay_minutes"):
        assert refused(scan(visitor, place.code), 500, "broken_record")
    checkin_id = scan(visitor, place.code).json["checkin_id"]
    spoil(row_of(checkin_id).own_key, "state")

    assert refused(scan(visitor, place.code), 500, "broken_record")


def test_the_check_in_of_an_erased_life_is_not_repeated(place: Site, visitor: Client) -> None:
    row = row_of(scan(visitor, place.code).json["checkin_id"])
    store.update(row.own_key, [CheckinRow.enrolment.set(0)])

    assert scan(visitor, place.code).status == 201
    assert [one.enrolment for one in place.rows()] == [1]


def test_of_two_who_look_at_once_neither_hides_what_the_other_one_saw(city: TestCity) -> None:
    place = site(city)
    (visitor,) = well(city, city.stranger())
    read = row_of(scan(visitor, place.code).json["checkin_id"])
    hot = {"temperature": "fever", "temperature_source": "measured", "alarm": True, "allowed": False, "by": "i"}
    assert store.update(read.own_key, store.assign(CheckinRow, hot)) is not None
    well_looking = CheckinRow(
        **{**read.attribute_values, "temperature": "normal", "temperature_source": "measured", "by": "j"}
    )

    amended = amend(read, well_looking)

    assert (amended.temperature, amended.alarm, amended.allowed) == ("fever", True, False)
