"""What the headers of every answer must say (T-38)."""

from tests.support.client import Answer
from tests.support.routes import Route

CACHED = {
    "GET /docs",
    "GET /openapi.json",
    "GET /static/{name}",
    "GET /.well-known/jwks.json",
    "GET /v1/city/statistics",
}
"""Files, which are public and change only with a version; public keys, which are there a day before they are used; and the
city's numbers, by whose last minutes nobody steers."""

PAGES = {"GET /c/{code}", "GET /c/{code}/print", "GET /screen"}
"""Answers for people; what is wrong with the request itself is a problem there too."""

SAVED = {
    "GET /v1/organizations/{org_id}/export": "text/csv; charset=utf-8",
    "GET /v1/places/{place_id}/export": "text/csv; charset=utf-8",
    "GET /v1/me/health-code/qr": "image/svg+xml",
    "GET /v1/me/dependants/{dependant_id}/health-code/qr": "image/svg+xml",
    "GET /v1/me/paper-passes/{paper_id}/qr": "image/svg+xml",
}
"""Files of somebody's own, which are not cached, and their types."""

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
NEVER = ("set-cookie", "access-control-allow-origin", "server", "x-powered-by")
PROBLEM = {"type", "title", "status", "detail", "code", "request_id", "errors"}


def wrong_headers(route: Route, answer: Answer) -> list[str]:
    """What is wrong with an answer's headers and form, in words; empty if all is right."""
    return [*_wrong_security(answer), *_wrong_caching(route, answer), *_wrong_form(route, answer)]


def _wrong_security(answer: Answer) -> list[str]:
    headers, wrong = answer.headers, []
    wrong += [f"{name}: {headers.get(name)}" for name, value in ALWAYS.items() if headers.get(name) != value]
    wrong += [f"{name} is there" for name in NEVER if name in headers]
    policy = headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy or "unsafe" in policy:
        wrong.append(f"content-security-policy: {policy}")
    if "x-request-id" not in headers:
        wrong.append("no x-request-id")
    return wrong


def _wrong_caching(route: Route, answer: Answer) -> list[str]:
    caching = answer.headers.get("cache-control", "")
    is_file = route.name in CACHED and answer.status in {200, 304}
    right = caching.startswith("public, max-age=") if is_file else caching == "no-store"
    return [] if right else [f"cache-control: {caching}"]


def _wrong_form(route: Route, answer: Answer) -> list[str]:
    kind = answer.headers.get("content-type", "")
    if route.name in PAGES and kind == "text/html; charset=utf-8":
        return []
    if answer.status >= 400:
        is_problem = kind == "application/problem+json" and answer.json.keys() >= PROBLEM
        told = is_problem and answer.json["status"] == answer.status and answer.headers.get("content-language")
        return [] if told else [f"{answer.status} is no problem: {kind} {answer.text[:200]}"]
    if answer.status in {204, 302, 304}:
        return [] if answer.text == "" else ["a body where none may be"]
    return (
        [] if kind == SAVED.get(route.name, "application/json") or route.name in CACHED else [f"answer of type {kind}"]
    )
