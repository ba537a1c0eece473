"""A file of members, whatever its format: rows that say what it is, a heading, a row a member, and a proof that it is whole.

The last row counts the members and holds the SHA-256 (hex) of everything above it as CSV, so that a file that was cut short
or changed is told from a whole one (T-31). Cells are texts and none is ever computed (T-30); what is not shared, or not
known, is empty.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import IO, Any, Protocol
from zoneinfo import ZoneInfo

from chalicelib.core.cells import BYTE_ORDER_MARK, csv_line, neutral
from chalicelib.core.errors import Broken
from chalicelib.core.settings import settings
from chalicelib.core.texts import Language, contents, text
from chalicelib.groups.attention import OVERDUE, standing
from chalicelib.groups.legible import report_broken
from chalicelib.groups.policies import PolicySet
from chalicelib.groups.statuses import shown
from chalicelib.groups.tables import TOP, DepartmentRow, ListedMember

Cells = Sequence[str]

COLUMNS = (
    "label", "name", "document", "department", "type", "joined_at", "scopes", "status", "nucleic_acid",
    "nucleic_acid_at", "vaccination", "vaccination_at", "travel", "travel_result", "travel_at", "attention", "overdue",
    "member_id",
)  # fmt: skip
"""What the list of members shows, in the order of a file's columns."""

BELOW = " / "
"""What stands between the names of departments that stand in each other."""

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The formats of files, with their media types."""


class Framed(Protocol):
    """What a file says of itself, above its rows and behind them."""

    def head(self) -> Iterator[Cells]:
        """The rows above."""
        ...

    def tail(self, rows: int, unreadable: int, digest: str) -> Cells:
        """The last row."""
        ...


@dataclass(frozen=True)
class Sheet:
    """What a file of members says of itself."""

    organization: str
    made_at: datetime
    zone: str
    language: Language
    departments: Mapping[str, str]
    """The name of each department by its id, with those above it."""
    policies: PolicySet
    """What the members' standings come of, as they are at the moment at which the file is made."""

    def head(self) -> Iterator[Cells]:
        """The rows above the members."""
        yield self._word("organization"), self.organization
        yield self._word("made_at"), f"{_local(self.made_at, self.zone)} ({self.zone})"
        yield self._word("note"), self._word("masked")
        yield [text("exports", f"columns.{column}", self.language) for column in COLUMNS]

    def member(self, row: ListedMember) -> Cells:
        """The row of a member, as they stood when the file was asked for. Raises Broken for what no file can say."""
        try:
            return self._cells(row)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise Broken from error

    def _cells(self, row: ListedMember) -> Cells:
        now, status = standing(row, self.policies, self.made_at), shown(row, self.made_at)
        test, doses, travel = (
            _Snapshot(one or {}, self.zone) for one in (row.nucleic_acid, row.vaccination, row.travel)
        )
        return [
            row.label or "",
            row.name_mask,
            row.document_mask,
            self.departments.get(row.department_id or "", ""),
            row.type,
            _local(row.joined_at, self.zone),
            self._told_all("scopes", row.scopes),
            self._state(None if status is None else status["state"]),
            self._told("nucleic_acid", test.of("result")),
            test.at,
            doses.of("doses"),
            doses.at,
            self._told("travel", travel.of("kind")),
            self._told("travel_result", travel.of("result")),
            travel.at,
            self._attention(now.attention),
            self._told_all("overdue", now.overdue),
            row.member_id,
        ]

    def tail(self, rows: int, unreadable: int, digest: str) -> Cells:
        """The last row: how many members there are, how many could not be read, and what the rows above amount to."""
        return self._word("count"), str(rows), self._word("unreadable"), str(unreadable), "SHA-256", digest

    def _told_all(self, column: str, words: Iterable[str]) -> str:
        return self._word("between").join(self._told(column, word) for word in words)

    def _told(self, column: str, word: str) -> str:
        """A word of the service's own as the file's language has it. One that is not known is shown as it is stored."""
        known = contents("exports")["words"][column].get(word)
        return word if known is None else str(known[self.language])

    def _state(self, name: str | None) -> str:
        """A state as the file's language has it: in Chinese by the word of the city's scheme, as a phone shows it."""
        if name is None or self.language != "zh-CN":
            return name or ""
        return settings().city.scheme.state(name).word.spoken(self.language)

    def _attention(self, name: str | None) -> str:
        return self._told("attention", name) if name == OVERDUE else self._state(name)

    def _word(self, name: str) -> str:
        return text("exports", f"rows.{name}", self.language)


