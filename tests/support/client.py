"""One client for every suite: requests in words of HTTP, over a transport that is a process's own app or a real address."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of a problem."""
        return str(self.json["code"])


class Transport(Protocol):
    """Carries a request."""

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it and return the answer."""
        ...


@dataclass
class Client:
    """Sends requests, with a token or without, and remembers all answers for the canary search."""

    transport: Transport
    token: str | None = None
    language: str = "en"
    answers: list[tuple[str, Answer]] = field(default_factory=list)

    def as_(self, token: str | None) -> "Client":
        """The same client with another token."""
        return Client(self.transport, token, self.language, self.answers)

    def speaking(self, language: str) -> "Client":
        """The same client in another language."""
        return Client(self.transport, self.token, language, self.answers)

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Answer:
        """Send one request; `body` goes as JSON, `raw` as it is."""
        sent = {"accept-language": self.language, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        if data:
            sent.setdefault("content-type", "application/json")
        answer = self.transport(method, path, sent, data)
        self.answers.append((f"{method} {path}", answer))
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self("GET", path, raw=None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST."""
        return self("POST", path, body, raw=None, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        """PATCH."""
        return self("PATCH", path, body, raw=None, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        """PUT."""
        return self("PUT", path, body, raw=None, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        """DELETE."""
        return self("DELETE", path, raw=None, **headers)


class HttpTransport:
    """Requests over a socket to a server."""

    def __init__(self, address: str) -> None:
        """Take the server's address; a path in it (an API Gateway stage) comes before every request's own."""
        parts = urlsplit(address)
        self._host, self._port, self._prefix = parts.hostname or "", parts.port, parts.path.rstrip("/")

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request on a connection of its own."""
        connection = HTTPConnection(self._host, self._port, timeout=30)
        try:
            connection.request(method, self._prefix + path, body or None, dict(headers))
            response = connection.getresponse()
            return Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read().decode(),
            )
        finally:
            connection.close()
