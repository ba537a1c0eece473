"""Exports in tests: asked for, worked off, fetched by their link and read again."""

import csv
import hashlib
import io
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

from chalicelib.core import clock, store
from chalicelib.core.cells import BYTE_ORDER_MARK
from chalicelib.groups.sheets import COLUMNS
from chalicelib.groups.tables import ExportRow
from chalicelib.people.tables.privacy import LedgerRow, ledger_shards
from tests.support.books import Book
from tests.support.client import Answer, Client

HEAD_ROWS = 4
"""Organization, time, note, heading."""


@dataclass(frozen=True)
class Table:
    """What a CSV file holds."""

    head: list[list[str]]
    members: list[dict[str, str]]
    tail: list[str]


def table(text: str) -> Table:
    """Read a CSV file, and check that it is whole: its count, and the hash of what stands above its last row."""
    assert text.startswith(BYTE_ORDER_MARK)
    assert text.endswith("\r\n")
    above, _, _ = text[:-2].rpartition("\r\n")
    rows = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))
    members = [dict(zip(COLUMNS, row, strict=True)) for row in rows[HEAD_ROWS:-1]]
    for member in members:
        member["member_id"] = member["member_id"].removeprefix(
            "'"
        )  # one in 64 begins with a hyphen, and is neutralised
    tail = rows[-1]
    assert tail[1] == str(len(members))
    assert tail[4:] == ["SHA-256", hashlib.sha256(f"{above}\r\n".encode()).hexdigest()]
    return Table(rows[:HEAD_ROWS], members, tail)


def inline(book: Book, client: Client | None = None, query: str = "") -> Answer:
    """The answer to an export that is the answer itself."""
    return (client or book.owner).get(f"{book.path}/export{query}")


def begin(book: Book, client: Client | None = None, **body: Any) -> Answer:
    """The answer to a new export."""
    return (client or book.owner).post(f"{book.path}/exports", {"format": "csv", **body})


def shown(book: Book, export_id: str, client: Client | None = None) -> Answer:
    """How far an export is."""
    return (client or book.owner).get(f"{book.path}/exports/{export_id}")


def export_row(book: Book, export_id: str) -> ExportRow:
    """An export as it is stored."""
    key = ExportRow.of(book.org_id, export_id)
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def finished(book: Book, client: Client | None = None, **body: Any) -> dict[str, Any]:
    """A new export, worked off."""
    answer = begin(book, client, **body)
    assert answer.status == 201, answer.text
    book.city.deliver()
    done: dict[str, Any] = shown(book, answer.json["export_id"], client).json
    assert done["state"] == "done", done
    return done


def fetched(export: dict[str, Any]) -> bytes:
    """The file behind an export's link, fetched without a token."""
    with urlopen(export["link"]) as answer:  # noqa: S310  a link of the emulator
        content: bytes = answer.read()
        return content


def fetched_table(export: dict[str, Any]) -> Table:
    """The CSV file behind an export's link."""
    return table(fetched(export).decode())


def ledger(org_id: str, kind: str) -> list[LedgerRow]:
    """The entries of a kind about an organization, of today."""
    found = [
        row for shard in ledger_shards(clock.now().date()) for row in store.query_all(LedgerRow, shard)
        if row.kind == kind and row.org_id == org_id
    ]  # fmt: skip
    return sorted(found, key=lambda row: row.entry_id)
