"""Filling the registry from files: who is who, and what is known of them. For cities that are not deployed.

Rows are canonical, keyed by the person and the fact, and replaced by their like: a file read twice, or read again from the
start after it was cut short, leaves the same rows. A bad row is reported by line and reason and stops nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.core import canonical, clock, store
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, held_key
from chalicelib.core.errors import Invalid
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.core.ports import Fact
from chalicelib.core.runs import mark_complete
from chalicelib.core.settings import settings
from chalicelib.health.facts import RESULTS, Kind, derived_fact_id
from chalicelib.health.tables import FactRow, IdentityRow
from chalicelib.people.tables.people import SEGMENTS

BATCH = 100
FIRST_LINE = 2
"""Line 1 of a file is its header."""

PEOPLE_COLUMNS = ("document_type", "document_number", "name", "phone")
FACT_COLUMNS = (
    "fact_id", "document_type", "document_number", "kind", "occurred_at", "result", "place", "source", "reported_at",
)  # fmt: skip

LONGEST_WORD = 200
"""Characters of a fact's id, source and place; with four bytes each they stay within a sort key's 1,024 bytes."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Nothing that happened before can be a fact of somebody alive; such a date is a slip."""

RawRow = Mapping[str, str | None]


class BadRow(Invalid):
    """A row that can't be imported; its code is the reason in the report."""

    def __init__(self, reason: str) -> None:
        """Take the reason's code."""
        super().__init__()
        self.code = reason  # type: ignore[misc]


@dataclass(frozen=True)
class RowResult:
    """What became of one line of a file; `error` is None or the code of the reason it was refused for."""

    line: int
    error: str | None


class Importer:
    """Imports rows in batches. Holds the identity key for as long as it lives, since it needs it for every row."""

    def __init__(self) -> None:
        """Prepare keys."""
        self._macs = IdentityMacs(held_key)
        self._cipher = FieldCipher()

    def people(self, rows: Iterable[RawRow]) -> Iterator[RowResult]:
        """Import people; yields a result for each row once its batch is stored."""
        return _in_batches(rows, self._identity_row)

    def facts(self, rows: Iterable[RawRow]) -> Iterator[RowResult]:
        """Import facts; yields a result for each row once its batch is stored."""
        return _in_batches(rows, self._fact_row)

    def finish(self) -> None:
        """Record that every segment holds what was known now (design §4, "Freshness")."""
        mark_complete(SEGMENTS, clock.now())

    def _identity_row(self, raw: RawRow) -> IdentityRow:
        document_type, number, person_id = self._person(raw)
        name, phone = canonical.person_name(_text(raw, "name")), canonical.phone(_text(raw, "phone"))
        sealed: dict[str, Any] = {
            "name_sealed": self._seal(FieldClass.NAME, person_id, name),
            "document_sealed": self._seal(FieldClass.DOCUMENT, person_id, f"{document_type}:{number}"),
            "phone_sealed": self._seal(FieldClass.PHONE, person_id, phone),
        }
        macs: dict[str, Any] = {
            "name_mac": self._macs.name_mac(person_id, name),
            "phone_mac": self._macs.phone_mac(phone),
        }
        return IdentityRow(person_id, IdentityRow.SK, delivered_at=clock.now(), **macs, **sealed)

    def _fact_row(self, raw: RawRow) -> FactRow:
        _, _, person_id = self._person(raw)
        kind, result = _kind_and_result(raw)
        source, place = _word(raw, "source"), _word(raw, "place")
        if not source:
            raise BadRow("missing_source")
        occurred_at = _moment(raw, "occurred_at")
        reported_at = _moment(raw, "reported_at") if _text(raw, "reported_at") else occurred_at
        fact_id = _word(raw, "fact_id") or derived_fact_id(source, kind, occurred_at, place)
        return FactRow.storing(person_id, Fact(fact_id, kind, result, occurred_at, place, source, reported_at))

    def _person(self, raw: RawRow) -> tuple[DocumentType, str, str]:
        try:
            document_type = DocumentType(_text(raw, "document_type") or DocumentType.RESIDENT_ID)
        except ValueError as error:
            raise BadRow("unknown_document_type") from error
        number = canonical.document(document_type, _text(raw, "document_number"))
        return document_type, number, self._macs.person_id(document_type, number)

    def _seal(self, field: FieldClass, person_id: str, value: str) -> bytes:
        return self._cipher.seal(field, f"registry|{person_id}|{IdentityRow.SK}", value)


def _in_batches(rows: Iterable[RawRow], parse: Callable[[RawRow], store.Row]) -> Iterator[RowResult]:
    numbered = enumerate(rows, start=FIRST_LINE)
    while batch := list(islice(numbered, BATCH)):
        parsed = [(line, _parsed(parse, raw)) for line, raw in batch]
        good = {
            (row.own_key.hash_value, row.own_key.range_value): row for _, row in parsed if isinstance(row, store.Row)
        }
        store.write_all(good.values())
        yield from (RowResult(line, row if isinstance(row, str) else None) for line, row in parsed)


def _parsed(parse: Callable[[RawRow], store.Row], raw: RawRow) -> store.Row | str:
    try:
        return parse(raw)
    except Invalid as error:
        return error.code


def _text(raw: RawRow, column: str) -> str:
    return (raw.get(column) or "").strip()


def _word(raw: RawRow, column: str) -> str:
    """A free text. Raises BadRow for one that is longer than a key of DynamoDB, or a sensible name, may be."""
    text = _text(raw, column)
    if len(text) > LONGEST_WORD:
        raise BadRow(f"too_long_{column}")
    return text


def _kind_and_result(raw: RawRow) -> tuple[Kind, str]:
    try:
        kind = Kind(_text(raw, "kind"))
    except ValueError as error:
        raise BadRow("unknown_kind") from error
    result = _text(raw, "result")
    if result not in RESULTS[kind]:
        raise BadRow("unknown_result")
    return kind, result


def _moment(raw: RawRow, column: str) -> str:
    """A moment as RFC 3339 in UTC; one without a zone is the city's local time. The future is refused."""
    try:
        at = datetime.fromisoformat(_text(raw, column))
        local = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(settings().city.time_zone))
        moment = local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRow(f"invalid_{column}") from error
    if moment > clock.now():
        raise BadRow(f"future_{column}")
    if moment < EARLIEST:
        raise BadRow(f"invalid_{column}")
    return clock.iso(moment)
