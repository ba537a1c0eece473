"""Bearer tokens: nothing but what the city sealed opens a route (T-05)."""

import pytest

from chalicelib.core import crypto, tokens
from chalicelib.core.crypto import decode, encode
from tests.support.city import TestCity
from tests.support.client import Client

pytestmark = [pytest.mark.api, pytest.mark.usefixtures("city")]


@pytest.fixture(scope="module")
def client(whole_run: TestCity) -> Client:
    """Somebody with a live session, whom no test here changes."""
    return whole_run.verified()


def refused(client: Client, token: str) -> bool:
    """Whether a token opens nothing."""
    answer = client.as_(token).get("/v1/me")
    return answer.status == 401 and answer.code in {"session_required", "session_ended"}


def test_the_token_itself_opens(client: Client) -> None:
    assert client.get("/v1/me").status == 200


def test_a_token_with_any_byte_changed_opens_nothing(client: Client) -> None:
    data = decode(client.token or "")
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        assert tokens.open_bearer(encode(bytes(changed))) is None, f"byte {place}"
    assert refused(client, encode(bytes([data[0] ^ 128]) + data[1:]))


def test_a_token_cut_short_opens_nothing(client: Client) -> None:
    token = client.token or ""
    for length in range(len(token)):
        assert tokens.open_bearer(token[:length]) is None, f"{length} characters"
    assert refused(client, token[:-1])


@pytest.mark.parametrize("added", ["A", "==", ".e30.", "\u00e9", "%20"])
def test_a_token_with_something_added_opens_nothing(client: Client, added: str) -> None:
    assert refused(client, f"{client.token}{added}")
    assert refused(client, f"{added}{client.token}")


def test_two_tokens_in_one_header_open_nothing(client: Client) -> None:
    assert refused(client, f"{client.token} {client.token}")
    assert refused(client, f"{client.token},{client.token}")
    assert refused(client, f"{client.token}, Bearer {client.token}")


@pytest.mark.parametrize(
    "token",
    ["", " ", "null", "AAAA", "A" * 150, "!!!!", "验证", "-" * 4000, "eyJhbGciOiJub25lIn0.e30.", "..", "\x00"],
)
def test_garbage_opens_nothing(client: Client, token: str) -> None:
    assert refused(client, token)


@pytest.mark.parametrize("header", ["", "Bearer", "Basic {}", "bearer", "Token {}", "{}", "Bearer  "])
def test_another_header_opens_nothing(client: Client, header: str) -> None:
    answer = client.as_(None)("GET", "/v1/me", authorization=header.format(client.token))

    assert (answer.status, answer.code) == (401, "session_required")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_may_be_written_in_any_case(client: Client, scheme: str) -> None:
    answer = client.as_(None)("GET", "/v1/me", authorization=f"{scheme} {client.token}")

    assert answer.status == 200


def test_a_token_of_another_key_opens_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bearer = tokens.open_bearer(client.token or "")
    assert bearer is not None
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(tokens, "secret", lambda _: bytes(32))
        foreign = tokens.seal_bearer(bearer)

    assert refused(client, foreign)


def test_a_token_of_another_city_with_the_same_key_opens_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = tokens.open_bearer(client.token or "")
    assert bearer is not None
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(tokens, "_bearer_context", lambda: b"linyi|session|v1")
        foreign = tokens.seal_bearer(bearer)

    assert refused(client, foreign)


def test_the_person_in_a_token_counts_only_with_a_session_for_them(client: Client, city: TestCity) -> None:
    """A token can't be made without the key; if it could, the session's row would still have to agree."""
    mine, theirs = (tokens.open_bearer(one.token or "") for one in (client, city.verified()))
    assert mine is not None
    assert theirs is not None
    for forged in (
        tokens.Bearer(mine.subject, theirs.person_id, mine.secret),
        tokens.Bearer(theirs.subject, mine.person_id, mine.secret),
        tokens.Bearer(mine.subject, None, mine.secret),
        tokens.Bearer(mine.subject, mine.person_id, bytes(32)),
    ):
        assert refused(client, tokens.seal_bearer(forged))


def test_a_token_never_stands_in_an_address(client: Client) -> None:
    answer = client.as_(None).get(f"/v1/me?token={client.token}")

    assert answer.status == 401


def test_keys_are_read_once_and_can_be_forgotten(client: Client) -> None:
    crypto.forget_keys()

    assert client.get("/v1/me").status == 200
