"""Only `chalicelib/health` writes a status (B4): a check-in, a book or a command never changes what somebody is in.

Columns of a status are named in other features where they are read. Here it is looked for whatever could write one: an update's
action, an assignment, a row that is made with it, or a mapping and a `setattr` that name it.
"""

import ast
from collections.abc import Iterator

import pytest

from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.status import StatusRow
from tests.architecture.sources import modules

pytestmark = pytest.mark.architecture

STATUS = {
    "state", "rule", "fact", "state_since", "state_until", "status_at", "known", "status_version", "stale_since",
    "review_day",
}  # fmt: skip
"""The columns of a person's status. `effects_version` says what was done about it, and nothing of it."""

UNMISTAKABLE = STATUS - {"state", "rule", "fact", "known", "status_version"}
"""Those that no other row and no other object has."""

ROWS = {"PersonRow", "StatusRow"}
ACTIONS = {"set", "add", "remove", "append", "prepend", "delete"}
WRITERS = "chalicelib/health/"

KEEPERS = {
    "chalicelib/people/service/erasure.py": "the version goes on into the next life, where nothing is to be told",
    "chalicelib/people/service/restore.py": "the same, where an erasure is done again after a restore",
}
"""Who names a column elsewhere, and why that changes no status."""


def writes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines on which a column of a status may be written, and which column."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from ((node.lineno, name) for name in _in_call(node))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((node.lineno, name) for target in targets for name in _assigned(target))
        if isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            yield from ((node.lineno, str(name)) for name in sorted(keys & UNMISTAKABLE, key=str))


def _in_call(call: ast.Call) -> Iterator[str]:
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in ACTIONS and isinstance(function.value, ast.Attribute):
        column = function.value
        if column.attr in STATUS and isinstance(column.value, ast.Name) and column.value.id in ROWS:
            yield column.attr
    if isinstance(function, ast.Name) and function.id in ROWS:
        yield from (one.arg for one in call.keywords if one.arg in STATUS)
    if isinstance(function, ast.Name) and function.id == "setattr" and isinstance(call.args[1], ast.Constant):
        yield from {str(call.args[1].value)} & STATUS
    if isinstance(function, ast.Name) and function.id == "dict":
        yield from (one.arg for one in call.keywords if one.arg in UNMISTAKABLE)


def _assigned(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Tuple):
        for one in target.elts:
            yield from _assigned(one)
    if isinstance(target, ast.Attribute):
        is_person = isinstance(target.value, ast.Name) and "person" in target.value.id
        if target.attr in (STATUS if is_person else UNMISTAKABLE):
            yield target.attr


def test_the_columns_are_those_of_the_row() -> None:
    assert PersonRow.get_attributes().keys() >= STATUS
    of_history = StatusRow.get_attributes().keys() - {"person_id", "sk", "enrolment", "expires_at", "cause"}
    assert of_history <= STATUS
    others = {name for name in PersonRow.get_attributes() if name.startswith(("state", "status", "stale"))}
    assert others <= STATUS


def test_nobody_but_health_writes_a_status() -> None:
    found = {
        f"{module.path}:{line} {column}"
        for module in modules("app.py", "chalicelib", "infra")
        for line, column in writes(module.tree)
        if not module.path.startswith(WRITERS) and module.path not in KEEPERS
    }
    assert found == set()


def test_who_keeps_the_version_writes_nothing_else() -> None:
    for path in KEEPERS:
        (module,) = modules(path)
        assert {column for _, column in writes(module.tree)} <= {"status_version"}


@pytest.mark.parametrize(
    "code",
    [
        "store.update(key, [PersonRow.state.set('green')])",
        "transaction.update(key, [PersonRow.status_version.add(1)])",
        "PersonRow.rule.remove()",
        "PersonRow(person_id, 'PERSON', enrolment=1, state='green')",
        "StatusRow(person_id, key, state='green')",
        "person.state = 'green'",
        "row.state_until = None",
        "person.rule, person.fact = None, None",
        "person.status_version += 1",
        "setattr(row, 'state', 'green')",
        "store.assign(PersonRow, {'stale_since': None})",
        "values = dict(review_day=None)",
    ],
)
def test_whatever_writes_one_is_found(code: str) -> None:
    assert list(writes(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "shown = person.state",
        "row.status_version = 3",
        "MembershipRow.status_version.set(3)",
        "same = PersonRow.status_version == 3",
        "order.state = 'sent'",
        "PersonRow.effects_version.set(3)",
    ],
)
def test_reading_one_is_no_write(code: str) -> None:
    assert list(writes(ast.parse(code))) == []
