"""The counts of design §9 and §1, as `make bench` shows them. Times are not asserted: a busy machine would fail them."""

import pytest

from bench.known import KNOWN_OVER
from bench.measuring import Cpu, Operation, measured
from bench.operations import COUNTED, LISTED, OPERATIONS, list_members
from bench.recorder import recorded
from bench.writing import as_measured
from infra.costs import measured as costs
from tests.support.city import TestCity

STALE = "infra/costs/measured.json is behind the code; `python -m bench --write` writes it"

COUNTER = 200
"""Bytes of a row of counters. The city's budget of an hour has 16; the one that is drawn may be there already."""

pytestmark = [pytest.mark.engines, pytest.mark.slow]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_keeps_within_its_limits(city: TestCity, operation: Operation) -> None:
    figures = measured(operation, city)
    known = KNOWN_OVER.get(operation.name)
    assert figures.over == ([] if known is None else ["round trips"])
    assert known is None or figures.record.round_trips == known
    written = costs.measured()[operation.name]
    now = as_measured(figures, Cpu(whole=0.001, bare=0.001))
    assert now.counts() == written.counts(), STALE
    assert sum(now.stored.values()) == pytest.approx(sum(written.stored.values()), rel=0.1, abs=COUNTER), STALE
    assert now.answered == pytest.approx(written.answered, rel=0.1, abs=50), STALE


def test_numbers_cost_the_same_for_any_number_of_members() -> None:
    figures = costs.measured()
    small, *larger = [figures[f"numbers of {size:,} members"] for size in (COUNTED, 10_000, 100_000)]
    assert [one.counts() for one in larger] == [small.counts()] * 2


def test_a_list_costs_what_it_shows_however_large_the_book_is(city: TestCity) -> None:
    small, large = list_members(city, LISTED + 1), list_members(city, 10 * LISTED)
    assert large().status == 200  # keys are held from now on
    with recorded() as of_small:
        assert len(small().json["items"]) == LISTED
    with recorded() as of_large:
        assert len(large().json["items"]) == LISTED
    assert of_large.round_trips == of_small.round_trips
    assert of_large.units == of_small.units
    assert [call.keys for call in of_large.calls] == [call.keys for call in of_small.calls]
