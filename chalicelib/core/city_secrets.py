"""The city's secrets: generated text in Secrets Manager, held for a while, and made anew without anybody noticing.

A secret has a present version, the one before it, and sometimes the next. What was sealed opens under each of them, so
whoever is logged in when the session key changes stays logged in (decision 0011).
"""

import hashlib
import secrets
import string
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core import aws, clock
from chalicelib.core.names import secret_name
from chalicelib.core.settings import settings

SESSION_KEY = "session-key"
PASS_KEY = "pass-key"  # noqa: S105  its name
SMS_GATEWAY_KEY = "sms-gateway-key"
HEALTH_SOURCE_KEY = "health-source-key"
SECRETS = (SESSION_KEY, PASS_KEY, SMS_GATEWAY_KEY, HEALTH_SOURCE_KEY)

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
"""The labels that Secrets Manager keeps on versions of a secret."""

SECRET_CHARACTERS = 64
"""Of `[0-9A-Za-z]`, as CloudFormation generates them (infra/cdk/keys.py): 381 bits, more than the key made of them."""

HELD_SECONDS = 900
"""How long a process goes by what it read. So long a leaked key may still open something after it was replaced."""

REREAD_SECONDS = 60
"""How soon at most a process reads again because something did not open: rubbish must not cost a call each time."""


@dataclass(frozen=True)
class HeldVersion:
    """A version of a secret as a process holds it: the key of 32 bytes, and when it was made (aware)."""

    key: bytes
    made_at: datetime


@dataclass(frozen=True)
class _Held:
    version: HeldVersion | None
    read_at: int


_held: dict[tuple[str, str], _Held] = {}
_lock = threading.Lock()


def secret(name: str) -> bytes:
    """The present version of a secret as a key of 32 bytes (decision 0009). Raises ClientError if the city has none."""
    return _present(name, HELD_SECONDS).key


def held_versions(name: str, seconds: int = HELD_SECONDS) -> tuple[HeldVersion, ...]:
    """The present version of a secret and, if there is one, the version before it, as they were at most so many seconds ago.

    Raises ClientError if the city has no such secret.
    """
    present, before = _present(name, seconds), _version(name, PREVIOUS, seconds)
    return (present,) if before is None else (present, before)


def opening_keys(name: str) -> Iterator[bytes]:
    """The keys under which something may have been sealed, likeliest first; each costs a call only if it is asked for.

    First what this process holds: the present version, the one before, and the next one, which lies ready a day before
    anybody seals under it. Then, if nothing opened and the last look is a minute old, what Secrets Manager holds now: an
    operator may have renewed the secret at once.
    """
    tried = set()
    for seconds in (HELD_SECONDS, REREAD_SECONDS):
        for label in (CURRENT, PREVIOUS, PENDING):
            version = _version(name, label, seconds)
            if version is not None and version.key not in tried:
                tried.add(version.key)
                yield version.key


def key_of(generated: str) -> bytes:
    """The 32 bytes that a generated secret stands for. Whoever shares it with the city, as an SMS gateway does, makes them too."""
    return hashlib.sha256(generated.encode()).digest()


def generated_secret() -> str:
    """A new secret in the form in which CloudFormation generates a city's."""
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(SECRET_CHARACTERS))


def forget_secrets() -> None:
    """Drop what is held, after the settings of the process were changed."""
    _held.clear()


def _present(name: str, seconds: int) -> HeldVersion:
    present = _version(name, CURRENT, seconds)
    if present is None:
        raise LookupError(name)
    return present


def _version(name: str, label: str, seconds: int) -> HeldVersion | None:
    """A version of a secret that was read at most so many seconds ago; None if there is none by that label."""
    with _lock:
        held = _held.get((name, label))
        if held is None or not 0 <= clock.epoch() - held.read_at < seconds:
            held = _held[name, label] = _Held(_read(name, label, held), clock.epoch())
    return held.version


def _read(name: str, label: str, held: _Held | None) -> HeldVersion | None:
    """Read a version. While Secrets Manager does not answer, a process goes on by what it holds."""
    client = aws.secrets()
    try:
        answer = client.get_secret_value(SecretId=secret_name(settings().city_name, name), VersionStage=label)
    except client.exceptions.ResourceNotFoundException:
        if label == CURRENT:
            raise
        return None
    except (BotoCoreError, ClientError):
        if held is None:
            raise
        return held.version
    return HeldVersion(key_of(answer["SecretString"]), answer["CreatedDate"])