@dataclass(frozen=True)
class _Snapshot:
    """A column of a membership: what was found, and when."""

    value: Mapping[str, Any]
    zone: str

    def of(self, name: str) -> str:
        """A word or a number of it; empty if it has none."""
        found = self.value.get(name)
        return "" if found is None else str(found)

    @property
    def at(self) -> str:
        """When it happened, on the clocks of the city. What is no moment is shown as it is stored."""
        stored = self.of("occurred_at")
        try:
            return _local(datetime.fromisoformat(stored), self.zone)
        except (ValueError, OverflowError):  # the last hours of the year 9999 are none on clocks further east
            return stored


def _local(at: datetime, zone: str) -> str:
    """A moment on the clocks of a time zone, to the minute."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Told:
    """Members with their rows of a file, and how many could not be told."""

    members: list[ListedMember]
    cells: list[Cells]
    unreadable: int


def tell(sheet: Sheet, members: Sequence[ListedMember]) -> Told:
    """The rows of members; who can't be told is counted and reported to the operators, and holds up nobody else."""
    told = Told([], [], 0)
    for row in members:
        try:
            cells = sheet.member(row)
        except Broken as error:
            report_broken(row.own_key, error)
            continue
        told.members.append(row)
        told.cells.append(cells)
    return Told(told.members, told.cells, len(members) - len(told.members))


def named(departments: Iterable[DepartmentRow], top: str) -> dict[str, str]:
    """The name of each department at or below `top`, with the names from there down to it: nothing above is named."""
    by_path = {row.path: row for row in departments if row.path.startswith(top)}
    return {row.department_id: BELOW.join(_names(row.path, by_path)) for row in by_path.values()}


def _names(path: str, by_path: Mapping[str, DepartmentRow]) -> Iterator[str]:
    above = TOP
    for part in path.strip(TOP).split(TOP):
        above += part + TOP
        if above in by_path:
            yield by_path[above].name


def lines(sheet: Framed, rows: Iterable[Cells], unreadable: int) -> Iterator[tuple[Cells, str]]:
    """All rows of a file, each with its line of CSV; the first line begins with the mark that says UTF-8."""
    digest, count, mark = hashlib.sha256(), -len(list(sheet.head())), BYTE_ORDER_MARK
    for cells in chain(sheet.head(), rows):
        line = mark + csv_line(cells)
        digest.update(line.encode())
        count, mark = count + 1, ""
        yield cells, line
    last = sheet.tail(count, unreadable, digest.hexdigest())
    yield last, csv_line(last)


def write_csv(sheet: Sheet, members: Iterable[Cells], unreadable: int, file: IO[bytes]) -> None:
    """Write a CSV file."""
    for _, line in lines(sheet, members, unreadable):
        file.write(line.encode())


def write_xlsx(sheet: Sheet, members: Iterable[Cells], unreadable: int, file: IO[bytes]) -> None:
    """Write a file for spreadsheets, a row at a time. Its last row is that of the same file as CSV."""
    from xlsxwriter import Workbook

    with Workbook(file, {"constant_memory": True}) as workbook:
        page = workbook.add_worksheet()
        for row, (cells, _) in enumerate(lines(sheet, members, unreadable)):
            for column, cell in enumerate(cells):
                if shown := neutral(cell):
                    page.write_string(row, column, shown)


WRITERS: Mapping[str, Callable[[Sheet, Iterable[Cells], int, IO[bytes]], None]] = {"csv": write_csv, "xlsx": write_xlsx}
"""What writes a file of each format."""
