"""CSV files as operators bring them. A file is looked through before anything of it is stored."""

import csv
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENCODING = "utf-8-sig"
"""UTF-8, with the mark that spreadsheets put in front or without it."""


class UnusableFile(Exception):
    """A file that can't be imported as it is; the text says what to do about it and quotes nothing of its rows."""


@dataclass(frozen=True)
class Line:
    """One row of a file, with the number of the line it ends on; `values` is None where it has other columns."""

    number: int
    values: Mapping[str, str] | None


@dataclass(frozen=True)
class CsvFile:
    """A file that was looked through: its rows can all be read and are this many. `digest` is its SHA-256."""

    path: Path
    columns: Sequence[str]
    rows: int
    digest: str

    def lines(self, skip: int = 0) -> Iterator[Line]:
        """The rows in order, without the first `skip` of them."""
        for index, line in enumerate(_lines(self.path)):
            if index >= skip:
                yield line


def look_through(path: Path, columns: Sequence[str], optional: Collection[str] = ()) -> CsvFile:
    """Read a file to its end. Raises UnusableFile if it is missing, not UTF-8, not CSV, or has other columns.

    It may do without those that are `optional`.
    """
    try:
        digest = _digest(path)
        header = _header(path)
        asked = [name for name in columns if name in header or name not in optional]
        if sorted(header) != sorted(asked):
            raise UnusableFile(_other_columns(path, header, asked))
        return CsvFile(path, columns, sum(1 for _ in _lines(path)), digest)
    except UnicodeDecodeError as error:
        raise UnusableFile(f"{path} is not UTF-8; save it as “CSV UTF-8” (it may be GBK now) and try again") from error
    except csv.Error as error:
        raise UnusableFile(f"{path} is not CSV: a quotation mark is not closed, or a field is far too long") from error
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read: {error.strerror}") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header(path: Path) -> list[str]:
    with path.open(encoding=ENCODING, newline="") as file:
        return [name.strip() for name in next(csv.reader(file, strict=True), [])]


def _lines(path: Path) -> Iterator[Line]:
    """The rows below the header; empty lines are none."""
    with path.open(encoding=ENCODING, newline="") as file:
        reader = csv.reader(file, strict=True)
        header = [name.strip() for name in next(reader, [])]
        for values in reader:
            if values:
                fits = len(values) == len(header)
                yield Line(reader.line_num, dict(zip(header, values, strict=True)) if fits else None)


def _other_columns(path: Path, header: Sequence[str], columns: Sequence[str]) -> str:
    """What is wrong with a first line. Names in it are quoted only beside right ones: otherwise it may be a person's."""
    asked = f"{path} must have the columns {','.join(columns)} in its first line"
    if not set(header) & set(columns):
        return f"{asked}; it has none of them"
    missing, unknown = (
        ",".join(name for name in some if name not in others) or "none"
        for some, others in ((columns, header), (header, columns))
    )
    return f"{asked}; missing: {missing}; not known: {unknown}"
