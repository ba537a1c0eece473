"""Requests that machines sign, with Ed25519 (RFC 8032). The city keeps public keys alone.

What is signed names the city, method, path, moment and body, each on a line of its own, so no signature is worth anything
for another city, route, hour or body. A copy of a request that arrives within the window is carried out again: only routes
whose writes do nothing when they are repeated may be signed for.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib.core.crypto import encode
from chalicelib.core.errors import Invalid, Unauthenticated
from chalicelib.core.settings import settings

SCHEME: Final = "gatebook-v1"
"""The first line of what is signed; another form of it would have another word."""

WINDOW: Final = timedelta(minutes=5)
"""How far a signer's clock may be from the city's, either way."""

KEY_BYTES: Final = 32
"""A raw public key of Ed25519 (RFC 8032, 5.1.5)."""

SIGNATURE_BYTES: Final = 64
"""A signature of Ed25519 (RFC 8032, 5.1.6)."""

_CHALLENGE = 'Gatebook-Signature realm="gatebook"'
"""What the header WWW-Authenticate asks for (RFC 9110, 11.6.1)."""

KEY_ID_BYTES: Final = 9
"""Of a public key's SHA-256, as text twelve characters: enough to tell apart the few keys that a source ever has."""


class InvalidPublicKey(Invalid):
    """Not a public key of Ed25519 in PEM."""


class SignatureRequired(Unauthenticated):
    """The route needs a signed request, and its headers are missing or have another form."""

    code = "signature_required"
    challenge = _CHALLENGE


class SignatureRefused(Unauthenticated):
    """The signature is not that of a valid key of a registered source; which of them fails is not said."""

    code = "signature_refused"
    challenge = _CHALLENGE


class SignatureTooOld(Unauthenticated):
    """The request was signed more than five minutes ago, or ahead."""

    code = "signature_too_old"
    challenge = _CHALLENGE


@dataclass(frozen=True)
class SignedRequest:
    """A request as its signer states it; nothing of it is proved yet. `digest` is the SHA-256 of the body, in hexadecimal."""

    signer: str
    key_id: str
    digest: str
    message: bytes
    signature: bytes

    def is_signed_with(self, public_key: bytes) -> bool:
        """Whether it was signed with the private key of this raw public one. Raises ValueError for what is no such key."""
        return is_signed(public_key, self.message, self.signature)


def message(method: str, path: str, at: str, digest: str) -> bytes:
    """What is signed: for this city, `at` a moment in RFC 3339, and the SHA-256 of the body in hexadecimal."""
    return "\n".join((SCHEME, settings().city_name, method, path, at, digest)).encode()


def key_id(public_key: bytes) -> str:
    """The name of a raw public key, made from the key itself."""
    return encode(hashlib.sha256(public_key).digest()[:KEY_ID_BYTES])


def is_signed(public_key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether the holder of the private key signed just this text. Raises ValueError for what is no raw public key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def new_key_pair() -> tuple[str, bytes]:
    """A new pair: the private key as PEM (PKCS 8, not encrypted), for its owner alone, and the raw public key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode(), private.public_key().public_bytes_raw()


def public_key_of(pem: str) -> bytes:
    """The raw public key in a PEM text (SubjectPublicKeyInfo). Raises InvalidPublicKey, also for any other kind of key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidPublicKey from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidPublicKey
    return key.public_bytes_raw()
