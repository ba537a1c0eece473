"""The search for people (H4) finds them, or the whole suite's silence would mean nothing."""

import base64
import json
from collections.abc import Callable
from itertools import islice
from urllib.parse import quote

import pytest

from tests.support.canaries import Canaries
from tests.support.people import crowd

PERSON, OTHER = islice(crowd(), 2)
VALUES = {"name": PERSON.name, "number": PERSON.number, "phone": PERSON.phone}


@pytest.fixture
def canaries() -> Canaries:
    canaries = Canaries()
    canaries.watch(PERSON)
    return canaries


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(
    "spell",
    [
        str.encode,
        lambda value: quote(value).encode(),
        lambda value: value.encode().hex().encode(),
        lambda value: json.dumps({"of": value}).encode(),
        lambda value: base64.b64encode(f"{value}:".encode()),
        lambda value: base64.b64encode(f".{value}:".encode()),
        lambda value: base64.b64encode(f"..{value}:".encode()),
    ],
    ids=["raw", "quoted", "hex", "json", "base64-0", "base64-1", "base64-2"],
)
def test_a_person_is_found_in_each_spelling(canaries: Canaries, kind: str, spell: Callable[[str], bytes]) -> None:
    assert canaries.leaks(b"before " + spell(VALUES[kind]) + b" after") == [f"{kind} of {PERSON.phone[-4:]}"]


def test_a_person_is_found_at_either_end(canaries: Canaries) -> None:
    assert canaries.leaks(PERSON.phone.encode()) == [f"phone of {PERSON.phone[-4:]}"]


def test_masks_and_others_are_not_taken_for_a_person(canaries: Canaries) -> None:
    masked = f"{PERSON.phone[:3]}****{PERSON.phone[-4:]} {PERSON.number[:2]}{'*' * 14}{PERSON.number[-2:]} 王***"
    assert canaries.leaks(f"{masked} {OTHER.name} {OTHER.number} {OTHER.phone}".encode()) == []


@pytest.mark.parametrize("nothing", [b"", b"1234"])
def test_what_is_too_short_holds_nobody(canaries: Canaries, nothing: bytes) -> None:
    assert canaries.leaks(nothing) == []


def test_a_number_of_a_stream_s_record_holds_nobody_and_hides_nobody(canaries: Canaries) -> None:
    digits = PERSON.phone.rjust(20, "9")
    for length in (30, 40):
        assert canaries.leaks(f'"sequence": "{digits:0>{length}}"'.encode()) == []
    for longer in (f"0{digits:0>30}", f"{digits:0>29}"):
        assert canaries.leaks(f'"sequence": "{longer}"'.encode()) == [f"phone of {PERSON.phone[-4:]}"]
