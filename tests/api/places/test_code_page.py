"""The page behind the code of an entrance, and the poster to print (R2.4, R2.6, R4.1, B7)."""

import re
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.places.codes import poster_code
from chalicelib.places.tables import GateRow, PlaceRow
from tests.support.city import TestCity
from tests.support.entrances import TestEntrance
from tests.support.rows import spoil
from tests.support.seam import Seam

pytestmark = pytest.mark.api

NEVER = [{"days": [], "opens": "00:00", "closes": "23:59"}]
ALWAYS = [{"days": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00"}]


@pytest.fixture
def entrance(city: TestCity) -> TestEntrance:  # noqa: ARG001  its tables
    """A place that is open."""
    return TestEntrance.opened()


def test_the_page_names_place_and_gate_and_lets_one_check_in(city: TestCity, entrance: TestEntrance) -> None:
    entrance.change_place(hours=ALWAYS)
    page = city.api.get(f"/c/{entrance.poster}", accept_language="en")

    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    assert '<html lang="en">' in page.text
    assert "Lotus Restaurant</h1>" in page.text
    assert "East gate</p>" in page.text
    assert 'data-standing="open" data-kind="poster"' in page.text
    assert '<div class="notice"></div>' in page.text
    assert entrance.place_id not in page.text
    assert 'data-kind="screen"' in city.api.get(f"/c/{entrance.screen}").text


@pytest.mark.parametrize(
    ("said", "place", "gate"),
    [
        (("shut", "not open at this hour"), {"hours": NEVER}, {}),
        (("suspended", "暂停登记"), {"suspended_since": clock.now()}, {}),
        (("suspended", "暂停登记"), {"violation": {"reason": "x", "at": "x", "by": "x", "until": None}}, {}),
        (("suspended", "admits nobody for now"), {}, {"suspended_since": clock.now()}),
        (("screen", "Scan the screen"), {}, {"presence": "rotating"}),
    ],
    ids=["shut", "manager", "violation", "registrar", "screen"],
)
def test_the_page_says_why_nobody_can_check_in_now(
    city: TestCity, entrance: TestEntrance, said: tuple[str, str], place: dict[str, Any], gate: dict[str, Any]
) -> None:
    entrance.change_place(name="Lotus", **place)
    entrance.change_gate(name="West", **gate)

    page = city.api.get(f"/c/{entrance.poster}")

    assert page.status == 200
    assert f'data-standing="{said[0]}"' in page.text
    assert said[1] in page.text


@pytest.mark.parametrize("columns", [{"version": 2}, {"voided_at": clock.now()}], ids=["replaced", "voided"])
def test_a_poster_that_was_replaced_or_voided_is_gone(
    city: TestCity, entrance: TestEntrance, columns: dict[str, Any]
) -> None:
    entrance.change_gate(**columns)

    page, sheet = city.api.get(f"/c/{entrance.poster}"), city.api.get(f"/c/{entrance.poster}/print")

    assert (page.status, sheet.status) == (410, 404)
    assert "This poster was replaced" in page.text
    assert "<svg" not in sheet.text


def test_codes_of_nothing_open_nothing(city: TestCity, entrance: TestEntrance) -> None:
    strange = poster_code(entrance.place_id, "AAAAAA", 1)
    for code in ("x", entrance.poster[::-1], entrance.poster[:-1], strange):
        for path in (f"/c/{code}", f"/c/{code}/print"):
            page = city.api.get(path)
            assert page.status == 404
            assert page.headers["content-type"].startswith("text/html")
            assert "Lotus" not in page.text
    entrance.change_place(closed_at=clock.now())
    assert city.api.get(f"/c/{entrance.poster}").status == 404
    assert "Lotus" not in city.api.get(f"/c/{entrance.poster}/print").text


def test_a_screens_code_is_over_after_its_turn_and_is_never_printed(
    city: TestCity, entrance: TestEntrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, later = entrance.screen, clock.epoch() + 90
    assert city.api.get(f"/c/{code}/print").status == 404

    monkeypatch.setattr(clock, "epoch", lambda: later)

    page = city.api.get(f"/c/{code}", accept_language="en")
    assert page.status == 410
    assert "changes every 30 seconds" in page.text


def test_the_page_takes_no_body_parameters_and_no_script_of_others(city: TestCity, entrance: TestEntrance) -> None:
    entrance.change_place(name="<script>alert(1)</script><img src=x onerror=alert(2)> $now ${kind}")

    page = city.api.get(f"/c/{entrance.poster}?from=singlemessage&isappinstalled=0")

    assert page.status == 200
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "$now ${kind}" in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
    assert "unsafe" not in page.headers["content-security-policy"]
    assert city.api.get(f"/c/{entrance.poster}/print?x=1").status == 422
    assert city.api.get("/c/a.b").status == 404


@pytest.mark.parametrize("broken", ["place", "gate", "hours"])
def test_a_broken_stored_row_is_a_problem(city: TestCity, entrance: TestEntrance, broken: str) -> None:
    place, gate = PlaceRow.of(entrance.place_id), GateRow.of(entrance.place_id, entrance.gate_id)
    if broken == "hours":
        entrance.change_place(hours=["always"])
    else:
        spoil(place if broken == "place" else gate, "created_at", {"S": "soon"})

    answer = city.api.get(f"/c/{entrance.poster}")

    assert (answer.status, answer.code) == (500, "broken_record")


def test_the_sheet_says_the_order_of_entry_and_which_poster_it_is(city: TestCity, entrance: TestEntrance) -> None:
    entrance.change_gate(version=7, printed_at=clock.now().replace(year=2031, month=12, day=31, hour=20))
    code = poster_code(entrance.place_id, entrance.gate_id, 7)

    page = city.api.get(f"/c/{code}/print")

    assert page.status == 200
    words = re.sub(r"<[^>]*>", " ", page.text)
    assert "Version 7 · printed 2032-01-01" in words
    assert "第 7 版" in words
    assert words.index("Temperature:") < words.index("Scan this code") < words.index("Show the result")
    assert page.text.count("<svg") == 1
    assert f"/c/{code}</code>" in page.text
    assert "style=" not in page.text


def test_it_is_one_read(city: TestCity, entrance: TestEntrance, faults: Seam) -> None:
    """In a process that holds the key of posters, which another test may have made it forget."""
    assert city.api.get(f"/c/{entrance.poster}").status == 200
    before = len(faults.operations)

    assert city.api.get(f"/c/{entrance.poster}").status == 200

    assert faults.operations[before:] == ["BatchGetItem"]


def test_the_page_of_a_screen_names_no_place(city: TestCity) -> None:
    page = city.api.get("/screen", accept_language="en")

    assert page.status == 200
    assert "Scan to check in" in page.text
    assert 'src="static/screen.js"' in page.text
    assert city.api.get("/screen?place=1").status == 422
