"""Bearer tokens and signed codes.

A bearer token is AES-GCM over (subject, person, secret) under the city's session key, so that the session's row and its
person's row are found in one batch read; the row stores only the secret's hash. A signed code is an opaque payload with
a 128-bit HMAC, small enough for a QR code of version 5.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from chalicelib.core.city_secrets import SESSION_KEY, opening_keys, secret
from chalicelib.core.crypto import ID_BYTES, decode, encode, held_key
from chalicelib.core.errors import Broken, Invalid
from chalicelib.core.settings import settings

SECRET_BYTES = 32
NONCE_BYTES = 12
NOBODY = bytes(ID_BYTES)
CODE_MAC_BYTES = 16


@dataclass(frozen=True)
class Bearer:
    """What a bearer token says: whose account, which person (None before identity is proved), and the session's secret."""

    subject: str
    person_id: str | None
    secret: bytes

    @property
    def session_id(self) -> str:
        """The key of the session's row: the SHA-256 of the secret, so that a stolen table opens no session."""
        return encode(hashlib.sha256(self.secret).digest())


def new_bearer(subject: str, person_id: str | None) -> Bearer:
    """A new session's bearer with a secret of 256 random bits."""
    return Bearer(subject, person_id, secrets.token_bytes(SECRET_BYTES))


def seal_bearer(bearer: Bearer) -> str:
    """The token that the phone keeps."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    person = decode(bearer.person_id) if bearer.person_id else NOBODY
    nonce = secrets.token_bytes(NONCE_BYTES)
    plain = decode(bearer.subject) + person + bearer.secret
    return encode(nonce + AESGCM(secret(SESSION_KEY)).encrypt(nonce, plain, _bearer_context()))


def open_bearer(token: str) -> Bearer | None:
    """What the token says, or None if it is not one of this city's tokens."""
    try:
        data = decode(token)
    except ValueError:
        return None
    plain = next(filter(None, (_opened(key, data) for key in opening_keys(SESSION_KEY))), None)
    if plain is None:
        return None
    subject, person, session_secret = plain[:ID_BYTES], plain[ID_BYTES : 2 * ID_BYTES], plain[2 * ID_BYTES :]
    return Bearer(encode(subject), None if person == NOBODY else encode(person), session_secret)


def _opened(key: bytes, data: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _bearer_context())
    except (ValueError, InvalidTag):
        return None


def _bearer_context() -> bytes:
    return f"{settings().city_name}|session|v1".encode()


def sign_code(kind: str, payload: bytes) -> str:
    """An opaque code for print: the payload and its HMAC under the city's key for codes of this kind."""
    return encode(payload + _code_mac(kind, payload))


def open_code(kind: str, code: str) -> bytes | None:
    """The payload of a code that this city signed, or None; no changed, cut or foreign code opens."""
    try:
        data = decode(code)
    except ValueError:
        return None
    payload, signature = data[:-CODE_MAC_BYTES], data[-CODE_MAC_BYTES:]
    return payload if hmac.compare_digest(signature, _code_mac(kind, payload)) else None


def _code_mac(kind: str, payload: bytes) -> bytes:
    return hmac.digest(held_key(f"code/{kind}"), payload, hashlib.sha256)[:CODE_MAC_BYTES]


def seal_for(bearer: Bearer, text: str) -> bytes:
    """Encrypt a text under a key that only this bearer's secret gives; no role of the city can open it without the request."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_own_key(bearer)).encrypt(nonce, text.encode(), bearer.subject.encode())


def open_for(bearer: Bearer, sealed: bytes) -> str:
    """Decrypt what `seal_for` encrypted for this bearer. Raises Broken if it was altered or is another's."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        plain = AESGCM(_own_key(bearer)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bearer.subject.encode())
        return plain.decode()
    except (ValueError, InvalidTag) as error:
        raise Broken from error


def _own_key(bearer: Bearer) -> bytes:
    return hmac.digest(bearer.secret, b"gatebook/session-phone/v1", hashlib.sha256)


def seal_cursor(scope: str, position: str) -> str:
    """An opaque cursor: where a list goes on, readable by nobody and worth nothing on another list (`scope`)."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE_BYTES)
    return encode(nonce + AESGCM(held_key("cursor")).encrypt(nonce, position.encode(), scope.encode()))


def open_cursor(scope: str, cursor: str) -> str:
    """The position that `seal_cursor` sealed for this list. Raises InvalidCursor for anything else."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        data = decode(cursor)
        return AESGCM(held_key("cursor")).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], scope.encode()).decode()
    except (ValueError, InvalidTag) as error:
        raise InvalidCursor from error


class InvalidCursor(Invalid):
    """The cursor is not one that this list gave out."""

    code = "invalid_cursor"
    field = "cursor"
