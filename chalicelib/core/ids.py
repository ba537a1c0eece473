"""Ids that sort by time: ULIDs (github.com/ulid/spec), 48 bits of milliseconds and 80 random bits.

Written as 26 characters of Crockford's base32 in lower case, so they fit paths and keys; each id has one spelling.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from chalicelib.core import clock

LENGTH = 26
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_SIZE = 16
_RANDOM_SIZE = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def new_id() -> str:
    """Return a new id of this moment; 80 bits of it cannot be guessed."""
    return _id(clock.now(), secrets.token_bytes(_RANDOM_SIZE))


def derived_id(at: datetime, *parts: str) -> str:
    """Return the id that belongs to what happened at the aware moment `at` and is told apart by `parts`.

    The same event gives the same id each time, so that writing it twice stores it once. It is not secret.
    """
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return _id(at, digest.digest()[:_RANDOM_SIZE])


def first_id(at: datetime) -> str:
    """Return the lowest id of the aware moment `at`, to the millisecond: where a range of keys by time begins or ends."""
    return _id(at, bytes(_RANDOM_SIZE))


def time_of(id_: str) -> datetime:
    """Return the moment in an id, aware, in UTC, to the millisecond; ValueError if it is no id."""
    return _EPOCH + int.from_bytes(to_bytes(id_)[:-_RANDOM_SIZE], "big") * _MILLISECOND


def to_bytes(id_: str) -> bytes:
    """Return the 16 bytes of an id; ValueError unless it is spelled exactly as `new_id` spells ids."""
    try:
        number = 0
        for character in id_:
            number = number << 5 | _VALUES[character]
        if len(id_) == LENGTH:
            return number.to_bytes(_SIZE, "big")
    except (KeyError, OverflowError):
        pass
    message = "not an id"
    raise ValueError(message)


def from_bytes(raw: bytes) -> str:
    """Return the id of 16 bytes; ValueError if there are more or fewer."""
    if len(raw) != _SIZE:
        message = "an id has 16 bytes"
        raise ValueError(message)
    number = int.from_bytes(raw, "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def _id(at: datetime, rest: bytes) -> str:
    """Put the moment before the 80 bits that tell apart what shares its millisecond."""
    milliseconds = (at - _EPOCH) // _MILLISECOND
    return from_bytes(milliseconds.to_bytes(_SIZE - _RANDOM_SIZE, "big") + rest)
