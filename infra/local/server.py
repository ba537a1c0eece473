"""The HTTP server of a local city: threads, one loopback address, and two addresses of its own under `/local/`."""

import socket
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from chalicelib.core.names import LOOPBACK
from infra.local.gateway import MEGABYTE, Gateway, HttpAnswer, HttpRequest, json_answer, problem
from infra.local.outbox import Outbox, SmsGateway
from infra.local.ports import HOST, PortTaken

OUTBOX_PATH = "/local/outbox"
SMS_GATEWAY_PATH = "/local/sms-gateway"

SOCKET_SECONDS = 60
"""How long a connection may be silent, within a request or between two."""

LINGER_SECONDS = 2
LINGER_BYTES = 8 * MEGABYTE
"""What is still taken in of a refused body, so that its sender gets to read why."""

_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CityServer(ThreadingHTTPServer):
    """Listens from its making on; requests that come before `open` wait for it."""

    daemon_threads = True
    request_queue_size = 128

    gateway: Gateway
    outbox: Outbox
    sms_gateway: SmsGateway

    def __init__(self, port: int) -> None:
        """Take the port, 0 for a free one. Raises PortTaken."""
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise PortTaken(port, "PORT") from error
        self.port: int = self.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        self.changed: Callable[[], None] = lambda: None
        self._thread: threading.Thread | None = None

    def open(self, gateway: Gateway, outbox: Outbox, sms_gateway: SmsGateway) -> None:
        """Begin to answer, in a thread."""
        self.gateway, self.outbox, self.sms_gateway = gateway, outbox, sms_gateway
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="server", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port. Requests under way end with the process."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Say nothing of a client that went away; name the kind of anything else, without what the client sent."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            print(f"server: {type(error).__name__}", file=sys.stderr)


class _Handler(BaseHTTPRequestHandler):
    """Reads one request after another from a connection."""

    protocol_version = "HTTP/1.1"
    timeout = SOCKET_SECONDS
    wbufsize = -1  # head and body leave in one piece, or each answer waits for the client's delayed acknowledgement
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Take every method to the same place; `http.server` looks for `do_<METHOD>`."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    @property
    def _city(self) -> CityServer:
        return cast("CityServer", self.server)

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        request = self._request(body)
        self._write((self._is_named_here() and self._own_answer(request)) or self._city.gateway.handle(request))
        if self.command not in _READING_METHODS:
            self._city.changed()

    def _request(self, body: bytes) -> HttpRequest:
        headers = self.headers.items() if hasattr(self, "headers") else []
        return HttpRequest(self.command or "", self.path, list(headers), body, str(self.client_address[0]))

    def _is_named_here(self) -> bool:
        """Whether the caller calls this machine its own names: a site could have its own lead here, to read messages."""
        host = self.headers.get("Host", "")
        return (host.rpartition(":")[0] or host) in LOOPBACK

    def _own_answer(self, request: HttpRequest) -> HttpAnswer | None:
        """The answer at an address of the local server; None at the city's own."""
        if request.path == OUTBOX_PATH:
            if request.method in {"GET", "HEAD"}:
                return json_answer(HTTPStatus.OK, self._city.outbox.entries())
            return problem(request, HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", Allow="GET, HEAD")
        if request.path == SMS_GATEWAY_PATH:
            if request.method != "POST":
                return problem(request, HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", Allow="POST")
            taken = self._city.sms_gateway.accepts(dict(request.headers), request.body)
            return json_answer(HTTPStatus.ACCEPTED if taken else HTTPStatus.FORBIDDEN, {"taken": taken})
        return None

    def _body(self) -> bytes | None:
        """The request's body; None if it was refused, and the answer written."""
        length = self.headers.get("Content-Length", "0").strip()
        if "Transfer-Encoding" in self.headers:
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "invalid")
        elif not (length.isascii() and length.isdigit()):
            self._refuse(HTTPStatus.BAD_REQUEST, "invalid")
        elif int(length) > MEGABYTE:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large")
        elif len(body := self.rfile.read(int(length))) < int(length):
            self._refuse(HTTPStatus.BAD_REQUEST, "invalid")
        else:
            return body
        return None

    def _refuse(self, status: int, code: str) -> None:
        """Answer without having read the body, and end the connection: what follows on it can't be told apart."""
        self.close_connection = True
        self._write(problem(self._request(b""), status, code, Connection="close"))
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER_SECONDS)
        left = LINGER_BYTES
        while left > 0 and (chunk := self.rfile.read1(65536)):
            left -= len(chunk)

    def handle_expect_100(self) -> bool:
        """Let a client that asks first send its body only if it would be taken."""
        length = self.headers.get("Content-Length", "0").strip()
        is_taken = length.isascii() and length.isdigit() and int(length) <= MEGABYTE
        if is_taken:
            super().handle_expect_100()
            self.wfile.flush()  # the client waits for it
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what could not be read as a request, in the form of every other problem."""
        self.close_connection = True
        self.request_version = "HTTP/1.1"  # whatever was sent as a version, an answer has a head
        self.command, self.path = self.command or "", getattr(self, "path", "/")
        too_large = {HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE}
        kind = "too_large" if code in too_large else "invalid"
        self._write(problem(self._request(b""), code, kind, Connection="close"))

    def _write(self, answer: HttpAnswer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD" and answer.status != HTTPStatus.NO_CONTENT:
            self.wfile.write(answer.body)

    def version_string(self) -> str:
        """Name the service and nothing that runs it."""
        return "Gatebook"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log no requests: their paths hold codes. The service logs by route itself."""
