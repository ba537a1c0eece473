"""What is in the repository: nothing of one machine, and documents that say what is true."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, Documented, modules, repository_files

pytestmark = pytest.mark.architecture

REQUIREMENTS = ROOT / "docs/requirements.md"
DECISIONS = ROOT / "docs/decisions"

SERVICES = {"R0": 6, "R1": 4, "R2": 7, "R3": 3, "R4": 7}
BEYOND = 16
IDS = [f"{service}.{number}" for service, last in SERVICES.items() for number in range(1, last + 1)]
IDS += [f"B{number}" for number in range(1, BEYOND + 1)]
"""Every requirement: the five services, and what goes beyond them."""

STATES = {"done", "part", "open"}
ROW = re.compile(r"^\| *(?P<id>[RB][0-9.]+) *\| *(?P<state>[a-z]+) *\|(?P<tests>[^|]*)\|", re.MULTILINE)
TEST = re.compile(r"`(?P<path>tests/[^`:]+)(?:::(?P<name>[^`]+))?`")
DECISION = re.compile(r"(?P<number>[0-9]{4})-[a-z0-9-]+\.md")
DATE = re.compile(r"\b20[0-9]{2}-[01][0-9]-[0-3][0-9]\b")

PLACE_OF_A_MACHINE = re.compile(r"(?<![\w.~<}])/(?:work|root|home|Users|mnt|opt|tmp|private)/\w")
PACKAGE_HOST = re.compile(
    r"(?:--(?:extra-)?index(?:-url)?|--find-links|--trusted-host|\bindex[-_]url|_INDEX(?:_URL)?|\bregistry|GOPROXY)"
    r"[\s=:\"']+[\w:/.-]*\w\.\w|\S @ (?:https?|file|git)\S*:"
)
"""A host that packages come from: whoever installs says that, not the repository."""


def lines() -> list[tuple[str, int, str]]:
    """Every line of every text file of the repository."""
    found = []
    for name in repository_files():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [(name, number, line) for number, line in enumerate(text.splitlines(), start=1)]
    return found


def places(pattern: re.Pattern[str]) -> list[str]:
    """Where a pattern is found, in all files but this one, which has to spell it."""
    own = str(Path(__file__).relative_to(ROOT))
    return [f"{name}:{number}" for name, number, line in lines() if name != own and pattern.search(line)]


def test_nothing_names_a_place_of_one_machine() -> None:
    assert places(PLACE_OF_A_MACHINE) == []
    assert str(ROOT) not in "\n".join(line for _, _, line in lines())


def test_nothing_names_a_package_host() -> None:
    assert places(PACKAGE_HOST) == []
    host = "packages.example"
    assert all(
        PACKAGE_HOST.search(f"{option}https://{host}/") for option in ("--index-url ", "UV_DEFAULT_INDEX=", "a @ ")
    )


def test_nothing_that_is_ignored_is_kept() -> None:
    folders = {".venv", ".local", ".cache", "cdk.out", "chalice.out", "node_modules", "__pycache__", ".hypothesis"}
    assert [name for name in repository_files() if folders & set(Path(name).parts)] == []


def rows() -> list[re.Match[str]]:
    """The rows of the table of requirements."""
    return list(ROW.finditer(REQUIREMENTS.read_text(encoding="utf-8")))


def test_every_requirement_stands_once_in_the_table() -> None:
    assert [row["id"] for row in rows()] == IDS
    assert {row["state"] for row in rows()} <= STATES


def test_what_is_done_names_its_tests_and_what_is_open_has_none() -> None:
    for row in rows():
        assert bool(TEST.search(row["tests"])) == (row["state"] != "open"), row["id"]


def test_every_named_test_exists() -> None:
    missing = []
    for row in rows():
        for test in TEST.finditer(row["tests"]):
            path = ROOT / test["path"]
            if not path.exists() or (test["name"] and test["name"] not in names_in(test["path"])):
                missing.append(f"{row['id']}: {test.group()}")
    assert missing == []


def names_in(path: str) -> set[str]:
    """What pytest may be asked for in a file: functions, classes, methods, and classes that were assigned."""
    (module,) = modules(path)
    names: set[str] = set()
    for node in module.tree.body:
        if isinstance(node, Documented):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{method.name}" for method in node.body if isinstance(method, ast.FunctionDef)}
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def test_decisions_are_numbered_without_a_gap_and_dated() -> None:
    names = sorted(path.name for path in DECISIONS.glob("*.md") if path.name != "README.md")
    numbers = []
    for name in names:
        found = DECISION.fullmatch(name)
        assert found, name
        numbers.append(int(found["number"]))
        title, _, rest = (DECISIONS / name).read_text(encoding="utf-8").partition("\n")
        assert re.match(rf"# 0*{numbers[-1]}\. \S", title), name
        assert DATE.search(rest.strip().partition("\n")[0]), name
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers
