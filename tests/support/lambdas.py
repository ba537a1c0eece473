"""Events of table streams as Lambda hands them over, for tests that call a consumer themselves."""

import itertools
from base64 import b64encode
from typing import Any

from chalicelib.core import store
from chalicelib.core.store import RawItem, Row
from chalicelib.health.tables import FactRow, IdentityRow
from tests.support.books import person_id_of
from tests.support.people import TestPerson

_SEQUENCE = itertools.count(1)


def batch(*records: dict[str, Any]) -> dict[str, Any]:
    """One event with these records."""
    return {"Records": list(records)}


def stored_record(row: Row, old: Row | None = None) -> dict[str, Any]:
    """The record of a row that was put, in place of `old` if it replaced one."""
    images = {"NewImage": row.serialize(), **({} if old is None else {"OldImage": old.serialize()})}
    return record(row.own_key.raw(), **images)


def removed_record(row: Row) -> dict[str, Any]:
    """The record of a row that was removed."""
    return record(row.own_key.raw(), OldImage=row.serialize())


def record(keys: RawItem, **images: RawItem) -> dict[str, Any]:
    """A record with these keys and images; sequence numbers rise."""
    change = {"SequenceNumber": str(next(_SEQUENCE)), "Keys": keys, **images}
    return {"eventSource": "aws:dynamodb", "dynamodb": _json_form(change)}


def fact_records(person: TestPerson) -> list[dict[str, Any]]:
    """The records of all facts of a person as if they had just come."""
    rows = store.query_all(FactRow, person_id_of(person), FactRow.sk >= "a")
    return [stored_record(row) for row in rows]


def identity_record(person: TestPerson) -> dict[str, Any]:
    """The record of a person's identity as it lies there now."""
    key = IdentityRow.of(person_id_of(person))
    row = store.read_together([key]).get(key)
    assert row is not None
    return stored_record(row)


def sequence(record: dict[str, Any]) -> str:
    """What names a record in an answer."""
    return str(record["dynamodb"]["SequenceNumber"])


def failed(*records: dict[str, Any]) -> dict[str, Any]:
    """The answer that asks for these records again."""
    return {"batchItemFailures": [{"itemIdentifier": sequence(one)} for one in records]}


def _json_form(value: Any) -> Any:
    """Events are JSON: bytes come as base64 text."""
    if isinstance(value, dict):
        return {name: _json_form(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_json_form(part) for part in value]
    return b64encode(value).decode() if isinstance(value, bytes) else value
