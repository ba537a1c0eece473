"""What a valid row is: one place for rows of files that are imported and of batches that registered sources deliver."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.core import canonical, clock
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.errors import Invalid
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.core.ports import Fact
from chalicelib.core.settings import settings
from chalicelib.core.signatures import WINDOW
from chalicelib.health.facts import RESULTS, Kind, derived_fact_id
from chalicelib.health.tables import FactRow, IdentityRow

LONGEST_WORD = 200
"""Characters of a fact's id, source and place; with four bytes each they stay within a sort key's 1,024 bytes."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Nothing that happened before can be a fact of somebody alive; such a date is a slip."""

SKEW = WINDOW
"""How far a source's clock may be ahead of the city's, as with its signatures."""

GUARDIANS_MAX = 5
"""Guardians whom a source may name for one person."""

GUARDIANS_APART = ";"
"""What stands between two of them."""

RawRow = Mapping[str, str | None]


class BadRow(Invalid):
    """A row that can't be stored; its code is the reason in the report."""

    def __init__(self, reason: str) -> None:
        """Take the reason's code."""
        super().__init__()
        self.code = reason  # type: ignore[misc]  # the one error whose instances differ in it


@dataclass(frozen=True)
class Origin:
    """Where a delivered row comes from: the source, the batch, and who at the source answers for it."""

    source: str
    batch: str
    reporter: str


class RowReader:
    """Makes rows of the registry of what files and sources say. Each method raises Invalid, whose code is the reason."""

    def __init__(self, macs: IdentityMacs, cipher: FieldCipher) -> None:
        """Take who makes the ids of people, and who seals their names."""
        self._macs = macs
        self._cipher = cipher

    def imported_fact(self, raw: RawRow) -> FactRow:
        """A row of facts.csv."""
        person_id = self._person(raw)[2]
        kind, result = _kind_and_result(raw)
        source, place = _word(raw, "source"), _word(raw, "place")
        if not source:
            raise BadRow("missing_source")
        occurred_at = clock.iso(_moment(raw, "occurred_at"))
        reported_at = clock.iso(_moment(raw, "reported_at")) if _text(raw, "reported_at") else occurred_at
        fact_id = _word(raw, "fact_id") or derived_fact_id(source, kind, occurred_at, place)
        return FactRow.storing(person_id, Fact(fact_id, kind, result, occurred_at, place, source, reported_at))

    def delivered_fact(self, raw: RawRow, origin: Origin) -> FactRow:
        """A row of a batch. The source's name is part of the fact's id, so no source touches what another one reported."""
        person_id = self._person(raw)[2]
        kind, result = _kind_and_result(raw)
        source_time = _moment(raw, "source_time", ahead=SKEW)
        occurred_at = clock.iso(_moment(raw, "occurred_at", ahead=SKEW))
        content = result, occurred_at, _word(raw, "place"), origin.source, clock.iso(source_time)
        row = FactRow.storing(person_id, Fact(_own_fact_id(raw, origin), kind, *content, origin.batch, origin.reporter))
        row.version = _version(source_time, result, occurred_at, row.place, origin.reporter)
        return row

    def withdrawn_fact(self, raw: RawRow, origin: Origin) -> FactRow:
        """A row of a batch that takes a fact back: of the fact nothing is kept but that it was withdrawn, and when."""
        person_id, kind = self._person(raw)[2], _kind(raw)
        source_time = _moment(raw, "source_time", ahead=SKEW)
        at = clock.iso(source_time)
        fact = Fact(_own_fact_id(raw, origin), kind, "", at, "", origin.source, at, origin.batch, origin.reporter)
        row = FactRow.storing(person_id, fact)
        row.withdrawn = True
        row.version = _version(source_time, origin.reporter, withdrawn=True)
        return row

    def identity(self, raw: RawRow) -> IdentityRow:
        """A row of people.csv, and what a delivered identity holds as well."""
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
        guardians = self._guardians(raw) or None
        return IdentityRow(person_id, IdentityRow.SK, delivered_at=clock.now(), guardians=guardians, **macs, **sealed)

    def delivered_identity(self, raw: RawRow, origin: Origin) -> IdentityRow:
        """A row of a batch of identities. Of two sources that know one person, the one that spoke last is believed."""
        source_time, row = _moment(raw, "source_time", ahead=SKEW), self.identity(raw)
        row.source, row.batch, row.reporter = origin.source, origin.batch, origin.reporter
        said = row.name_mac, row.phone_mac, *(row.guardians or ())
        row.version = _version(source_time, *said, origin.source, origin.reporter)
        return row

    def _person(self, raw: RawRow) -> tuple[DocumentType, str, str]:
        try:
            document_type = DocumentType(_text(raw, "document_type") or DocumentType.RESIDENT_ID)
        except ValueError as error:
            raise BadRow("unknown_document_type") from error
        number = canonical.document(document_type, _text(raw, "document_number"))
        return document_type, number, self._macs.person_id(document_type, number)

    def _guardians(self, raw: RawRow) -> list[str]:
        """The ids of the guardians whom a row names by their documents, with a semicolon between two of them.

        Raises BadRow for more than a source can mean, and InvalidDocument. A number without its type is that of a resident ID.
        """
        named = [one.strip() for one in _text(raw, "guardian_document_number").split(GUARDIANS_APART) if one.strip()]
        if len(named) > GUARDIANS_MAX:
            raise BadRow("too_many_guardians")
        return sorted({self._guardian(one) for one in named})

    def _guardian(self, named: str) -> str:
        type_, apart, number = named.rpartition(":")
        return self._person({"document_type": type_ if apart else "", "document_number": number})[2]

    def _seal(self, field: FieldClass, person_id: str, value: str) -> bytes:
        return self._cipher.seal(field, f"registry|{person_id}|{IdentityRow.SK}", value)


