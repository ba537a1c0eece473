"""The command `recount-visits`: every check-in is in the numbers once, and what is wrong is put right."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from chalicelib.core import store
from chalicelib.core.counters import CounterRow
from infra.cli.main import app as cli
from tests.support.city import TestCity
from tests.support.counted import CountedPlace, fever
from tests.support.rows import spoil

pytestmark = pytest.mark.jobs

Run = Callable[..., Result]


@pytest.fixture
def run(city: TestCity, emulator: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command; while it waits, the city's streams go on."""
    monkeypatch.setattr("infra.recount.time.sleep", lambda _: city.deliver())

    def run(place: CountedPlace, *arguments: str) -> Result:
        city.deliver()
        options = ["--city", "demo", "--endpoint-url", emulator, "--day", str(place.today)]
        return CliRunner().invoke(cli, ["recount-visits", place.place_id, *options, *arguments])

    return run


@pytest.fixture
def place(city: TestCity) -> CountedPlace:
    """A place where three were."""
    place = CountedPlace.opened(city)
    for row in (place.visit(), place.visit(**fever()), place.visit(gate_id="north")):
        store.put(row)
    city.deliver()
    return place


def test_right_numbers_are_said_to_be_right(run: Run, place: CountedPlace) -> None:
    assert (run(place).exit_code, run(place).stdout) == (0, "The numbers of all 1 parts are right.\n")


def test_what_is_wrong_is_named_and_then_put_right(run: Run, place: CountedPlace) -> None:
    before = place.numbers()
    assert store.update(CounterRow.of(place.part, "state#green"), [CounterRow.amount.add(2)]) is not None
    named = run(place, "--json")
    assert named.exit_code == 1
    assert json.loads(named.stdout)["differing"][place.part]["differences"] == {"state#green": {"kept": 5, "true": 3}}
    assert run(place, "--repair").exit_code == 0
    assert place.numbers() == before
    assert len(list(store.query_all(type(place.visit()), place.part))) == 3


def test_a_visit_that_cannot_be_read_is_counted_as_one(run: Run, place: CountedPlace) -> None:
    row = place.visit()
    store.put(row)
    spoil(row.own_key, "mode")
    assert run(place).exit_code == 0
    assert place.numbers()["unreadable"] == 1


def test_a_place_that_never_was(run: Run, city: TestCity) -> None:
    result = run(CountedPlace(city, city.api, "01hzzzzzzzzzzzzzzzzzzzzzzz"))
    assert (result.exit_code, result.stderr) == (2, "01hzzzzzzzzzzzzzzzzzzzzzzz: there is no such place.\n")
