"""How city and source sign what they say to each other, with a key that both hold (T-36; docs/health-source.md)."""

import hashlib
import hmac

from chalicelib.core.crypto import encode

TIMESTAMP, NONCE, SIGNATURE = "X-Gatebook-Timestamp", "X-Gatebook-Nonce", "X-Gatebook-Signature"

WINDOW_SECONDS = 300
"""How far a request's time may lie from the source's clock; older ones are replays."""


def request_signature(key: bytes, target: str, timestamp: str, nonce: str, body: bytes) -> str:
    """The signature of a request: HMAC-SHA-256 over where it goes, when, its nonce and its body, in base64url."""
    return _signed(key, "POST", target, timestamp, nonce, hashlib.sha256(body).hexdigest())


def answer_signature(key: bytes, nonce: str, status: int, body: bytes) -> str:
    """The signature of an answer: over the nonce of what it answers, so that it can't be the answer to anything else."""
    return _signed(key, nonce, str(status), hashlib.sha256(body).hexdigest())


def _signed(key: bytes, *parts: str) -> str:
    return encode(hmac.digest(key, "\n".join(parts).encode(), hashlib.sha256))
