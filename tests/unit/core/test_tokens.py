"""Bearer tokens, signed codes, cursors and sealed texts: what was made here opens, and nothing else does (T-05, T-11)."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core import tokens
from chalicelib.core.crypto import decode, encode
from chalicelib.core.errors import Broken
from chalicelib.core.tokens import (
    Bearer,
    InvalidCursor,
    new_bearer,
    open_bearer,
    open_code,
    open_cursor,
    open_for,
    seal_bearer,
    seal_cursor,
    seal_for,
    sign_code,
)

pytestmark = pytest.mark.usefixtures("keys")

SUBJECT, PERSON, OTHER = (encode(bytes([number]) * 16) for number in (1, 2, 3))
KIND = "invitation"
quick = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys without a key service: each label has its own."""
    monkeypatch.setenv("CITY", "demo")
    monkeypatch.setattr(tokens, "held_key", lambda label: label.encode().ljust(32, b"."))
    monkeypatch.setattr(tokens, "secret", lambda name: name.encode().ljust(32, b"."))
    monkeypatch.setattr(tokens, "opening_keys", lambda name: iter([bytes(32), name.encode().ljust(32, b".")]))


@pytest.mark.parametrize("person_id", [None, PERSON])
def test_a_bearer_token_says_what_was_put_in(person_id: str | None) -> None:
    bearer = new_bearer(SUBJECT, person_id)

    assert open_bearer(seal_bearer(bearer)) == bearer
    assert len(bearer.secret) == 32


def test_no_two_tokens_are_alike() -> None:
    bearer = new_bearer(SUBJECT, PERSON)

    assert seal_bearer(bearer) != seal_bearer(bearer)
    assert new_bearer(SUBJECT, PERSON).session_id != bearer.session_id


def test_a_session_id_is_a_hash_of_the_secret_alone() -> None:
    assert Bearer(SUBJECT, None, b"s" * 32).session_id == Bearer(OTHER, PERSON, b"s" * 32).session_id
    assert encode(b"s" * 32) not in Bearer(SUBJECT, None, b"s" * 32).session_id


@given(data=st.binary(max_size=200))
@quick
def test_no_other_bytes_are_a_bearer_token(data: bytes) -> None:
    assert open_bearer(encode(data)) is None


@given(text=st.text(max_size=60))
@quick
def test_no_other_text_is_a_bearer_token(text: str) -> None:
    assert open_bearer(text) is None


def test_a_bearer_token_with_a_bit_changed_opens_nothing() -> None:
    data = decode(seal_bearer(new_bearer(SUBJECT, PERSON)))

    for place, bit in itertools.product(range(len(data)), range(8)):
        changed = bytearray(data)
        changed[place] ^= 1 << bit
        assert open_bearer(encode(bytes(changed))) is None


def test_tokens_of_another_purpose_are_no_bearer_tokens() -> None:
    assert open_bearer(sign_code(KIND, b"p" * 64)) is None
    assert open_bearer(seal_cursor("list", {"sk": "p" * 64}) or "") is None
    assert open_bearer(encode(seal_for(new_bearer(SUBJECT, None), "p" * 64))) is None


@given(payload=st.binary(max_size=40))
@quick
def test_a_signed_code_opens_to_its_payload(payload: bytes) -> None:
    assert open_code(KIND, sign_code(KIND, payload)) == payload


def test_a_signed_code_is_short_enough_for_a_small_qr_code() -> None:
    assert len(sign_code(KIND, bytes(16))) == 43


def test_the_thirteen_kinds_of_false_codes_open_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative classes of the NHS app's own tests, as far as a code without segments has them."""
    code = sign_code(KIND, b"payload-of-a-code")
    payload, signature = decode(code)[:-16], decode(code)[-16:]
    with monkeypatch.context() as foreign:
        foreign.setattr(tokens, "held_key", lambda _: bytes(32))
        of_another_key = sign_code(KIND, payload)
    false = {
        "redundant segments": f"{code}.{code}",
        "wrong prefix": f"X{code}",
        "no prefix": code[1:],
        "version zero": encode(b"\x00" + payload[1:] + signature),
        "empty": "",
        "wrong payload": encode(b"payload-of-a-cod3" + signature),
        "missing payload": encode(signature),
        "wrong key": of_another_key,
        "wrong signature": encode(payload + bytes(16)),
        "missing signature": encode(payload),
        "not base64": "not*base64",
        "alg none with a signature": f"eyJhbGciOiJub25lIn0.{encode(payload)}.{encode(signature)}",
        "alg none without one": f"eyJhbGciOiJub25lIn0.{encode(payload)}.",
    }

    assert [name for name, one in false.items() if open_code(KIND, one) is not None] == []


def test_a_code_of_one_kind_is_none_of_another() -> None:
    assert open_code("poster", sign_code(KIND, b"payload")) is None


def test_a_code_with_any_character_changed_opens_nothing() -> None:
    code = sign_code(KIND, bytes(16))

    for place, character in itertools.product(range(len(code)), "Aa0-_Z"):
        changed = code[:place] + character + code[place + 1 :]
        assert changed == code or open_code(KIND, changed) is None


def test_a_text_sealed_for_a_bearer_opens_for_that_bearer_alone() -> None:
    bearer = new_bearer(SUBJECT, PERSON)
    sealed = seal_for(bearer, "13800000000")

    assert open_for(bearer, sealed) == "13800000000"
    assert b"13800000000" not in sealed
    for other in (new_bearer(SUBJECT, PERSON), Bearer(OTHER, PERSON, bearer.secret)):
        with pytest.raises(Broken):
            open_for(other, sealed)


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(27), bytes(28), bytes(200)])
def test_bytes_that_nobody_sealed_are_a_broken_record(sealed: bytes) -> None:
    with pytest.raises(Broken):
        open_for(new_bearer(SUBJECT, None), sealed)


def test_a_sealed_text_with_a_bit_changed_is_a_broken_record() -> None:
    bearer = new_bearer(SUBJECT, None)
    sealed = seal_for(bearer, "13800000000")

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Broken):
            open_for(bearer, bytes(changed))


@given(position=st.dictionaries(st.text(max_size=9), st.text(max_size=60), min_size=1))
@quick
def test_a_cursor_leads_on_in_its_own_list_alone(position: dict[str, str]) -> None:
    cursor = seal_cursor("members|org", position)

    assert open_cursor("members|org", cursor) == position
    with pytest.raises(InvalidCursor):
        open_cursor("members|other", cursor)


@given(cursor=st.text(min_size=1, max_size=60))
@quick
def test_no_other_text_is_a_cursor(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        open_cursor("members|org", cursor)


def test_a_cursor_shows_nothing_of_its_position() -> None:
    position = {"sk": "person"}
    assert b"person" not in decode(seal_cursor("list", position) or "")
    assert seal_cursor("list", position) != seal_cursor("list", position)


def test_a_list_begins_and_ends_without_a_cursor() -> None:
    assert (open_cursor("list", None), open_cursor("list", ""), seal_cursor("list", None)) == (None, None, None)
