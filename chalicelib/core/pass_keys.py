"""The key pairs by which the city signs passes: P-256, each made of a version of one secret (decision 0022).

A version is signed by from a day after it was made, which every process and every verifier without network then knows; until
then the one before it is. By when it was made everybody knows when the one before was used last, so nothing else has to be told.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from chalicelib.core import clock
from chalicelib.core.city_secrets import HELD_SECONDS, PASS_KEY, REREAD_SECONDS, HeldVersion, held_versions
from chalicelib.core.crypto import decode, encode, seal, unseal
from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

USED_AFTER = timedelta(days=1)
"""How old a version is when it is first signed by. Processes go by what they read for a quarter of an hour."""

PUBLISHED_AFTER_USE = timedelta(hours=72, seconds=60)
"""How long a key is published after it was last signed by: a pass lives 60 s, and what a gate without network scanned is checked
when it arrives, up to 72 hours later (design §4, "Check-ins")."""

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the group of P-256 (FIPS 186-5; SEC 2, 2.4.2)."""

COORDINATE_BYTES = 32
ID_BYTES = 8
"""Of the thumbprint: enough to tell a handful of keys apart, and short in a QR code."""


@dataclass(frozen=True)
class PassKey:
    """A key pair, and the key under which passes that are signed by it hide whose they are."""

    private: "EllipticCurvePrivateKey"
    sealing: bytes = field(repr=False)

    @cached_property
    def kid(self) -> str:
        """The beginning of the key's thumbprint (RFC 7638)."""
        x, y = self.coordinates
        canonical = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
        return encode(hashlib.sha256(canonical.encode()).digest()[:ID_BYTES])

    @property
    def coordinates(self) -> tuple[str, str]:
        """The public key as a JSON Web Key states it (RFC 7518, 6.2.1)."""
        point = self.private.public_key().public_numbers()
        return encode(point.x.to_bytes(COORDINATE_BYTES)), encode(point.y.to_bytes(COORDINATE_BYTES))

    def seal(self, context: str, plain: bytes) -> str:
        """Encrypt under a nonce of its own, so that no two results look alike."""
        return encode(seal(self.sealing, plain, context.encode()))

    def unseal(self, context: str, sealed: str) -> bytes | None:
        """What `seal` encrypted in this context, or None for anything else."""
        try:
            return unseal(self.sealing, decode(sealed), context.encode())
        except ValueError:
            return None


def signing_key() -> PassKey:
    """The key that passes are signed by at this moment. Raises ClientError if the city has none."""
    present, *before = held_versions(PASS_KEY)
    return _pair(before[0] if before and _age(present) < USED_AFTER else present)


def published_keys() -> list[PassKey]:
    """The keys by which something that is signed, or will be signed soon, can be verified; the newest first."""
    return [_pair(version) for version in _published(HELD_SECONDS)]


def key_by_id(kid: str) -> PassKey | None:
    """The published key of this id, if there is one. An unknown one is looked for again if the last look is a minute old."""
    for seconds in (HELD_SECONDS, REREAD_SECONDS):
        for key in map(_pair, _published(seconds)):
            if key.kid == kid:
                return key
    return None


def _published(seconds: int) -> tuple[HeldVersion, ...]:
    present, *before = held_versions(PASS_KEY, seconds)
    return (present, *before) if _age(present) < USED_AFTER + PUBLISHED_AFTER_USE else (present,)


def _age(version: HeldVersion) -> timedelta:
    return clock.now() - version.made_at


def _pair(version: HeldVersion) -> PassKey:
    return _made(version.key, settings().city_name)


@lru_cache(maxsize=4)
def _made(key: bytes, city: str) -> PassKey:
    """The pair of a version's 32 bytes. The private number is made of 64 bits more than it has (FIPS 186-5, A.2.1)."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

    wide = int.from_bytes(hmac.digest(key, f"gatebook/pass-signing/v1/{city}".encode(), hashlib.sha512)[:40])
    sealing = hmac.digest(key, f"gatebook/pass-sealing/v1/{city}".encode(), hashlib.sha256)
    return PassKey(derive_private_key(wide % (ORDER - 1) + 1, SECP256R1()), sealing)
