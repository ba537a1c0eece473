"""No key is written more often than half a partition takes, however many come at once (R-09)."""

import pytest

from bench.census import LIMIT, RUSHES, Rush, census


@pytest.mark.parametrize("rush", RUSHES, ids=lambda rush: f"{rush.per_second} at {rush.places}")
def test_no_key_is_hot(rush: Rush) -> None:
    found = {one.where: one.writes for one in census(rush)}
    assert found.keys() == {"checkins", "checkins by_visitor", "counters", "counters cursor", "counters of the city"}
    assert max(found.values()) <= LIMIT


def test_a_key_that_is_hot_would_be_seen() -> None:
    assert max(one.writes for one in census(Rush("too many", 2 * LIMIT, 1))) > LIMIT