def _version(source_time: datetime, *said: str, withdrawn: bool = False) -> str:
    """What orders rows of one key: the source's time to the microsecond, then withdrawal, then any order at all.

    The last makes it total: of two rows of one moment that differ, the same one stays whichever came first.
    """
    digest = hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:16]
    return f"{source_time:%Y-%m-%dT%H:%M:%S.%fZ}#{int(withdrawn)}#{digest}"


def _own_fact_id(raw: RawRow, origin: Origin) -> str:
    fact_id = _word(raw, "fact_id")
    if not fact_id:
        raise BadRow("missing_fact_id")
    return f"{origin.source}:{fact_id}"


def _text(raw: RawRow, column: str) -> str:
    return (raw.get(column) or "").strip()


def _word(raw: RawRow, column: str) -> str:
    """A free text. Raises BadRow for one that is longer than a key of DynamoDB, or a sensible name, may be."""
    text = _text(raw, column)
    if len(text) > LONGEST_WORD:
        raise BadRow(f"too_long_{column}")
    return text


def _kind(raw: RawRow) -> Kind:
    try:
        return Kind(_text(raw, "kind"))
    except ValueError as error:
        raise BadRow("unknown_kind") from error


def _kind_and_result(raw: RawRow) -> tuple[Kind, str]:
    kind, result = _kind(raw), _text(raw, "result")
    if result not in RESULTS[kind]:
        raise BadRow("unknown_result")
    return kind, result


def _moment(raw: RawRow, column: str, *, ahead: timedelta = timedelta(0)) -> datetime:
    """A moment in UTC; one without a zone is the city's local time. The future, but for `ahead` of it, is refused."""
    try:
        at = datetime.fromisoformat(_text(raw, column))
        local = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(settings().city.time_zone))
        moment = local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRow(f"invalid_{column}") from error
    if moment > clock.now() + ahead:
        raise BadRow(f"future_{column}")
    if moment < EARLIEST:
        raise BadRow(f"invalid_{column}")
    return moment
