"""What API Gateway answers when a request never reaches the service: the service's own problems (RFC 9457), in its words.

A gateway response can't see the caller's language, so title and detail stand in Chinese and English both.
"""

import json
from dataclasses import dataclass
from typing import Any

from chalicelib.core.texts import text
from chalicelib.http.problems import CONTENT_TYPE

RETRY_SECONDS = 5
"""A token bucket refills in a second and a function's copies free in less; five spreads who comes back."""


@dataclass(frozen=True)
class Refusal:
    """One kind of gateway response: which status it has and which error of the service it reads as."""

    status: int
    code: str
    retry_after: int | None = None


_BUSY = Refusal(503, "unavailable", RETRY_SECONDS)
_TOO_MANY = Refusal(429, "too_many_requests", RETRY_SECONDS)
_UNKNOWN = Refusal(404, "not_found")

REFUSALS: dict[str, Refusal] = {
    "MISSING_AUTHENTICATION_TOKEN": _UNKNOWN,  # what AWS answers to a path or method that does not exist
    "RESOURCE_NOT_FOUND": _UNKNOWN,
    "THROTTLED": _TOO_MANY,
    "QUOTA_EXCEEDED": _TOO_MANY,
    "WAF_FILTERED": _TOO_MANY,  # the firewall's rules are all rates
    "REQUEST_TOO_LARGE": Refusal(413, "too_large"),
    "UNSUPPORTED_MEDIA_TYPE": Refusal(415, "unsupported_media_type"),
    "INTEGRATION_FAILURE": _BUSY,  # no copy of the function is free
    "INTEGRATION_TIMEOUT": _BUSY,
    "DEFAULT_4XX": Refusal(400, "invalid"),
    "DEFAULT_5XX": _BUSY,
}


def gateway_responses() -> dict[str, Any]:
    """All of them as SAM's `GatewayResponses`."""
    return {kind: _response(refusal) for kind, refusal in REFUSALS.items()}


def _response(refusal: Refusal) -> dict[str, Any]:
    headers = {"Content-Type": f"'{CONTENT_TYPE}'", "X-Request-Id": "context.requestId", "Cache-Control": "'no-store'"}
    if refusal.retry_after is not None:
        headers["Retry-After"] = f"'{refusal.retry_after}'"
    return {
        "StatusCode": str(refusal.status),
        "ResponseParameters": {"Headers": headers},
        "ResponseTemplates": {"application/json": _body(refusal)},
    }


def _body(refusal: Refusal) -> str:
    problem = {
        "type": f"/docs#{refusal.code}",
        "title": _both(f"{refusal.code}.title", " · "),
        "status": refusal.status,
        "detail": _both(f"{refusal.code}.detail", " "),
        "code": refusal.code,
        "request_id": "$context.requestId",
        "errors": [],
    }
    return json.dumps(problem, ensure_ascii=False)


def _both(key: str, between: str) -> str:
    return between.join((text("errors", key, "zh-CN"), text("errors", key, "en")))
