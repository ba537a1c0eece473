"""Bearer tokens and signed codes.

A bearer token is AES-GCM over (subject, person, secret) under the city's session key, so that the session's row and its
person's row are found in one batch read; the row stores only the secret's hash. A signed code is an opaque payload with
a 128-bit HMAC, small enough for a QR code of version 5. A pointer is AES-GCM over what only the city may read of a print.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.city_secrets import SESSION_KEY, opening_keys, secret
from chalicelib.core.crypto import ID_BYTES, decode, encode, held_key, seal, unseal
from chalicelib.core.errors import Broken, Invalid
from chalicelib.core.settings import settings

SECRET_BYTES = 32
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
    person = decode(bearer.person_id) if bearer.person_id else NOBODY
    plain = decode(bearer.subject) + person + bearer.secret
    return encode(seal(secret(SESSION_KEY), plain, _bearer_context()))


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
    try:
        return unseal(key, data, _bearer_context())
    except ValueError:
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


def seal_pointer(kind: str, payload: bytes) -> str:
    """An opaque pointer for print: the payload under the city's key for pointers of this kind. No two look alike."""
    return encode(seal(held_key(f"pointer/{kind}"), payload, _pointer_context(kind)))


def open_pointer(kind: str, text: str) -> bytes | None:
    """What `seal_pointer` sealed for this kind in this city, or None. Raises ValueError for what is no text of bytes."""
    data = decode(text)
    try:
        return unseal(held_key(f"pointer/{kind}"), data, _pointer_context(kind))
    except ValueError:
        return None


def _pointer_context(kind: str) -> bytes:
    return f"{settings().city_name}|{kind}|v1".encode()


def seal_for(bearer: Bearer, text: str) -> bytes:
    """Encrypt a text under a key that only this bearer's secret gives; no role of the city can open it without the request."""
    return seal(_own_key(bearer), text.encode(), bearer.subject.encode())


def open_for(bearer: Bearer, sealed: bytes) -> str:
    """Decrypt what `seal_for` encrypted for this bearer. Raises Broken if it was altered or is another's."""
    try:
        return unseal(_own_key(bearer), sealed, bearer.subject.encode()).decode()
    except ValueError as error:
        raise Broken from error


def _own_key(bearer: Bearer) -> bytes:
    return hmac.digest(bearer.secret, b"gatebook/session-phone/v1", hashlib.sha256)


def seal_cursor(scope: str, position: Mapping[str, Any] | None) -> str | None:
    """An opaque cursor: the key behind which a list goes on, readable by nobody and worth nothing on another list (`scope`).

    None where nothing follows.
    """
    return encode(seal(held_key("cursor"), json.dumps(position).encode(), scope.encode())) if position else None


def open_cursor(scope: str, cursor: str | None) -> dict[str, Any] | None:
    """The key that `seal_cursor` sealed for this list; None for a list's beginning. Raises InvalidCursor for anything else."""
    if not cursor:
        return None
    try:
        position: dict[str, Any] = json.loads(unseal(held_key("cursor"), decode(cursor), scope.encode()))
    except ValueError as error:
        raise InvalidCursor from error
    return position


class InvalidCursor(Invalid):
    """The cursor is not one that this list gave out."""

    code = "invalid_cursor"
    field = "cursor"
