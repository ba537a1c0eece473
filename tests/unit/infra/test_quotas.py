"""The city files together against what an AWS account has (check 10 of the template checks)."""

from chalicelib.core.city import all_cities
from infra import quotas


def test_no_city_of_an_account_can_starve_another() -> None:
    assert quotas.shortfalls(all_cities()) == []


def test_cities_that_ask_for_too_much_are_told_of_what() -> None:
    greedy = quotas.shortfalls([city for city in all_cities() for _ in range(3)])

    assert [line.split(":")[0] for line in greedy] == ["reserved concurrency", "requests per second", "burst"]
