"""The search for people where none may be (H4): logs, output, answers, raw tables, in every spelling data could take."""

import base64
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import urllib3

from chalicelib.core.aws import LOCAL_CREDENTIALS
from chalicelib.core.settings import settings
from tests.support.people import TestPerson

SHORTEST = 5
"""Bytes of a spelling that is worth a search; fewer occur by chance. So many are looked at in each place."""

STRIDE = 4
"""Of every so many places one is looked at: what is at least this and `SHORTEST` long, less one, covers one of them wholly."""

SEQUENCE = re.compile(rb"(?<!\d)(?:0{10})?0{5}\d{25}(?!\d)")
"""A number of a stream's record, as the emulator makes them and as a cursor pads them; in one with many zeros a test's phone
occurs by chance."""

BINARY = re.compile(rb'\{"B": "([A-Za-z0-9+/=]*)"\}')
"""A binary attribute in DynamoDB's JSON."""

Part = tuple[int, ...]
"""Some bytes of a spelling."""


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


class Canaries:
    """The people to search for, each spelled once, however many searches there are."""

    def __init__(self) -> None:
        """Watch nobody yet."""
        self._long: dict[Part, list[tuple[bytes, str]]] = defaultdict(list)
        self._short: list[tuple[bytes, str]] = []

    def watch(self, person: TestPerson) -> None:
        """Search for this person from now on."""
        for kind, value in (("name", person.name), ("number", person.number), ("phone", person.phone)):
            for spelling in set(spellings(value)):
                self._spell(spelling, f"{kind} of {person.phone[-4:]}")

    def _spell(self, spelling: bytes, what: str) -> None:
        if SHORTEST <= len(spelling) < SHORTEST + STRIDE - 1:
            self._short.append((spelling, what))
        elif len(spelling) >= SHORTEST:
            for offset in range(STRIDE):
                self._long[tuple(spelling[offset : offset + SHORTEST])].append((spelling, what))

    def leaks(self, haystack: bytes) -> list[str]:
        """Which kinds of which people's data occur in the bytes; empty when nothing leaks.

        The pass over all places is one intersection, in C: megabytes of tables are searched for thousands of people.
        """
        haystack = SEQUENCE.sub(b"", haystack)
        parts = zip(*(haystack[offset::STRIDE] for offset in range(SHORTEST)), strict=False)
        possible = {one for part in self._long.keys() & parts for one in self._long[part]}
        return sorted({what for spelling, what in [*possible, *self._short] if spelling in haystack})


def dump_tables() -> bytes:
    """Every item of every table of the city as bytes, binary attributes as they are."""
    from chalicelib.core import store

    return b"\n".join(page for table in store.tables() for page in _pages(table.physical_name()))


def _pages(table: str) -> Iterator[bytes]:
    """A table, page by page. Asked for without boto3, which takes ten times as long to read it; emulators look at no signature."""
    start: dict[str, Any] = {}
    while True:
        request = {"TableName": table, **({"ExclusiveStartKey": start} if start else {})}
        answer = urllib3.request("POST", settings().endpoint_url or "", json=request, headers=_headers(), timeout=60)
        assert answer.status == HTTPStatus.OK, answer.data
        page = json.loads(answer.data)
        yield BINARY.sub(
            lambda found: base64.b64decode(found[1]), json.dumps(page["Items"], ensure_ascii=False).encode()
        )
        if not (start := page.get("LastEvaluatedKey") or {}):
            return


def _headers() -> dict[str, str]:
    scope = f"{LOCAL_CREDENTIALS['aws_access_key_id']}/20220401/{settings().city.region}/dynamodb/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.Scan",
    }
