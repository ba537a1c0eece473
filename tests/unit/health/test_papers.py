"""Printed passes as texts: what the city printed is read, and nothing else is (R2.5, B6)."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from chalicelib.core import ids, tokens
from chalicelib.core.crypto import decode, encode
from chalicelib.health.errors import PaperPassForged, PaperPassMalformed
from chalicelib.health.service.papers import LENGTH, PREFIX, is_paper, paper_text, read_paper

pytestmark = pytest.mark.usefixtures("keys")

PERSON, OTHER = encode(b"p" * 16), encode(b"q" * 16)
PAPER = ids.from_bytes(bytes(range(16)))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys without a key service: each label has its own."""
    monkeypatch.setenv("CITY", "demo")
    monkeypatch.setattr(tokens, "held_key", lambda label: label.encode().ljust(32, b"."))


def test_a_print_leads_to_what_was_printed_and_is_another_one_each_time() -> None:
    one, another = paper_text(PERSON, PAPER), paper_text(PERSON, PAPER)

    assert read_paper(one) == read_paper(another) == (PERSON, PAPER)
    assert one != another
    assert is_paper(one)
    assert len(one) == len(PREFIX) + LENGTH
    assert PERSON not in one
    assert PAPER not in one


def respelled(text: str) -> str:
    """The same bytes with other bits in the last character, where that has bits to spare."""
    return text[:-1] + ("B" if text[-1] == "A" else "A")


def flipped(text: str, place: int) -> str:
    """The text with one character changed."""
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def sealed(kind: str, payload: bytes) -> str:
    """A pointer of some kind, or of something else."""
    return PREFIX + tokens.seal_pointer(kind, payload)


CLASSES: dict[str, tuple[Callable[[str], str], type[Exception]]] = {
    "redundant segments": (lambda text: f"{text}.{text[3:]}", PaperPassMalformed),
    "wrong prefix": (lambda text: f"https://city.example/c/{text}", PaperPassMalformed),
    "wrong type": (lambda text: f"Q1.{text[3:]}", PaperPassMalformed),
    "lower case": (lambda text: f"p1.{text[3:]}", PaperPassMalformed),
    "no prefix": (lambda text: text[3:], PaperPassMalformed),
    "version zero": (lambda text: f"P0.{text[3:]}", PaperPassMalformed),
    "empty": (lambda _: "", PaperPassMalformed),
    "wrong payload": (lambda text: flipped(text, 30), PaperPassForged),
    "missing payload": (lambda _: PREFIX, PaperPassMalformed),
    "short payload": (lambda text: text[:-4], PaperPassMalformed),
    "wrong key": (lambda _: sealed("another kind", bytes(32)), PaperPassForged),
    "wrong signature": (respelled, PaperPassForged),
    "wrong nonce": (lambda text: flipped(text, 3), PaperPassForged),
    "missing signature": (lambda text: text[: -16 * 4 // 3], PaperPassMalformed),
    "signature of zeros": (lambda text: PREFIX + encode(decode(text[3:])[:-16] + bytes(16)), PaperPassForged),
    "another print's signature": (
        lambda text: PREFIX + encode(decode(text[3:])[:-16] + decode(paper_text(OTHER, PAPER)[3:])[-16:]),
        PaperPassForged,
    ),
    "not base64": (lambda text: text[:10] + "§$%&" + text[14:], PaperPassMalformed),
    "another alphabet": (lambda text: f"{text[:40]}+/{text[42:]}", PaperPassMalformed),
    "another script": (lambda text: text[:-1] + "\N{FULLWIDTH LATIN CAPITAL LETTER A}", PaperPassMalformed),
    "too long": (lambda text: f"{text}AAAA", PaperPassMalformed),
    "base64 of another spelling": (lambda text: f"{text[:-1]}=", PaperPassMalformed),
    "space around it": (lambda text: f" {text}\n", PaperPassMalformed),
}


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_not_as_it_was_printed_is_refused(name: str) -> None:
    change, error = CLASSES[name]

    with pytest.raises(error):
        read_paper(change(paper_text(PERSON, PAPER)))


def test_what_another_city_printed_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their keys are others too; here a key for all shows that the name of the city is part of the seal."""
    monkeypatch.setattr(tokens, "settings", lambda: SimpleNamespace(city_name="huian"))
    text = paper_text(PERSON, PAPER)
    monkeypatch.undo()
    monkeypatch.setattr(tokens, "held_key", lambda label: label.encode().ljust(32, b"."))

    with pytest.raises(PaperPassForged):
        read_paper(text)
