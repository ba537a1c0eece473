"""Keyed ids and derived keys. Nothing that identifies a person is ever hashed without a key (threats, fact 8).

One KMS HMAC key per city is the root. `GenerateMac` over a fixed label gives a key for one purpose; ids are HMAC-SHA-256
under that key, cut to 128 bits. See docs/decisions/0003.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import cache

from chalicelib.core import aws
from chalicelib.core.city_secrets import forget_secrets
from chalicelib.core.names import hmac_key_alias
from chalicelib.core.settings import settings

ID_BYTES = 16
"""128 bits: no collision among a city's people, half of SHA-256 as NIST SP 800-107 allows for a truncated MAC."""

NONCE_BYTES = 12
"""96 bits, as AES-GCM wants them (NIST SP 800-38D, 8.2)."""


def encode(data: bytes) -> str:
    """Base64url without padding, the one text form of bytes in Gatebook."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Bytes of their text form. Raises ValueError for anything that `encode` would not have written."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError("not canonical base64url")
    return data


def seal(key: bytes, plain: bytes, context: bytes) -> bytes:
    """Encrypt with AES-GCM, under a nonce of its own, which comes first: no two results look alike."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """What `seal` encrypted under this key in this context. Raises ValueError for anything else."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except InvalidTag as error:
        raise ValueError("not sealed under this key in this context") from error


def mac(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA-256 over the parts; each is preceded by its length, so that no two lists of parts look alike."""
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.digest(key, message, hashlib.sha256)


def derive_key(label: str) -> bytes:
    """The city's key for one purpose, asked of KMS at each call. 32 bytes."""
    city = settings().city_name
    answer = aws.kms().generate_mac(
        KeyId=hmac_key_alias(city), Message=f"gatebook/{label}/v1/{city}".encode(), MacAlgorithm="HMAC_SHA_256"
    )
    return answer["Mac"]


@cache
def held_key(label: str) -> bytes:
    """The city's key for one purpose, asked of KMS once per process. Not for identities: those keys are never held by the api."""
    return derive_key(label)


def keyed_id(label: str, *parts: str) -> str:
    """A 22-character id under the city's key for this purpose."""
    return encode(mac(held_key(label), *parts)[:ID_BYTES])


def pairwise_id(container_id: str, person_id: str) -> str:
    """The `member_id` by which one organization or place knows a person; no two of them can join their lists."""
    return keyed_id("pair", container_id, person_id)


class IdentityMacs:
    """Ids of people, phones and names. The key behind them opens a whole city's identities to guessing.

    So the api asks KMS for it at each call and drops it, and only import and sync, which need it a million times, hold it.
    """

    def __init__(self, derive: Callable[[str], bytes] = derive_key) -> None:
        """Take `derive_key` to ask KMS each time, or `held_key` to hold the key in this process."""
        self._derive = derive

    def person_id(self, document_type: str, number: str) -> str:
        """The city's id of a person: the same document always gives the same id. Takes canonical values."""
        return self._mac("person", document_type, number)

    def phone_mac(self, phone: str) -> str:
        """The keyed form of a canonical phone number."""
        return self._mac("phone", phone)

    def name_mac(self, person_id: str, name: str) -> str:
        """The keyed form of a canonical name, bound to its person so that equal names don't look alike."""
        return self._mac("name", person_id, name)

    def name_keys(self, surname: str, name: str) -> str:
        """The keyed forms of a surname and of a canonical name, the same for all who bear them, as `<surname>#<name>`.

        An organization keeps neither: what it searches by is made of them anew for each (`groups.names`).
        """
        key = self._derive("identity")
        return "#".join(
            encode(mac(key, kind, text)[:ID_BYTES]) for kind, text in (("surname", surname), ("full", name))
        )

    def _mac(self, *parts: str) -> str:
        return encode(mac(self._derive("identity"), *parts)[:ID_BYTES])


def forget_keys() -> None:
    """Drop what is cached, after the settings of the process were changed."""
    held_key.cache_clear()
    forget_secrets()
