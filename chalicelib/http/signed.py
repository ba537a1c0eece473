"""Admissions of requests that a machine signed instead of sending a session's token (`chalicelib.core.signatures`)."""

import base64
import binascii
import hashlib
import re
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from chalice.app import Request

from chalicelib.core import clock
from chalicelib.core.signatures import (
    SIGNATURE_BYTES,
    WINDOW,
    SignatureRequired,
    SignatureTooOld,
    SignedRequest,
    message,
)
from chalicelib.core.store import Key, Rows
from chalicelib.http.admission import Path
from chalicelib.http.call import raw_body

CallerT_co = TypeVar("CallerT_co", covariant=True)

HEADERS = ("Gatebook-Source", "Gatebook-Key", "Gatebook-Time", "Gatebook-Signature")
"""Who signs, with which key, when (RFC 3339, UTC, to the second), and the signature in base64 (RFC 4648, 4)."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@runtime_checkable
class Signed(Protocol, Generic[CallerT_co]):
    """Decides which signed requests are let in; otherwise as `Admission`."""

    takes_signed: Literal[True]

    @property
    def name(self) -> str:
        """What the role is called in the matrix of roles and in the API's description."""
        ...

    def keys(self, request: SignedRequest, path: Path) -> list[Key[Any]]:
        """The rows that the decision needs."""
        ...

    def admit(self, request: SignedRequest, rows: Rows, path: Path) -> CallerT_co:
        """The caller in the route's terms. Raises Unauthenticated or Refused."""
        ...


def signed_request(request: Request) -> SignedRequest:
    """What the headers of a request state. Raises SignatureRequired or SignatureTooOld."""
    signer, key_id, at, signature = (request.headers.get(name.lower()) or "" for name in HEADERS)
    if not (_NAME.fullmatch(signer) and _NAME.fullmatch(key_id) and _TIME.fullmatch(at)):
        raise SignatureRequired
    raw = _decoded(signature)
    if abs(clock.now() - _moment(at)) > WINDOW:
        raise SignatureTooOld
    digest = hashlib.sha256(raw_body(request)).hexdigest()
    path = request.context["resourcePath"]
    return SignedRequest(signer, key_id, digest, message(request.method, path, at, digest), raw)


def _decoded(signature: str) -> bytes:
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureRequired from error
    if len(raw) != SIGNATURE_BYTES:
        raise SignatureRequired
    return raw


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise SignatureRequired from error
