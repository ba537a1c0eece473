"""docs/import.md says what the importer does: each column, document, kind, result and reason, and none that is gone."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.core import canonical
from chalicelib.core.errors import Invalid
from chalicelib.health import rows
from chalicelib.health.facts import RESULTS
from chalicelib.health.schemas.deliveries import FactReport
from chalicelib.health.service.storing import BROKEN, Outcome
from infra.cli.importing import WRONG_COLUMNS, FileKind
from tests.architecture.sources import ROOT, Module, modules

pytestmark = pytest.mark.architecture

PAGE = ROOT / "docs/import.md"
SOURCES = ROOT / "docs/sources.md"
DELIVERED_ONLY = {"missing_fact_id", "invalid_source_time", "future_source_time"}
IMPORTED_ONLY = {"missing_source", "too_long_source", "invalid_reported_at", "future_reported_at"}
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \|(?P<rest>.*)\|$", re.MULTILINE)
WORD = re.compile(r"`([^`]+)`")


def table(title: str, page: Path = PAGE) -> dict[str, str]:
    """The rows of the table under a heading: the first cell without its marks, and the rest as it stands."""
    _, _, after = page.read_text(encoding="utf-8").partition(f"\n## {title}\n")
    return {row["name"]: row["rest"] for row in ROW.finditer(after.partition("\n## ")[0])}


def bad_row_codes(module: Module) -> Iterator[str]:
    """Every code that a module gives to BadRow: the literal, or the f-string filled by each call of its function."""
    for function in module.functions():
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "BadRow":
                yield from codes_of(node.args[0], function, module)


def codes_of(code: ast.expr, function: ast.FunctionDef | ast.AsyncFunctionDef, module: Module) -> Iterator[str]:
    if isinstance(code, ast.Constant):
        yield str(code.value)
        return
    parameters = [argument.arg for argument in function.args.args]
    calls = [call for name, call in module.calls() if name == function.name]
    assert isinstance(code, ast.JoinedStr), ast.unparse(code)
    assert calls, function.name
    for call in calls:
        given = {
            name: ast.literal_eval(value) for name, value in zip(parameters, call.args, strict=True) if is_text(value)
        }
        yield "".join(str(ast.literal_eval(part)) if is_text(part) else given[filled(part)] for part in code.values)


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def filled(part: ast.expr) -> str:
    """The name between the braces of an f-string."""
    assert isinstance(part, ast.FormattedValue), ast.unparse(part)
    assert isinstance(part.value, ast.Name), ast.unparse(part)
    return part.value.id


def canonical_codes() -> set[str]:
    """The codes of what canonical forms refuse."""
    classes = [one for _, one in inspect.getmembers(canonical, inspect.isclass) if one.__module__ == canonical.__name__]
    return {one.code for one in classes if issubclass(one, Invalid)}


@pytest.mark.parametrize("kind", FileKind)
def test_every_column_is_explained_in_its_order(kind: FileKind) -> None:
    assert tuple(table(f"{kind}.csv")) == kind.columns


def test_every_document_type_is_explained() -> None:
    assert list(table("Documents")) == [str(type_) for type_ in canonical.DocumentType]


def test_every_kind_stands_with_its_results() -> None:
    shown = {kind: set(WORD.findall(results)) or {results.strip()} for kind, results in table("Kinds").items()}
    assert shown == {str(kind): {result or "empty" for result in results} for kind, results in RESULTS.items()}


def test_every_reason_says_what_to_do() -> None:
    (module,) = modules("chalicelib/health/rows.py")
    codes = set(bad_row_codes(module))
    assert {"missing_source", "too_long_place", "future_reported_at"} <= codes
    reasons = table("Rejected rows")
    assert set(reasons) == (codes - DELIVERED_ONLY) | canonical_codes() | {WRONG_COLUMNS}
    assert all(advice.strip() for advice in reasons.values())
    delivered = table("Refused rows", SOURCES)
    assert set(delivered) == (codes - IMPORTED_ONLY) | canonical_codes() | {BROKEN}
    assert all(advice.strip() for advice in delivered.values())


def test_fields_and_outcomes_of_deliveries_are_explained() -> None:
    assert list(table("Facts", SOURCES)) == list(FactReport.model_fields)
    assert list(table("Answers", SOURCES)) == [outcome.value for outcome in Outcome]


def test_the_limits_are_those_of_the_importer() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"to (\d+) characters", text)) == {str(rows.LONGEST_WORD), str(canonical.NAME_MAX)}
    assert set(re.findall(r"before (\d{4}) or", text)) == {str(rows.EARLIEST.year)}
