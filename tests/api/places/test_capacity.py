"""How many are inside: shown where that is enough, and never more than the place takes where its manager says so."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.core.errors import Broken
from chalicelib.core.runs import mark_complete
from chalicelib.core.settings import settings
from chalicelib.places.service import occupancy
from chalicelib.places.service.occupancy import HELD_SECONDS
from chalicelib.places.tables import OccupancyRow, PlaceRow
from chalicelib.places.visiting.stays import inside
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.rows import spoil, stored
from tests.support.seam import Seam, aws_error
from tests.support.visits import Site, inspect, put_in_state, row_of, scan, site, well

pytestmark = pytest.mark.api

MINUTE = 60


@pytest.fixture
def visitors(city: TestCity) -> list[Client]:
    """Four people in the normal state."""
    return well(city, *(city.stranger() for _ in range(4)))


@pytest.fixture
def time(visitors: list[Client]) -> Iterator[clock.FrozenClock]:
    """Time stands still at the next noon, ten seconds after a bucket of five minutes began.

    In the first hours of a day a number is that of two days, and asks twice.
    """
    assert visitors
    zone, now = settings().city.time_zone, clock.now()
    noons = (clock.midnight(zone, clock.local_day(zone, now) + timedelta(days=days)) for days in (0, 1))
    noon = next(at for at in (midnight + timedelta(hours=12) for midnight in noons) if at > now)
    with clock.frozen(noon + timedelta(seconds=10)) as time:
        mark_complete(1, clock.now())
        yield time


@pytest.fixture
def strict(city: TestCity) -> Site:
    """A place for two, and not one more."""
    return site(city, capacity=2, capacity_mode="strict")


def number(place: Site) -> OccupancyRow:
    key = OccupancyRow.of(place.place_id)
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def codes(place: Site, *visitors: Client) -> list[int | str]:
    answers = [scan(one, place.code) for one in visitors]
    return [answer.status if answer.status < 300 else answer.code for answer in answers]


# Soft


def test_a_soft_place_shows_that_it_is_full_and_refuses_nobody(
    city: TestCity, visitors: list[Client], time: clock.FrozenClock
) -> None:
    place = site(city, capacity=2)
    shown = []
    for one in visitors[:3]:
        answer = scan(one, place.code)
        shown.append((answer.status, answer.json["occupancy"], answer.json["is_full"]))
        time.tick(HELD_SECONDS)

    assert shown == [(201, 1, False), (201, 2, True), (201, 2, True)]
    assert stored(OccupancyRow.of(place.place_id)) is None


def test_whoever_scanned_again_and_left_is_counted_no_more_by_the_first_scan(
    city: TestCity, visitors: list[Client], time: clock.FrozenClock
) -> None:
    place = site(city, capacity=10)
    assert scan(visitors[0], place.code).status == 201
    time.tick(20 * MINUTE)
    again = scan(visitors[0], place.code)
    assert (again.status, again.json["occupancy"]) == (201, 1)
    assert visitors[0].post(f"/v1/checkins/{again.json['checkin_id']}/checkout").status == 204
    time.tick(HELD_SECONDS)

    assert scan(visitors[1], place.code).json["occupancy"] == 1


def test_the_number_is_asked_for_once_in_five_seconds(
    city: TestCity, visitors: list[Client], time: clock.FrozenClock, faults: Seam
) -> None:
    assert scan(visitors[0], site(city).code).status == 201  # how fresh the data are is held from now on
    place = site(city, capacity=10)
    seen: list[int] = []
    faults.calls.clear()
    for seconds in (0, HELD_SECONDS - 1, 1):
        time.tick(seconds)
        seen.append(scan(visitors[len(seen)], place.code).json["occupancy"])

    assert seen == [1, 1, 3]
    assert faults.counts["Query"] == 2


def test_a_number_that_can_not_be_read_is_left_out(
    city: TestCity, visitors: list[Client], time: clock.FrozenClock, faults: Seam
) -> None:
    assert scan(visitors[0], site(city).code).status == 201  # how fresh the data are is held from now on
    place = site(city, capacity=10)
    faults.fail("Query", aws_error("ProvisionedThroughputExceededException"))

    answer = scan(visitors[0], place.code)

    assert (answer.status, answer.json["left_out"], answer.json["occupancy"]) == (201, ["occupancy"], None)
    assert len(place.rows()) == 1
    assert time() > 0


def test_a_capacity_that_nobody_counts_is_not_shown(city: TestCity, visitors: list[Client]) -> None:
    place = site(city, capacity=100_000)

    assert scan(visitors[0], place.code).json["occupancy"] is None


# Strict


def test_a_strict_place_takes_no_more_than_it_may(
    strict: Site, visitors: list[Client], time: clock.FrozenClock
) -> None:
    assert codes(strict, *visitors[:3]) == [201, 201, "place_full"]
    assert codes(strict, *visitors[:2]) == [200, 200], "who is inside is told so"
    assert (number(strict).inside, len(strict.rows())) == (2, 2)
    time.tick(HELD_SECONDS)
    assert scan(visitors[0], strict.code).json["is_full"] is True


def test_whoever_leaves_makes_room_once(strict: Site, visitors: list[Client], time: clock.FrozenClock) -> None:
    checkin_id = scan(visitors[0], strict.code).json["checkin_id"]
    assert codes(strict, visitors[1]) == [201]
    for client, path in ((visitors[0], "/v1/checkins"), (strict.manager, strict.path)):
        assert client.post(f"{path}/{checkin_id}/checkout").status == 204

    assert number(strict).inside == 1
    assert codes(strict, visitors[2], visitors[3]) == [201, "place_full"]
    assert time() > 0


def test_whoever_comes_back_at_once_needs_room_again(
    strict: Site, visitors: list[Client], time: clock.FrozenClock
) -> None:
    at = clock.iso(clock.now())
    checkin_id = scan(visitors[0], strict.code).json["checkin_id"]
    assert visitors[0].post(f"/v1/checkins/{checkin_id}/checkout").status == 204
    time.tick(10)
    assert scan(visitors[0], strict.code, scanned_at=at).json["out_at"] is not None
    assert codes(strict, *visitors[1:3], visitors[0]) == [201, 201, "place_full"]
    second = scan(visitors[1], strict.code).json["checkin_id"]
    assert visitors[1].post(f"/v1/checkins/{second}/checkout").status == 204

    back = scan(visitors[0], strict.code)

    assert (back.status, back.json["repeated"], back.json["out_at"]) == (200, True, None)
    assert (row_of(checkin_id).out_at, number(strict).inside) == (None, 2)


def test_the_staffs_look_at_who_is_inside_is_kept_and_takes_no_other_place(
    city: TestCity, strict: Site, time: clock.FrozenClock
) -> None:
    person = city.stranger()
    (visitor,) = well(city, person)
    inspector = strict.staff()
    assert scan(visitor, strict.code).status == 201
    time.tick(30 * MINUTE)
    mark_complete(1, clock.now())

    assert inspect(inspector, strict, person).status == 201
    assert [row.by is not None for row in strict.rows()] == [False, True]
    assert (number(strict).inside, inspect(inspector, strict, person).status) == (1, 200)


def test_stays_that_ended_by_themselves_make_room(
    strict: Site, visitors: list[Client], time: clock.FrozenClock
) -> None:
    assert codes(strict, *visitors[:2]) == [201, 201]
    time.tick(119 * MINUTE)
    assert codes(strict, visitors[2]) == ["place_full"]
    time.tick(MINUTE)

    assert codes(strict, visitors[2], visitors[3], visitors[0]) == [201, 201, "place_full"]


def test_a_second_scan_in_the_same_stay_takes_no_other_place(
    strict: Site, visitors: list[Client], time: clock.FrozenClock
) -> None:
    first = scan(visitors[0], strict.code)
    time.tick(30 * MINUTE)
    second = scan(visitors[0], strict.code)

    assert (second.status, second.json["checkin_id"]) == (200, first.json["checkin_id"])
    assert number(strict).inside == 1


def test_whoever_is_kept_out_or_waited_without_network_takes_no_place(
    city: TestCity, strict: Site, visitors: list[Client], time: clock.FrozenClock
) -> None:
    red = city.stranger()
    (client,) = well(city, red)
    put_in_state(red, "red")
    assert codes(strict, client, visitors[0], visitors[1]) == [201, 201, 201]

    late = scan(visitors[2], strict.code, scanned_at=clock.iso(clock.now() - timedelta(hours=1)))

    assert (late.status, late.json["queued"], number(strict).inside) == (201, True, 2)
    checkin_id = late.json["checkin_id"]
    assert visitors[2].post(f"/v1/checkins/{checkin_id}/checkout").status == 204
    assert number(strict).inside == 2
    assert time() > 0


def test_a_check_out_where_nobody_is_counted_is_one(
    city: TestCity, visitors: list[Client], time: clock.FrozenClock
) -> None:
    place = site(city, capacity=2)
    checkin_id = scan(visitors[0], place.code).json["checkin_id"]
    place.change(capacity_mode="strict")

    assert visitors[0].post(f"/v1/checkins/{checkin_id}/checkout").status == 204
    assert row_of(checkin_id).out_at == clock.now()
    assert stored(OccupancyRow.of(place.place_id)) is None
    assert time() > 0


def test_what_is_wrong_is_put_right_after_five_minutes(
    strict: Site, visitors: list[Client], time: clock.FrozenClock
) -> None:
    assert codes(strict, visitors[0]) == [201]
    store.update(OccupancyRow.of(strict.place_id), [OccupancyRow.inside.set(0)])
    assert codes(strict, visitors[1]) == [201]
    time.tick(5 * MINUTE)

    assert codes(strict, visitors[2]) == ["place_full"]
    assert number(strict).inside == 2


def test_a_count_during_which_somebody_came_in_is_not_stored(
    strict: Site, visitors: list[Client], time: clock.FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert codes(strict, visitors[0]) == [201]
    time.tick(6 * MINUTE)

    def somebody_comes(*rows: object) -> int:
        monkeypatch.setattr(occupancy, "inside", inside)
        assert codes(strict, visitors[1]) == [201]
        return inside(*rows)  # type: ignore[arg-type]

    monkeypatch.setattr(occupancy, "inside", somebody_comes)

    assert codes(strict, visitors[2]) == ["place_full"]
    assert number(strict).inside == 2


def test_a_lost_answer_takes_one_place(
    strict: Site, visitors: list[Client], time: clock.FrozenClock, faults: Seam
) -> None:
    faults.fail_after("TransactWriteItems", aws_error("InternalServerError"), times=2)
    first = scan(visitors[0], strict.code)

    assert codes(strict, visitors[0], visitors[1], visitors[2]) == [200, 201, "place_full"]
    assert first.status in (201, 200, 503)
    assert time() > 0


def test_a_number_that_is_broken_is_said_to_be_and_stands_in_no_soft_places_way(
    strict: Site, visitors: list[Client]
) -> None:
    assert codes(strict, visitors[0]) == [201]
    spoil(OccupancyRow.of(strict.place_id), "inside")

    assert codes(strict, visitors[1]) == ["broken_record"]
    place = store.read_together([PlaceRow.of(strict.place_id)]).get(PlaceRow.of(strict.place_id))
    assert place is not None
    with pytest.raises(Broken):
        occupancy._counted(place)  # noqa: SLF001  what is left out of an answer
