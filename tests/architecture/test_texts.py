"""What people read stands in both languages, is used, and fits the code that fills it."""

import ast
import string
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic_core.core_schema import ErrorType

import app
import infra.cli.main
from chalicelib.core.errors import GatebookError
from chalicelib.core.texts import LANGUAGES, contents
from chalicelib.groups.attention import OVERDUE
from chalicelib.groups.consents import Scope
from chalicelib.groups.policies import KINDS
from chalicelib.groups.roster import Reason
from chalicelib.groups.sheets import COLUMNS
from chalicelib.health.facts import RESULTS, TRAVEL_KINDS, Kind
from chalicelib.people.service.codes import Purpose
from tests.architecture.sources import ROOT, modules

pytestmark = pytest.mark.architecture

DECLARING = (app, infra.cli.main)
"""Modules that import every module with errors in it."""

FILES = sorted(path.stem for path in (ROOT / "chalicelib/texts").glob("*.toml"))
NO_TEXTS = {"consents": {"released.current"}}
"""Strings of text files that nobody reads."""

CELLS: dict[str, set[str]] = {
    "scopes": {scope.value for scope in Scope},
    "nucleic_acid": set(RESULTS[Kind.NUCLEIC_ACID]),
    "travel": {kind.value for kind in TRAVEL_KINDS},
    "travel_result": {result for kind in TRAVEL_KINDS for result in RESULTS[kind]},
    "attention": {OVERDUE},
    "overdue": set(KINDS),
}
"""What may stand in the cells of a file of members, by column."""

PARTS = ("title", "detail")
REASONS = "field_reasons"


def subclasses(error: type[GatebookError]) -> Iterator[type[GatebookError]]:
    """An error and everything below it, without other tests' own."""
    if error.__module__.split(".")[0] in {"chalicelib", "infra"}:
        yield error
    for subclass in error.__subclasses__():
        yield from subclasses(subclass)


def texts(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, str] | None]]:
    """Every text of a file by its dotted key, with its languages; None for a string that has none."""
    if node.keys() & set(LANGUAGES):
        yield path, node
        return
    for name, value in node.items():
        below = f"{path}.{name}".removeprefix(".")
        if isinstance(value, dict):
            yield from texts(value, below)
        else:
            yield below, None


def placeholders(text: str) -> set[str]:
    """The names that a text wants filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


CODES = sorted({error.code for error in subclasses(GatebookError)})


@pytest.mark.parametrize("code", CODES)
def test_every_error_has_its_words(code: str) -> None:
    words = contents("errors")[code]
    assert set(words) == set(PARTS)
    for part in PARTS:
        assert set(words[part]) == set(LANGUAGES)
        assert all(text.strip() for text in words[part].values())


@pytest.mark.parametrize("file", FILES)
def test_every_text_is_there_in_each_language_with_the_same_blanks(file: str) -> None:
    found = dict(texts(contents(file)))
    assert {key for key, words in found.items() if words is None} == NO_TEXTS.get(file, set())
    for key, words in found.items():
        assert words is None or set(words) == set(LANGUAGES), key
        assert words is None or len({frozenset(placeholders(text)) for text in words.values()}) == 1, key


def test_no_word_is_left_over() -> None:
    """A code that no error has must at least be written somewhere, as those that a gateway answers with are."""
    written = {
        node.value
        for module in modules("app.py", "chalicelib", "infra")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    codes = set(contents("errors")) - {REASONS}
    assert sorted(codes - set(CODES) - written) == []


def test_reasons_of_fields_are_pydantics_own() -> None:
    assert contents("errors")[REASONS].keys() - set(get_args(ErrorType)) == {"other"}


def test_texts_that_code_names_piece_by_piece_are_complete() -> None:
    assert contents("sms").keys() == {f"code_{purpose}" for purpose in Purpose}
    assert contents("roster")["reasons"].keys() == {reason.value for reason in Reason}
    words = contents("exports")["words"]
    assert contents("exports")["columns"].keys() == set(COLUMNS)
    assert {column: set(known) for column, known in words.items()} == CELLS
    assert all(one["en"] == word for known in words.values() for word, one in known.items())
    versions = contents("consents").keys() - {"released"}
    assert contents("consents")["released"]["current"] in versions
    for version in versions:
        assert contents("consents")[version]["scopes"].keys() == {scope.value for scope in Scope}
