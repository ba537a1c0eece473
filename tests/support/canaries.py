"""The search for people where none may be (H4): logs, output, answers, raw tables, in every spelling data could take."""

import base64
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

from tests.support.people import TestPerson

SHORTEST = 5
"""Bytes of a spelling that is worth a search; fewer occur by chance."""


def spellings(value: str) -> Iterator[bytes]:
    """How a value looks raw, normalised, in a URL, in base64 at each of three offsets, in hex, and escaped."""
    raw = value.encode()
    yield raw
    yield unicodedata.normalize("NFKC", value).encode()
    yield quote(value).encode()
    yield raw.hex().encode()
    yield json.dumps(value)[1:-1].encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw)
        start, end = (8 * offset + 5) // 6, (8 * (offset + len(raw))) // 6
        yield encoded[start:end]


def leaks(people: Iterable[TestPerson], haystack: bytes) -> list[str]:
    """Which kinds of which people's data occur in the bytes; empty when nothing leaks.

    It goes through the bytes once, however many people there are.
    """
    by_start: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
    for person in people:
        for kind, spelling in _spelled(person):
            by_start[spelling[:SHORTEST]].append((spelling, f"{kind} of {person.phone[-4:]}"))
    found: dict[str, None] = {}
    for place in range(len(haystack) - SHORTEST + 1):
        for spelling, what in by_start.get(haystack[place : place + SHORTEST], ()):
            if haystack.startswith(spelling, place):
                found[what] = None
    return list(found)


@cache
def _spelled(person: TestPerson) -> list[tuple[str, bytes]]:
    values = (("name", person.name), ("number", person.number), ("phone", person.phone))
    return [(kind, one) for kind, value in values for one in set(spellings(value)) if len(one) >= SHORTEST]


def dump_tables() -> bytes:
    """Every item of every table of the city as bytes, binary attributes as they are."""
    from chalicelib.core import store

    parts = []
    for table in store.tables():
        start: dict[str, Any] = {}
        while True:
            request = {"TableName": table.physical_name(), **({"ExclusiveStartKey": start} if start else {})}
            answer = store.connection().dispatch("Scan", request)
            parts += [_bytes_of(item) for item in answer["Items"]]
            if not (start := answer.get("LastEvaluatedKey") or {}):
                break
    return b"\n".join(parts)


def _bytes_of(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        return b"|".join(_bytes_of(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return b"|".join(map(_bytes_of, value))
    return str(value).encode()
