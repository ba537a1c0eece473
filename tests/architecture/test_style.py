"""Size and shape of the code: what is longer than a glance is cut in two."""

import ast
import statistics
from collections.abc import Iterator

import pytest

from tests.architecture.sources import ROOT, Documented, Module, modules, repository_files, span

pytestmark = pytest.mark.architecture

FUNCTION_LINES = 40
MEDIAN_LINES = 10
FILE_LINES = 300
NOTES_TO_ONESELF = ("TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK:")
WORDS = {".css", ".html", ".in", ".js", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml"}

SOURCES = modules("app.py", "chalicelib", "infra")


def undocumented(module: Module) -> Iterator[str]:
    """Public modules, classes, functions and methods that say nothing of themselves."""
    if ast.get_docstring(module.tree) is None:
        yield module.path
    for name, node in public(module.tree, ""):
        if ast.get_docstring(node) is None and not is_overload(node):
            yield f"{module.path}: {name}"


def public(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, Documented]]:
    """Definitions that others may use: no name on the way to them starts with an underscore, and none is in a function."""
    for one in node.body:
        if isinstance(one, Documented) and not one.name.startswith("_"):
            yield prefix + one.name, one
            if isinstance(one, ast.ClassDef):
                yield from public(one, f"{prefix}{one.name}.")


def is_overload(node: Documented) -> bool:
    """Whether a definition only tells the type checker of another form."""
    return any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)


def test_no_function_is_long_and_most_are_short() -> None:
    lengths = {
        f"{module.path}:{node.lineno} {node.name}": span(node) for module in SOURCES for node in module.functions()
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}
    assert statistics.median(lengths.values()) < MEDIAN_LINES


def test_no_file_is_long() -> None:
    everything = (*SOURCES, *modules("bench"))
    assert {module.path: module.lines for module in everything if module.lines >= FILE_LINES} == {}


def test_everything_public_says_what_it_means() -> None:
    assert [name for module in SOURCES for name in undocumented(module)] == []


def test_nothing_is_left_for_later() -> None:
    left = [
        f"{name}:{number}"
        for name in repository_files()
        if (ROOT / name).suffix in WORDS
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1)
        if any(note in line for note in NOTES_TO_ONESELF)
    ]
    assert left == []
