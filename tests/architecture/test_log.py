"""The log is the only thing that is written, and nothing about a person fits into it (T-34)."""

import ast
from collections.abc import Iterator

import pytest

from chalicelib.core.log import FIELDS, Event
from tests.architecture.sources import Module, dotted, modules, shipped

pytestmark = pytest.mark.architecture

LOG = "chalicelib/core/log.py"
OUTPUT = {"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"}
PRINTERS = {"print", "breakpoint", "input", "traceback.print_exc", "traceback.print_exception"}
LOGGERS = {"logging", "warnings", "structlog", "loguru"}
PERSONAL = {"address", "document", "email", "member_id", "name", "number", "person_id", "phone", "subject", "text"}


def emissions() -> Iterator[tuple[Module, ast.Call]]:
    """Every event that is written."""
    for module in modules("app.py", "chalicelib", "infra"):
        yield from ((module, call) for name, call in module.calls() if name.rpartition(".")[2] == "emit")


def events(call: ast.Call) -> set[str]:
    """The members of Event that a call names."""
    return {dotted(node) for node in ast.walk(call.args[0]) if isinstance(node, ast.Attribute)}


def test_only_the_log_writes() -> None:
    for module in shipped():
        if module.path != LOG:
            assert OUTPUT.isdisjoint(module.names()), module.path
        assert PRINTERS.isdisjoint(name for name, _ in module.calls()), module.path
        assert LOGGERS.isdisjoint(name.partition(".")[0] for name in module.imports()), module.path


def test_an_event_carries_listed_fields_by_name_alone() -> None:
    assert list(emissions())
    for module, call in emissions():
        where = f"{module.path}:{call.lineno}"
        assert len(call.args) == 1, where
        assert {keyword.arg for keyword in call.keywords} <= FIELDS, where


def test_a_listed_field_is_no_personal_one() -> None:
    assert FIELDS.isdisjoint(PERSONAL)


def test_no_text_of_an_exception_is_written() -> None:
    """An exception's text may quote what a person sent, so an event has its type and its place (fact 5)."""
    quoting = [
        f"{module.path}:{call.lineno}"
        for module, call in emissions()
        for keyword in call.keywords
        for node in ast.walk(keyword.value)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Call) and dotted(node.func) in {"str", "repr", "format"})
    ]
    assert quoting == []


def test_every_event_is_written_somewhere() -> None:
    named = {
        name.removeprefix("Event.") for module in modules("app.py", "chalicelib", "infra") for name in module.names()
    }
    assert {event.name for event in Event} - named == set()
