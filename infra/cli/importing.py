"""Carries a file into the registry of a local city and reports what became of each row.

Rows replace their like, so a file may be imported any number of times. How far an import has come lies in the city's
own table `runs`, beside the rows it counts: a run that was cut short goes on there, and a city that lost its state has
lost the count with it.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self, TextIO

from pynamodb.attributes import NumberAttribute, TTLAttribute

from chalicelib.core import clock, store
from chalicelib.core.runs import RunsTable
from chalicelib.core.store import Key
from chalicelib.health.importer import FACT_COLUMNS, OPTIONAL_COLUMNS, PEOPLE_COLUMNS, Importer
from infra.cli.files import CsvFile, Line

SAVED_EVERY = 1000
REMEMBERED = timedelta(days=7)
WRONG_COLUMNS = "wrong_number_of_columns"


class FileKind(StrEnum):
    """What a file holds."""

    PEOPLE = "people"
    FACTS = "facts"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that its first line names, in any order."""
        return PEOPLE_COLUMNS if self is FileKind.PEOPLE else FACT_COLUMNS

    @property
    def optional(self) -> frozenset[str]:
        """Those among them that it may do without."""
        return OPTIONAL_COLUMNS & set(self.columns)


class ImportRow(RunsTable):
    """How far the import of one file has come, by the file's hash."""

    done = NumberAttribute()
    rejected = NumberAttribute()
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, kind: FileKind, file: CsvFile) -> "Key[ImportRow]":
        """Where the import of a file is remembered."""
        return cls.key(f"import#{kind}", file.digest)


@dataclass
class Summary:
    """What became of a file. `resumed_at` is the number of rows that an earlier, unfinished run had done."""

    rows: int
    resumed_at: int
    done: int
    rejected: int
    report: Path

    @property
    def imported(self) -> int:
        """Rows that are stored now."""
        return self.done - self.rejected


def import_file(kind: FileKind, file: CsvFile, watch: Callable[[Summary], None]) -> Summary:
    """Import a file that was looked through; `watch` is called after each row.

    Rejected rows go into `<file>.rejected.csv` by line and reason; nothing of their content is kept. Raises
    chalicelib.core.store.STORAGE_ERRORS or Unavailable if the city stops answering; the same call then goes on.
    """
    summary = _begun(kind, file)
    importer = Importer()
    with Report(summary.report, goes_on=summary.resumed_at > 0) as report:
        for line, error in _results(importer, kind, file.lines(skip=summary.done)):
            summary.done += 1
            if error is not None:
                summary.rejected += 1
                report.add(line, error)
            if summary.done % SAVED_EVERY == 0:
                report.flush()
                _remember(kind, file, summary)
            watch(summary)
    importer.finish()
    store.delete(ImportRow.of(kind, file))
    return summary


def _results(importer: Importer, kind: FileKind, lines: Iterator[Line]) -> Iterator[tuple[int, str | None]]:
    """Line number and reason, None for a stored row, of every line in its order.

    The importer takes rows ahead and counts only those it was given, so lines wait here for their results.
    """
    waiting: deque[Line] = deque()

    def readable() -> Iterator[Mapping[str, str]]:
        for line in lines:
            waiting.append(line)
            if line.values is not None:
                yield line.values

    results = importer.people(readable()) if kind is FileKind.PEOPLE else importer.facts(readable())
    for result in results:
        yield from _unreadable(waiting)
        yield waiting.popleft().number, result.error
    yield from _unreadable(waiting)


def _unreadable(waiting: deque[Line]) -> Iterator[tuple[int, str | None]]:
    while waiting and waiting[0].values is None:
        yield waiting.popleft().number, WRONG_COLUMNS


def _begun(kind: FileKind, file: CsvFile) -> Summary:
    key = ImportRow.of(kind, file)
    row = store.read_together([key]).get(key)
    done, rejected = (int(row.done), int(row.rejected)) if row and row.expires_at > clock.now() else (0, 0)
    return Summary(file.rows, done, done, rejected, file.path.with_name(f"{file.path.name}.rejected.csv"))


def _remember(kind: FileKind, file: CsvFile, summary: Summary) -> None:
    key, until = ImportRow.of(kind, file), clock.now() + REMEMBERED
    row = ImportRow(key.hash_value, key.range_value, done=summary.done, rejected=summary.rejected, expires_at=until)
    store.write_all([row])


class Report:
    """The rejected rows of a file by line and reason. There is no file as long as there is nothing to report."""

    def __init__(self, path: Path, *, goes_on: bool) -> None:
        """Take the path, and whether an earlier run's report goes on; otherwise that one is gone from now on."""
        self._path = path
        self._file: TextIO | None = None
        self._end = ExitStack()
        if not goes_on:
            path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write out what is left."""
        self._end.close()

    def add(self, line: int, reason: str) -> None:
        """Report one line."""
        if self._file is None:
            is_new = not self._path.exists()
            self._file = self._end.enter_context(self._path.open("a", encoding="utf-8", newline=""))
            if is_new:
                self._file.write("line,reason\n")
        csv.writer(self._file, lineterminator="\n").writerow([line, reason])

    def flush(self) -> None:
        """Have it on disk what was reported so far."""
        if self._file is not None:
            self._file.flush()
