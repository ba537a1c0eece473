"""Signed statements: JSON Web Signatures with ES256 under the city's key of passes. No other module may import a token library.

A statement says of what kind it is, who signed it and until when it holds; nothing is read of one before its signature is
right, but whose it claims to be.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.core import clock, pass_keys
from chalicelib.core.crypto import decode
from chalicelib.core.pass_keys import PassKey
from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from jwt.types import Options

ALGORITHM = "ES256"
"""ECDSA over P-256 with SHA-256 (RFC 7518, 3.4), and no other."""

MAX_LENGTH = 1024
"""Characters of a statement that is looked at; a pass has some 330."""

_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REQUIRED = ("iss", "aud", "iat", "exp")


class Flaw(StrEnum):
    """What can be wrong with a statement."""

    MALFORMED = "malformed"
    """It is none, or none of this kind."""
    FOREIGN = "foreign"
    """It claims to be another city's."""
    FORGED = "forged"
    """No key of the city signed it as it is."""
    EXPIRED = "expired"
    """It held once."""


class FlawedStatementError(Exception):
    """A statement that can't be gone by. As text it is its flaw and nothing else."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True)
class Statement:
    """What was signed, and by which key."""

    claims: Mapping[str, Any]
    key: PassKey


def sign(key: PassKey, kind: str, audience: str, claims: Mapping[str, Any], seconds: int) -> str:
    """A statement of the city that holds for so many seconds from now."""
    import jwt

    now = clock.epoch()
    stated = {"iss": settings().city_name, "aud": audience, "iat": now, "exp": now + seconds, **claims}
    return jwt.encode(stated, key.private, algorithm=ALGORITHM, headers={"typ": kind, "kid": key.kid})


def verify(text: str, kind: str, audience: str, at: int | None = None) -> Statement:
    """What a statement of this kind says. Raises FlawedStatementError for one that is not right in every way, or over.

    Whether it was over is asked of the moment `at`, in seconds since 1970, where it was read without network.
    """
    header, claims = _parts(text, kind)
    if claims["iss"] != settings().city_name:
        raise FlawedStatementError(Flaw.FOREIGN)
    kid = header.get("kid")
    key = pass_keys.key_by_id(kid) if isinstance(kid, str) else None
    if key is None or not _is_signed(text, key, audience):
        raise FlawedStatementError(Flaw.FORGED)
    if claims["exp"] <= (clock.epoch() if at is None else at):
        raise FlawedStatementError(Flaw.EXPIRED)
    return Statement(claims, key)


def _parts(text: str, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of what has the form of a statement of this kind, not yet verified."""
    if len(text) > MAX_LENGTH or _FORM.fullmatch(text) is None:
        raise FlawedStatementError(Flaw.MALFORMED)
    first, second, signature = text.split(".")
    header, claims = _object(first), _object(second)
    _bytes(signature)
    is_dated = isinstance(claims.get("iat"), int) and isinstance(claims.get("exp"), int)
    if header.get("typ") != kind or not is_dated or not isinstance(claims.get("iss"), str):
        raise FlawedStatementError(Flaw.MALFORMED)
    return header, claims


def _bytes(part: str) -> bytes:
    """The bytes of a part, of which there is one text form."""
    try:
        return decode(part)
    except ValueError as error:
        raise FlawedStatementError(Flaw.MALFORMED) from error


def _object(part: str) -> dict[str, Any]:
    """The object that a part holds."""
    try:
        found = json.loads(_bytes(part))
    except (ValueError, RecursionError) as error:
        raise FlawedStatementError(Flaw.MALFORMED) from error
    if not isinstance(found, dict):
        raise FlawedStatementError(Flaw.MALFORMED)
    return found


def _is_signed(text: str, key: PassKey, audience: str) -> bool:
    """Whether a key signed exactly this. Time is compared by the caller, for `clock` is the only clock."""
    import jwt

    untimed: Options = {"require": list(_REQUIRED), "verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        jwt.decode(
            text,
            key.private.public_key(),
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=settings().city_name,
            options=untimed,
        )
    except jwt.InvalidTokenError:
        return False
    return True
