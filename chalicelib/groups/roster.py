"""Reading a roster: a CSV of labels, types and departments, and of nobody's name or number (settled readings)."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.core.errors import Invalid
from chalicelib.groups.labels import InvalidLabel, holds_personal_number, label_key, label_of

COLUMNS = ("label", "type", "department_id")
MOST_LINES = 5_000
"""Lines of one call: with its reads and writes it stays within a fifth of API Gateway's 29 seconds."""

DEPARTMENT_LENGTH = 64


class Reason(StrEnum):
    """Why a line was refused; `chalicelib/texts/roster.toml` has the words."""

    INVALID_LABEL = "invalid_label"
    INVALID_TYPE = "invalid_type"
    PERSONAL_NUMBER = "personal_number"
    LABEL_TWICE = "label_twice"
    COLUMNS = "columns"
    UNKNOWN_DEPARTMENT = "unknown_department"
    ELSEWHERE = "elsewhere"
    ROSTER_FULL = "roster_full"
    UNREADABLE = "unreadable"


class InvalidRoster(Invalid):
    """The text is no CSV whose first line names the columns."""

    code = "invalid_roster"
    field = "csv"


class RosterTooLong(Invalid):
    """More lines than one call takes."""

    code = "roster_too_long"
    field = "csv"


@dataclass(frozen=True)
class Expected:
    """One line that can be used: who is expected. Without a type one may be anything; without a department, in the caller's own.

    `columns` are those that the file has. What it has no column for stays as it is stored; an empty cell clears it.
    """

    line: int
    label: str
    type: str | None
    department_id: str | None
    columns: frozenset[str] = frozenset(COLUMNS)

    @property
    def key(self) -> str:
        """What the label has in common with others that differ in case only."""
        return label_key(self.label)


@dataclass(frozen=True)
class RefusedLine:
    """A line that was not taken, by its number in the file (the header is line 1)."""

    line: int
    reason: Reason


class _Unusable(Exception):
    """Why a line can't be used."""

    def __init__(self, reason: Reason) -> None:
        super().__init__()
        self.reason = reason


def read_roster(text: str) -> tuple[list[Expected], list[RefusedLine]]:
    """What a file says line by line, and what of it can't be used. Raises InvalidRoster or RosterTooLong.

    A byte order mark, both kinds of line ends, columns in any order and empty lines are taken. Only `label` is required;
    a column that is left out says nothing of what is stored.
    """
    expected: dict[str, Expected] = {}
    refused: list[RefusedLine] = []
    for line, cells in _lines(text):
        try:
            _note(expected, _expected(line, cells))
        except _Unusable as error:
            refused.append(RefusedLine(line, error.reason))
    return list(expected.values()), refused


def _note(expected: dict[str, Expected], one: Expected) -> None:
    if expected.setdefault(one.key, one) is not one:
        raise _Unusable(Reason.LABEL_TWICE)


def _lines(text: str) -> Iterator[tuple[int, dict[str, str] | None]]:
    """Each line's number and its cells by column; None where it has more or fewer than there are columns."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        if "label" not in columns or len(set(columns)) < len(columns) or not set(columns) <= set(COLUMNS):
            raise InvalidRoster
        before, taken = reader.line_num, 0
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            taken += 1
            if taken > MOST_LINES:
                raise RosterTooLong(fields={"limit": MOST_LINES})
            yield line, dict(zip(columns, cells, strict=True)) if len(cells) == len(columns) else None
    except csv.Error as error:
        raise InvalidRoster from error


def _expected(line: int, cells: dict[str, str] | None) -> Expected:
    if cells is None:
        raise _Unusable(Reason.COLUMNS)
    if any(holds_personal_number(cell) for cell in cells.values()):
        raise _Unusable(Reason.PERSONAL_NUMBER)
    label = _word(cells["label"], Reason.INVALID_LABEL)
    type_ = cells.get("type", "").strip()
    department_id = cells.get("department_id", "").strip()
    if len(department_id) > DEPARTMENT_LENGTH:
        raise _Unusable(Reason.UNKNOWN_DEPARTMENT)
    type_of_it = _word(type_, Reason.INVALID_TYPE) if type_ else None
    return Expected(line, label, type_of_it, department_id or None, frozenset(cells))


def _word(text: str, otherwise: Reason) -> str:
    try:
        return label_of(text)
    except InvalidLabel as error:
        raise _Unusable(otherwise) from error
