"""The city files together against what an AWS account has (check 10 of the template checks)."""

from dataclasses import replace

import pytest

from chalicelib.core.city import City, all_cities, load_city
from infra import quotas
from infra.wiring import QueueSource, Wiring


def test_no_city_of_an_account_can_starve_another() -> None:
    assert quotas.shortfalls(all_cities()) == []


def test_cities_that_ask_for_too_much_are_told_of_what() -> None:
    greedy = quotas.shortfalls([city for city in all_cities() for _ in range(3)])

    assert [line.split(":")[0] for line in greedy] == ["reserved concurrency", "requests per second", "burst"]


@pytest.mark.parametrize("city", all_cities(), ids=lambda city: city.name)
def test_no_stream_and_queue_of_a_city_can_starve_each_other(city: City) -> None:
    assert quotas.crowded(city) == []


def test_a_function_with_too_few_copies_for_its_stream_and_queues_is_named() -> None:
    city = load_city("demo")
    busy = QueueSource("errands", "registry_stream", batch_size=1, concurrency=10)
    wiring = Wiring()

    assert quotas.crowded(city, replace(wiring, queues=(*wiring.queues, busy))) == ["registry_stream: 6 of 16"]
