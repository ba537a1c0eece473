"""The service of this process as a WSGI application, for tools that speak nothing else."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from infra.local.gateway import Gateway, HttpRequest
from tests.support.client import Answer

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Wsgi:
    """Hands requests to a gateway, and remembers the answers for the canary search."""

    gateway: Gateway
    answers: list[tuple[str, Answer]]

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path, query = environ["REQUEST_URI"].partition("?")[0], environ["QUERY_STRING"]
        request = HttpRequest(
            environ["REQUEST_METHOD"],
            f"{path}?{query}" if query else path,
            list(_headers(environ)),
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
            "203.0.113.7",
        )
        answer = self.gateway.handle(request)
        text = answer.body.decode()
        if all(text != known.text for _, known in self.answers[-1:]):
            self.answers.append((f"{request.method} {request.path}", Answer(answer.status, dict(answer.headers), text)))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers))
        return [answer.body]


def _headers(environ: Environ) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
    if environ.get("CONTENT_TYPE"):
        yield "content-type", environ["CONTENT_TYPE"]
