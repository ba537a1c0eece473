from pathlib import Path

from chalicelib.core.city import load_city
from infra import quotas

ALL = [load_city(path.stem) for path in sorted(Path("chalicelib/cities").glob("*.toml"))]


def test_no_city_of_an_account_can_starve_another() -> None:  # check 10
    assert quotas.shortfalls(ALL) == []


def test_cities_that_ask_for_too_much_are_told_of_what() -> None:
    greedy = quotas.shortfalls([city for city in ALL for _ in range(3)])

    assert [line.split(":")[0] for line in greedy] == ["reserved concurrency", "requests per second", "burst"]
