"""What API Gateway does in front of the service: finds the route, makes the Lambda event, answers what no route takes.

Chalice's own local gateway is close, but it hands path parameters over undecoded, gives every caller the same address
and answers unknown paths in its own words; a city answers them as problems, so a local city does too.
"""

import json
import uuid
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from chalice.local import LambdaContext, LocalChalice, MatchResult, RouteMatcher

from chalicelib.core.log import Event, emit, where
from chalicelib.core.texts import language_of
from chalicelib.http import problems
from chalicelib.http.endpoint import SECURITY_HEADERS

if TYPE_CHECKING:
    from chalice.app import Chalice, Response

TIMEOUT_MILLISECONDS = 25_000
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class HttpRequest:
    """One request as it came in. `target` is the path and query as the client wrote them."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    address: str

    @property
    def path(self) -> str:
        """The path, without query and fragment, still percent-encoded."""
        return self._parts[0]

    @property
    def query(self) -> dict[str, list[str]]:
        """The query's parameters, decoded."""
        return parse_qs(self._parts[1], keep_blank_values=True)

    @property
    def language(self) -> str:
        """The Accept-Language header, if any."""
        return next((value for name, value in self.headers if name.lower() == "accept-language"), "")

    @property
    def _parts(self) -> tuple[str, str]:
        target = self.target.partition("#")[0]
        if not target.startswith("/"):  # a proxy's form with scheme and host; both are ignored, as Host is
            parts = urlsplit(target)
            target = f"{parts.path or '/'}?{parts.query}"
        path, _, query = target.partition("?")
        return path, query


@dataclass(frozen=True)
class HttpAnswer:
    """One answer to write."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Gateway:
    """Calls a Chalice app with the events that API Gateway would make of requests. Safe to use from several threads."""

    def __init__(self, app: "Chalice", domain: str) -> None:
        """Take the app and the name and port under which it is reached, which its own addresses are made from."""
        app.__class__ = LocalChalice  # its current_request is one per thread, as each Lambda instance has one request
        self._app = app
        self._domain = domain
        self._matcher = RouteMatcher(list(app.routes))

    def handle(self, request: HttpRequest) -> HttpAnswer:
        """Answer one request. Raises nothing: what goes wrong is an answer too."""
        request_id = str(uuid.uuid4())
        match = self._match(request.path)
        if match is None:
            return problem(request, 404, "route_not_found", request_id)
        methods = set(self._app.routes[match.route])
        method = "GET" if request.method == "HEAD" and "HEAD" not in methods else request.method
        if method not in methods:
            allowed = methods | ({"HEAD"} if "GET" in methods else set())
            return problem(request, 405, "method_not_allowed", request_id, Allow=", ".join(sorted(allowed)))
        captured = {name: unquote(value, errors="replace") for name, value in match.captured.items()}
        event = _event(request, method, match.route, captured)
        event["requestContext"] |= {"requestId": request_id, "domainName": self._domain}
        try:
            return _answer(self._app(event, LambdaContext("api", 1024, TIMEOUT_MILLISECONDS)))
        except Exception as error:  # noqa: BLE001  Lambda too answers in general words when a function ends with an error
            emit(Event.REQUEST_FAILED, request_id=request_id, error=type(error).__name__, where=where(error))
            return problem(request, 500, "internal_error", request_id)

    def _match(self, path: str) -> MatchResult | None:
        """The route of a path, and what it captured."""
        try:
            return self._matcher.match_route(path.replace(";", "%3B"))  # Chalice cuts off what follows a semicolon
        except ValueError:
            return None


def problem(request: HttpRequest, status: int, code: str, request_id: str = "", **headers: str) -> HttpAnswer:
    """The answer to a request that no route takes, as the gateway responses of a deployed city word it."""
    request_id = request_id or str(uuid.uuid4())
    fields = {"kilobytes": MEGABYTE // 1024} if code == "body_too_large" else {}
    response: Response = problems.answer(status, code, language_of(request.language), request_id, words=fields)
    own = {**SECURITY_HEADERS, "X-Request-Id": request_id, **response.headers, **headers}
    return HttpAnswer(status, [(name, str(value)) for name, value in own.items()], response.body.encode())


def json_answer(status: int, value: object) -> HttpAnswer:
    """An answer of the local server's own."""
    headers = {**SECURITY_HEADERS, "Content-Type": "application/json"}
    return HttpAnswer(status, list(headers.items()), json.dumps(value, ensure_ascii=False).encode())


def _event(request: HttpRequest, method: str, route: str, captured: Mapping[str, str]) -> dict[str, Any]:
    """The event of API Gateway's Lambda proxy integration (format 1.0). Of a repeated header the last counts."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name.lower(), []).append(value)
    query = request.query
    return {
        "resource": route,
        "path": request.path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(captured) or None,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": route,
            "path": request.path,
            "stage": "",
            "protocol": "HTTP/1.1",
            "identity": {"sourceIp": request.address, "userAgent": headers.get("user-agent", [""])[-1]},
        },
        "body": request.body.decode("utf-8", "replace") if request.body else None,
        "isBase64Encoded": False,
    }


def _answer(result: Mapping[str, Any]) -> HttpAnswer:
    """What a function returned to API Gateway, as it goes to the client."""
    headers = [(name, str(value)) for name, value in result.get("headers", {}).items()]
    headers += [(name, str(value)) for name, values in result.get("multiValueHeaders", {}).items() for value in values]
    body = str(result.get("body") or "").encode()
    return HttpAnswer(int(result["statusCode"]), headers, b64decode(body) if result.get("isBase64Encoded") else body)
