"""The pages of docs/ as written: blocks run from top to bottom in one shell, each JSON block holds of the answer before it."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import clock
from infra.local.city import LocalCity
from infra.local.demo_places import HOSPITAL, PRINT, SCHOOL, SHOP, TYPES, cast, open_demo_places
from infra.local.phones import verified

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"
API, BOOK, SOURCES = DOCS / "api.md", DOCS / "guides" / "group-book.md", DOCS / "sources.md"
BLOCK = re.compile(r"^```(bash|json)\n(.*?)^```", re.MULTILINE | re.DOTALL)
MARK = "---- block {} ----"

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCity]:
    with LocalCity("demo", state=tmp_path_factory.mktemp("city"), port=0, aws_port=0, demo_people=True) as running:
        yield running


@pytest.fixture
def address(city: LocalCity) -> str:
    return city.url


def blocks(page: Path) -> list[tuple[str, str]]:
    return [(match.group(1), match.group(2)) for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def outputs(page: Path, address: str, folder: Path, more: dict[str, str]) -> dict[int, str]:
    """What each bash block printed, all in one shell that stops at the first command that fails."""
    script = "set -euo pipefail\n" + "\n".join(
        f"{text}\nprintf '\\n{MARK.format(number)}\\n'"
        for number, (kind, text) in enumerate(blocks(page))
        if kind == "bash"
    )
    run = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", "GATEBOOK": address, **more},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr + run.stdout
    parts = re.split(r"---- block (\d+) ----\n", run.stdout)
    return {int(number): text.strip() for text, number in zip(parts[::2], parts[1::2], strict=False)}


def holds(expected: Any, actual: Any) -> bool:
    """Whether what the page shows is part of the answer: fields may be left out, lists may not."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and holds(value, actual[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(holds, expected, actual))
    return bool(expected == actual)


def test_a_refusal_is_shown_and_fails_where_a_field_is_asked_for(tmp_path: Path) -> None:
    (_, functions), *_ = blocks(API)
    problem = '{"status": 429, "code": "too_many_requests"}'
    for answer, shown in ((problem, problem), ("", "no answer"), ("<html>", "<html>")):
        script = f"set -o pipefail\n{functions}\nprintf %s '{answer}' | field token"
        run = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (run.returncode, run.stdout, run.stderr) == (1, "", f"{shown}\n")


def assert_done(page: Path, address: str, folder: Path, **more: str) -> None:
    """The page's blocks ran, and each answer holds what the page shows of it. `more` are variables that the shell has."""
    printed = outputs(page, address, folder, more)
    for number, (kind, text) in enumerate(blocks(page)):
        if kind == "json":
            answer = printed[number - 1].splitlines()[-1]
            assert holds(json.loads(text), json.loads(answer)), f"{text} is not in {answer}"


def test_the_page_does_what_it_says(address: str, tmp_path: Path) -> None:
    assert_done(API, address, tmp_path)
    assert (tmp_path / "invitation.svg").read_text().startswith("<svg")


def test_the_owners_guide_does_what_it_says(address: str, tmp_path: Path) -> None:
    assert_done(BOOK, address, tmp_path)
    assert "<svg" in (tmp_path / "poster.html").read_text()
    assert (tmp_path / "members.csv").read_text(encoding="utf-8-sig").count("欧阳**") == 1
    assert (tmp_path / "members.xlsx").read_bytes().startswith(b"PK")


def test_a_fact_becomes_a_message_as_the_readme_says(city: LocalCity) -> None:
    """The four commands, on this city's ports; the first is what started it."""
    _, _, section = README.read_text(encoding="utf-8").partition("## See an alert leave")
    found = re.search(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found is not None
    start, *others, look = found.group(1).replace("infra.local.book", f"infra.local.book {city.url}").splitlines()
    assert start.startswith("make run")
    script = (
        "\n".join(others).replace("http://127.0.0.1:4566", city.aws_url).replace(".venv/bin/python", sys.executable)
    )

    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=README.parent, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr

    told, ends = "", time.monotonic() + 5
    while "Demo School" not in told and time.monotonic() < ends:
        time.sleep(0.2)
        whole = look.replace("http://127.0.0.1:8000", city.url)
        told = subprocess.run(whole.split(), check=True, capture_output=True, text=True, timeout=10).stdout
    (message,) = (one for one in json.loads(told) if "Demo School" in one["text"])
    assert message["to"] == "13593650280"
    assert "董泽" not in message["text"]


def operated(city: LocalCity, *line: str) -> dict[str, Any]:
    """What an operator's command answers to a program."""
    command = [sys.executable, "-m", "infra.cli", "--city", "demo", "--endpoint-url", city.aws_url, "--json", *line]
    run = subprocess.run(command, cwd=DOCS.parent, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def test_a_source_delivers_as_the_page_says(city: LocalCity, address: str, tmp_path: Path) -> None:
    """Its key is made by openssl as the page shows it, and registered by two operators."""
    lines = [line for line in SOURCES.read_text(encoding="utf-8").splitlines() if line.startswith("openssl ")]
    subprocess.run(["bash", "-ec", "\n".join(lines)], cwd=tmp_path, check=True, capture_output=True)
    operated(
        city, "confirm", operated(city, "grant", "source", "cdc-linyi", "--as", "anna")["proposal"], "--as", "boris"
    )
    adding = ("sources", "key", "add", "cdc-linyi", "--public-key", str(tmp_path / "public.pem"), "--as", "anna")
    added = operated(city, *adding)
    operated(city, "confirm", added["proposal"], "--as", "boris")
    assert_done(SOURCES, address, tmp_path, KEY=added["key"], SOURCE="cdc-linyi", CITY="demo")


def test_the_demo_has_places_to_look_at_and_each_of_them_once(city: LocalCity) -> None:
    places = open_demo_places(city.url, city.files.demo)

    assert open_demo_places(city.url, city.files.demo) == places, "a start finds what an earlier one made"
    (city.files.demo / "places.json").unlink()
    with clock.frozen(clock.now() + timedelta(minutes=2)):  # a phone gets one code a minute
        again = open_demo_places(city.url, city.files.demo)
    assert [one.place_id for one in again] == [one.place_id for one in places], "an interrupted one is gone on with"
    with clock.frozen(clock.now() + timedelta(minutes=4)):
        manager, pupil = (verified(city.url, one) for one in (cast().manager, cast().visitors[0]))
        assert sorted(one["name"] for one in manager.get("/v1/me/places")["items"]) == sorted(TYPES)
        visits = pupil.get("/v1/me/checkins")["items"]
    assert {(one["place"]["name"], one["relation"]) for one in visits} == {
        (SCHOOL, "internal"), (SHOP, None), (HOSPITAL, None)
    }  # fmt: skip
    assert (city.files.demo / PRINT).read_text().startswith("<svg")
