"""From a check-in to its numbers and to a warning: cut at any call, delivered again, late and in pieces, the end is the same.

Each AWS call of the consumer fails before it is made, loses its answer, or is the last thing that the process does (R2.7).
"""

from collections import Counter
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

import app
from chalicelib.core import counters, store
from chalicelib.core.ids import new_id
from chalicelib.core.settings import settings
from chalicelib.places.counting import Part, subdistrict_scope
from chalicelib.places.tables import PlaceRow
from chalicelib.places.tables.warnings import WarningRow
from tests.support.city import TestCity
from tests.support.counted import CountedPlace, fever
from tests.support.lambdas import batch, failed, stored_record
from tests.support.rows import items_of
from tests.support.working import Cuts, with_each_fault

pytestmark = pytest.mark.jobs

SUBDISTRICTS = count(371302500)
"""One for each run, so that none is warned of for another's visits."""


@pytest.fixture
def first(city: TestCity) -> CountedPlace:
    """A place, whose like are made without anybody enrolling again."""
    return CountedPlace.opened(city)


def like(first: CountedPlace) -> tuple[CountedPlace, str]:
    """Another place of the same manager in a sub-district of its own."""
    key, other, subdistrict = PlaceRow.of(first.place_id), PlaceRow.of(new_id()), str(next(SUBDISTRICTS))
    row = store.read_together([key]).get(key)
    assert row is not None
    fields = {**row.attribute_values, "place_id": other.hash_value, "subdistrict": subdistrict}
    store.put(PlaceRow(**fields))
    return CountedPlace(first.city, first.manager, other.hash_value), subdistrict


def amounts(scope: str) -> Counter[str]:
    return Counter(counters.numbers(scope).found)


def by_metric(numbers: Mapping[str, int]) -> dict[str, int]:
    """Numbers whatever hour it is."""
    found = Counter[str]()
    for name, number in numbers.items():
        hour, _, metric = name.partition("#")
        found[metric if hour.isdecimal() else name] += number
    return dict(found)


def test_every_visit_is_counted_once_and_warned_of_wherever_the_consumer_dies(first: CountedPlace) -> None:
    limit = settings().city.places.warnings.per_place

    def once(cuts: Cuts) -> None:
        place, subdistrict = like(first)
        city = Part.of(place.part).city_scope
        before = amounts(city)
        records: list[dict[str, Any]] = [stored_record(place.visit(**fever())) for _ in range(limit)]
        records.append(stored_record(place.visit(gate_id="north")))
        with cuts.here():
            app.checkins_stream(batch(*records), None)
        for again in (records[:2], records[1:], records):
            assert app.checkins_stream(batch(*again), None) == failed()

        everywhere = {"all": limit + 1, "worrying": limit, "state#green": limit + 1, "temperature#fever": limit}
        here = {"mode#pass": limit, "mode#poster": 1, "gate#north": 1}
        assert by_metric(place.numbers()) == everywhere | here
        assert by_metric(amounts(city) - before) == everywhere
        assert by_metric(amounts(subdistrict_scope(subdistrict, place.today))) == {"worrying": limit}
        found = [one for one in items_of(WarningRow, WarningRow.KIND) if one["subdistrict"]["S"] == subdistrict]
        assert [(one["place_id"]["S"], one["amount"]["N"]) for one in found] == [(place.place_id, str(limit))]

    assert with_each_fault(once) >= 5
