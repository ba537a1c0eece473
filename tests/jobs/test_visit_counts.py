"""The numbers of places as the stream of check-ins makes them: each check-in once, however often it comes (R2.6, R2.7)."""

import random
from datetime import timedelta
from typing import Any

import pytest

import app
from chalicelib.core import clock, counters, store
from chalicelib.core.settings import settings
from chalicelib.core.store import Row
from chalicelib.places.counting import CITY_SHARDS, Part, city_scope, subdistrict_scope
from chalicelib.places.tables import CheckinRow, PlaceRow
from chalicelib.places.tables.warnings import WarningRow
from tests.support.city import TestCity
from tests.support.counted import SUBDISTRICT, CountedPlace, fever
from tests.support.events import Events
from tests.support.lambdas import batch, failed, removed_record, stored_record
from tests.support.rows import items_of, put_raw, spoil
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.jobs

STREAM = "arn:aws:dynamodb:x:0:table/demo-checkins-v1/stream/2026-11-22T00:00:00.000"


@pytest.fixture
def place(city: TestCity) -> CountedPlace:
    """A place where nobody was yet."""
    return CountedPlace.opened(city)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The lines of the event log."""
    return Events(monkeypatch)


def stored(row: Row, old: Row | None = None) -> dict[str, Any]:
    return {**stored_record(row, old), "eventSourceARN": STREAM}


def removed(row: Row) -> dict[str, Any]:
    return {**removed_record(row), "eventSourceARN": STREAM}


def count(*records: dict[str, Any]) -> Any:
    return app.checkins_stream(batch(*records), None)


def out(row: CheckinRow) -> CheckinRow:
    """The same check-in after its visitor left."""
    later = CheckinRow(**{**row.attribute_values, "out_at": clock.now()})
    assert later.sk == row.sk
    return later


def hour() -> str:
    return f"{clock.local(settings().city.time_zone, clock.now()).hour:02d}"


def warnings_about(place: CountedPlace) -> list[dict[str, Any]]:
    return [
        item for item in items_of(WarningRow, WarningRow.KIND) if item.get("place_id", {}).get("S") == place.place_id
    ]


# --- what is counted


def test_check_ins_are_counted_once_though_the_stream_brings_them_twice(place: CountedPlace, city: TestCity) -> None:
    with clock.frozen(clock.now()):
        rows = [
            place.visit(gate_id="g1", relation="internal"),
            place.visit(**fever(by="m1")),
            place.visit(state="red", allowed=False, alarm=True, gate_id="g1", out_at=clock.now()),
        ]
        for row in rows:
            store.put(row)
        city.deliver()
        assert place.numbers() == {
            f"{hour()}#all": 3, f"{hour()}#worrying": 2, "gate#g1": 2, "state#green": 2, "state#red": 1, "mode#poster": 2,
            "mode#pass": 1, "temperature#fever": 1, "relation#internal": 1, "by#m1#all": 1, "by#m1#worrying": 1,
            "alarm": 1, "out": 1,
        }  # fmt: skip


def test_leaving_is_counted_and_nothing_else_by_it(place: CountedPlace) -> None:
    row = place.visit()
    assert count(stored(row)) == failed()
    before = place.numbers()
    count(stored(out(row), row))
    assert place.numbers() == {**before, "out": 1}


def test_a_removed_visit_is_counted_no_more(place: CountedPlace) -> None:
    row = place.visit()
    count(stored(row), removed(row))
    assert place.numbers() == {}


def test_the_sweep_of_what_is_over_changes_no_number(place: CountedPlace) -> None:
    row = place.visit(**fever())
    count(stored(row))
    before = place.numbers()
    with clock.frozen(row.expires_at):
        count(removed(row))
        assert place.numbers(row.part) == before
        unknown = removed(row)
        unknown["dynamodb"]["OldImage"]["expires_at"] = {"S": "some day"}
        count(unknown)
    assert place.numbers() == {}


def test_records_that_come_again_and_in_pieces_count_once(place: CountedPlace) -> None:
    records = [stored(place.visit()) for _ in range(20)]
    for _ in range(4):
        upto = random.randrange(1, len(records))
        count(*records[:upto])
    count(*records)
    count(*records)
    assert place.numbers()["state#green"] == 20
    assert sum(counters.numbers(Part.of(place.part).city_scope).found[name] for name in ["state#green"]) >= 20


def test_the_city_and_the_sub_district_are_counted_with_it_and_no_more_often(place: CountedPlace) -> None:
    scope, around = Part.of(place.part).city_scope, subdistrict_scope(SUBDISTRICT, place.today)
    before, near = counters.numbers(scope).found, counters.numbers(around).found
    records = [stored(place.visit(**fever())), stored(place.visit())]
    count(*records)
    count(*records)
    after, nearer = counters.numbers(scope).found, counters.numbers(around).found
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert grown == {f"{hour()}#all": 2, f"{hour()}#worrying": 1, "state#green": 2, "temperature#fever": 1}
    assert nearer[f"{hour()}#worrying"] == near.get(f"{hour()}#worrying", 0) + 1


def test_numbers_of_a_day_expire_with_its_visits(place: CountedPlace) -> None:
    count(stored(place.visit()))
    kept = settings().city.retention.checkins + 2
    ends = clock.midnight(settings().city.time_zone, place.today + timedelta(days=kept)).timestamp()
    items = [*items_of(counters.CounterRow, place.part), *items_of(counters.CursorRow, f"cursor#{place.part}")]
    assert len(items) >= 4
    assert {int(item["expires_at"]["N"]) for item in items} == {int(ends)}


# --- what can't be counted


def test_a_visit_that_cannot_be_read_is_one_of_the_unreadable(place: CountedPlace) -> None:
    row = place.visit()
    image = {name: value for name, value in row.serialize().items() if name != "mode"}
    broken = stored(row)
    broken["dynamodb"]["NewImage"] = image
    odd = place.visit(state="no such state!")
    assert count(broken, stored(odd)) == failed()
    assert place.numbers() == {"unreadable": 2}


def test_a_number_that_is_none_holds_up_no_other_place(place: CountedPlace, city: TestCity, events: Events) -> None:
    other = CountedPlace.opened(city)
    put_raw(counters.CounterRow.of(place.part, "state#green"), {"amount": {"S": "many"}})
    assert count(stored(place.visit()), stored(other.visit())) == failed()
    assert other.numbers()["state#green"] == 1
    assert events.of("row.broken")


def test_a_place_that_cannot_be_read_keeps_no_visit_from_being_counted(place: CountedPlace, events: Events) -> None:
    spoil(PlaceRow.of(place.place_id), "name")
    count(stored(place.visit(**fever())), stored(place.visit()))
    assert place.numbers()["state#green"] == 2
    assert {line["table"] for line in events.of("row.broken")} == {PlaceRow.Meta.table}


def test_a_storage_that_does_not_answer_is_asked_again_and_counts_once(place: CountedPlace, faults: Seam) -> None:
    records = [stored(place.visit())]
    faults.fail_after("TransactWriteItems", aws_error("InternalServerError"))
    assert count(*records) == failed(*records)
    assert count(*records) == failed()
    assert place.numbers()["state#green"] == 1


# --- early warning


def test_fever_and_alarms_that_come_together_are_warned_of_once(place: CountedPlace) -> None:
    limit = settings().city.places.warnings.per_place
    records = [stored(place.visit(**fever())) for _ in range(limit - 1)]
    count(*records)
    assert warnings_about(place) == []
    count(stored(place.visit(state="red", allowed=False, alarm=True)))
    count(*records)
    (warning,) = warnings_about(place)
    assert warning["amount"]["N"] == str(limit)
    count(stored(place.visit(**fever())))
    (warning,) = warnings_about(place)
    assert warning["amount"]["N"] == str(limit + 1)


def test_what_was_long_ago_warns_of_nothing(place: CountedPlace) -> None:
    limits = settings().city.places.warnings
    ago = clock.now() - timedelta(hours=limits.hours + 1)
    count(*(stored(place.visit(at=ago, **fever())) for _ in range(limits.per_place)))
    assert warnings_about(place) == []


def test_a_sub_district_is_warned_of_though_no_single_place_is(city: TestCity) -> None:
    limits = settings().city.places.warnings
    subdistrict = "371302097"
    for _ in range(limits.per_subdistrict):
        count(stored(CountedPlace.opened(city, subdistrict=subdistrict).visit(**fever())))
    (warning,) = [item for item in items_of(WarningRow, WarningRow.KIND) if item["subdistrict"]["S"] == subdistrict]
    assert "place_id" not in warning
    assert warning["amount"]["N"] == str(limits.per_subdistrict)


def test_every_part_of_the_city_s_numbers_is_one_that_is_summed_up() -> None:
    day = clock.local_day(settings().city.time_zone, clock.now())
    parts = {Part.of(f"{number:026d}#{day}#0").city_scope for number in range(2_000)}
    assert parts == {city_scope(day, shard) for shard in range(CITY_SHARDS)}
