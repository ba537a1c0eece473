"""The search for people where none may be (H4): logs, output, answers, raw tables, in every spelling data could take."""

import base64
import json
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import urllib3

from chalicelib.core.aws import LOCAL_CREDENTIALS
from chalicelib.core.settings import settings
from tests.support.people import TestPerson

SHORTEST = 5
"""Bytes of a spelling that is worth a search; fewer occur by chance."""

STRIDE = 4
"""Of every so many places one is looked at: what is at least this and a width long, less one, covers one of them wholly."""

FORMATS: dict[int, Literal["Q", "I"]] = {8: "Q", 4: "I"}
"""How many bytes are looked at in each place, as one number: of long spellings, and of shorter ones. Most runs of five digits are
in every large table by chance, and each part that is found costs a search for the whole."""

SEQUENCE = re.compile(rb"(?<!\d)(?:0{10})?0{5}\d{25}(?!\d)")
"""A number of a stream's record, as the emulator makes them and as a cursor pads them; in one with many zeros a test's phone
occurs by chance."""

BINARY = re.compile(rb'\{"B": "([A-Za-z0-9+/=]*)"\}')
"""A binary attribute in DynamoDB's JSON."""


class Place(NamedTuple):
    """Where a part lies in a spelling, and of what that is one."""

    offset: int
    spelling: bytes
    what: str


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
        self._parts: dict[int, dict[int, list[Place]]] = {width: defaultdict(list) for width in FORMATS}
        self._short: list[tuple[bytes, str]] = []

    def watch(self, person: TestPerson) -> None:
        """Search for this person from now on."""
        for kind, value in (("name", person.name), ("number", person.number), ("phone", person.phone)):
            for spelling in set(spellings(value)):
                self._spell(spelling, f"{kind} of {person.phone[-4:]}")

    def _spell(self, spelling: bytes, what: str) -> None:
        width = next((width for width in FORMATS if len(spelling) >= width + STRIDE - 1), None)
        if width is not None:
            for offset in range(STRIDE):
                part = int.from_bytes(spelling[offset : offset + width], sys.byteorder)
                self._parts[width][part].append(Place(offset, spelling, what))
        elif len(spelling) >= SHORTEST:
            self._short.append((spelling, what))

    def leaks(self, haystack: bytes) -> list[str]:
        """Which kinds of which people's data occur in the bytes; empty when nothing leaks."""
        haystack = SEQUENCE.sub(b"", haystack)
        found = {what for spelling, what in self._short if spelling in haystack}
        return sorted(found.union(*(self._long(haystack, width) for width in FORMATS)))

    def _long(self, haystack: bytes, width: int) -> Iterator[str]:
        """The pass over all places is one intersection, in C, over megabytes and thousands of people."""
        watched, found = self._parts[width], set[int]()
        for start in range(0, width, STRIDE):
            end = start + (len(haystack) - start) // width * width
            found |= watched.keys() & memoryview(haystack)[start:end].cast(FORMATS[width])
        for part in found:
            yield from _whole(haystack, part.to_bytes(width, sys.byteorder), watched[part])


def _whole(haystack: bytes, part: bytes, places: list[Place]) -> Iterator[str]:
    """What is there whole, around a part of it."""
    at = haystack.find(part)
    while at >= 0:
        yield from (
            one.what for one in places if at >= one.offset and haystack.startswith(one.spelling, at - one.offset)
        )
        at = haystack.find(part, at + 1)


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
