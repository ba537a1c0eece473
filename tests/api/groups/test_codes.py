"""Signed codes: nothing that this city did not sign opens anything (threats 1b, T-02, T-11)."""

import hashlib
import hmac
import random
import re
import string
from base64 import urlsafe_b64encode
from urllib.parse import quote

import pytest

from chalicelib.core import ids, tokens
from chalicelib.core.crypto import decode, encode
from chalicelib.groups import codes
from chalicelib.groups.errors import InvitationNotFound
from tests.support.books import Book
from tests.support.city import TestCity
from tests.support.client import Answer, Client

pytestmark = pytest.mark.api

ALPHABET = string.ascii_letters + string.digits + "-_"
CLASSES = (
    "redundant segment", "repeated", "wrong prefix", "no prefix", "version zero", "empty", "wrong payload",
    "missing payload", "wrong key", "wrong signature", "missing signature", "cut signature", "longer", "not base64",
    "standard base64", "padded", "alg none with a signature", "alg none without one", "another kind of code",
    "a shorter payload of ours", "a longer payload of ours", "an organization of nobody", "an invitation of nobody",
)  # fmt: skip
"""The classes of the NHS app's own tests, as far as a code of this form has them, and some of this form's own."""

ALG_NONE = urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")


def uses(city: TestCity, member: Client, code: str) -> list[Answer]:
    """Everything that a code is good for."""
    path = quote(code, safe="")
    return [
        city.api.get(f"/v1/invitations/{path}"),
        city.api.get(f"/c/{path}"),
        member.post(f"/v1/invitations/{path}/join", {"scopes": []}),
    ]


@pytest.mark.usefixtures("city")
def test_a_code_says_what_it_was_made_of() -> None:
    org_id, invitation_id = ids.new_id(), codes.new_invitation_id()

    assert codes.read_code(codes.code_of(org_id, invitation_id)) == (org_id, invitation_id)


def test_ids_of_invitations_do_not_repeat() -> None:
    assert len({codes.new_invitation_id() for _ in range(1000)}) == 1000


def test_a_code_fits_a_path_and_a_small_qr_code(book: Book) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{51}", book.code)


def test_every_single_changed_character_is_noticed(city: TestCity, book: Book, owner: Client) -> None:
    for place, character in enumerate(book.code):
        other = ALPHABET[(ALPHABET.index(character) + 1) % len(ALPHABET)]
        forged = book.code[:place] + other + book.code[place + 1 :]
        answer = city.api.get(f"/v1/invitations/{forged}")
        assert (answer.status, answer.code) == (404, "invitation_not_found"), place
        assert city.api.get(f"/c/{forged}").status == 404
        if place % 10 == 0:
            assert owner.post(f"/v1/invitations/{forged}/join", {"scopes": []}).code == "invitation_not_found"


def test_no_spelling_of_the_spare_bits_is_accepted(city: TestCity, book: Book) -> None:
    """The last character of 38 bytes carries two bits that mean nothing; a code has one spelling all the same."""
    others = [book.code[:-1] + last for last in ALPHABET if last != book.code[-1]]

    assert {city.api.get(f"/v1/invitations/{code}").status for code in others} == {404}


def negatives(code: str) -> dict[str, str]:
    """A code of each class, made of a right one."""
    data = decode(code)
    payload, signature = data[:-16], data[-16:]
    foreign = hmac.digest(b"another city's key", payload, hashlib.sha256)[:16]
    return {
        "redundant segment": f"{code}.{code}",
        "repeated": code + code,
        "wrong prefix": f"UKC19TRACING-1-{code}"[:64],
        "no prefix": encode(data[1:]),
        "version zero": encode(bytes(1) + data[1:]),
        "empty": "-",
        "wrong payload": encode(bytes(len(payload)) + signature),
        "missing payload": encode(signature),
        "wrong key": encode(payload + foreign),
        "wrong signature": encode(payload + bytes(16)),
        "missing signature": encode(payload),
        "cut signature": encode(data[:-1]),
        "longer": encode(data + b"\0"),
        "not base64": "!" * 51,
        "standard base64": code[:20] + "+/" + code[22:],
        "padded": code + "=",
        "alg none with a signature": f"{ALG_NONE}{code}"[:64],
        "alg none without one": ALG_NONE,
        "another kind of code": tokens.sign_code("poster", payload),
        "a shorter payload of ours": tokens.sign_code(codes.KIND, payload[:16]),
        "a longer payload of ours": tokens.sign_code(codes.KIND, payload + b"\0"),
        "an organization of nobody": codes.code_of(ids.new_id(), codes.new_invitation_id()),
        "an invitation of nobody": codes.code_of(codes.read_code(code)[0], codes.new_invitation_id()),
    }


@pytest.mark.parametrize("kind", CLASSES)
def test_negative_classes(city: TestCity, book: Book, owner: Client, kind: str) -> None:
    for answer in uses(city, owner, negatives(book.code)[kind]):
        assert answer.status == 404
    assert book.members() == []


@pytest.mark.usefixtures("city")
def test_a_code_of_the_wrong_length_is_not_found_even_if_we_signed_it() -> None:
    with pytest.raises(InvitationNotFound):
        codes.read_code(tokens.sign_code(codes.KIND, b"short"))


def test_three_hundred_mutated_codes_open_nothing(city: TestCity, book: Book, owner: Client) -> None:
    rng = random.Random(11)
    for _ in range(300):
        code = mutated(rng, book.code)
        if code in {book.code, ""}:
            continue
        answer = rng.choice(uses(city, owner, code))
        assert answer.status in {403, 404}, code  # 403 is the gateway's own answer to a path that is no route
    assert book.members() == []


def mutated(rng: random.Random, code: str) -> str:
    """A code with a few random edits, of bytes or of text."""
    if rng.random() < 0.5:
        data = bytearray(decode(code))
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return encode(bytes(data))
    text = list(code)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(text)) if text else 0
        edit = rng.choice(["drop", "swap", "insert", "cut", "turn"])
        if edit == "drop" and text:
            del text[place]
        elif edit == "swap" and text:
            text[place] = rng.choice(string.printable)
        elif edit == "insert":
            text.insert(place, rng.choice("/.?#%&;=é码\0" + ALPHABET))
        elif edit == "cut":
            del text[place:]
        else:
            text.reverse()
    return "".join(text)
