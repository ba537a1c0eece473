"""The circumstances of a request: who asks from where, in which language, and at which address of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalice.app import Request

from chalicelib.core.settings import settings
from chalicelib.core.texts import Language, language_of


@dataclass(frozen=True)
class Call:
    """The circumstances of one request. `address` is the client's network address; it is only ever counted under a keyed hash."""

    request_id: str
    language: Language
    address: str
    authorization: str | None
    idempotency_key: str | None
    if_none_match: str | None
    body: str
    public_url: str


def call_of(request: Request) -> Call:
    """The circumstances of a request as API Gateway states them."""
    headers = request.headers
    context = request.context
    return Call(
        request_id=context.get("requestId") or "",
        language=language_of(headers.get("accept-language")),
        address=context.get("identity", {}).get("sourceIp") or "",
        authorization=headers.get("authorization"),
        idempotency_key=headers.get("idempotency-key"),
        if_none_match=headers.get("if-none-match"),
        body=raw_body(request).decode("utf-8", "replace"),
        public_url=_public_url(context),
    )


def _public_url(context: Mapping[str, Any]) -> str:
    """Where printed codes lead: the city file's address, else the gateway's own. Never the Host header, which anyone can set.

    On one machine it is always the gateway's own, for a city's real address leads to no emulator.
    """
    own = settings().city.public_url
    if own and not settings().is_local:
        return own
    scheme = "http" if settings().is_local else "https"
    return f"{scheme}://{context.get('domainName', '')}/{context.get('stage') or ''}".rstrip("/")


def raw_body(request: Request) -> bytes:
    """The body as it was sent; empty if there is none."""
    raw = request.raw_body or b""
    return raw.encode() if isinstance(raw, str) else raw
