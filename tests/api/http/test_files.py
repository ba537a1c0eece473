"""Routes of no feature: is the service well, its description, its files."""

import pytest

from chalicelib.core import clock, store
from chalicelib.core.runs import FRESHNESS, FreshnessRow, mark_complete
from tests.support.city import TestCity
from tests.support.rows import spoil
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.api

FILES = ["/docs", "/openapi.json"]


@pytest.fixture
def demo_people() -> None:
    """The mark that the last import was carried through."""
    mark_complete(1, clock.now())


@pytest.mark.usefixtures("demo_people")
def test_the_service_is_well_when_every_table_answers_and_its_people_are_there(city: TestCity, faults: Seam) -> None:
    answer = city.api.get("/health")

    assert (answer.status, answer.json) == (200, {"status": "ok", "city": "demo"})
    assert answer.headers["cache-control"] == "no-store"
    assert faults.operations == ["BatchGetItem"]
    (_, call), *_ = faults.calls
    assert call["RequestItems"].keys() == {table.physical_name() for table in store.tables()}


def test_the_service_is_not_well_before_its_people_are_there(city: TestCity) -> None:
    store.delete(FreshnessRow.key(FRESHNESS, "0"))

    answer = city.api.get("/health")

    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"


@pytest.mark.usefixtures("demo_people")
@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ThrottlingException"])
def test_the_service_is_not_well_when_a_table_is_gone_or_busy(city: TestCity, faults: Seam, code: str) -> None:
    faults.fail("BatchGetItem", aws_error(code))

    assert city.api.get("/health").status == 503


@pytest.mark.usefixtures("demo_people")
def test_a_broken_mark_is_a_problem(city: TestCity) -> None:
    spoil(FreshnessRow.key(FRESHNESS, "0"), "complete_through", {"S": "soon"})

    answer = city.api.get("/health")

    assert (answer.status, answer.code) == (500, "broken_record")
    mark_complete(1, clock.now())


@pytest.mark.parametrize("path", FILES)
def test_a_file_comes_once_and_then_only_when_it_changed(city: TestCity, path: str) -> None:
    first = city.api.get(path)

    assert first.status == 200
    assert first.headers["cache-control"] == "public, max-age=300"
    assert "unsafe" not in first.headers["content-security-policy"]
    again = city.api.get(path, if_none_match=first.headers["etag"])
    assert (again.status, again.text, again.headers["etag"]) == (304, "", first.headers["etag"])
    assert city.api.get(path, if_none_match='"of another version"').status == 200


@pytest.mark.parametrize(
    "name", ["missing.js", "docs.html", "openapi.json", "..%2f..%2fapp.py", "a.JS", "style.css.map", "x" * 40 + ".js"]
)
def test_nothing_but_scripts_and_styles_of_the_web_app_is_served_as_such(city: TestCity, name: str) -> None:
    answer = city.api.get(f"/static/{name}")

    assert (answer.status, answer.code) == (404, "route_not_found")


def test_a_file_needs_no_table_and_no_key(city: TestCity, faults: Seam) -> None:
    city.api.get("/docs")

    assert faults.operations == []
