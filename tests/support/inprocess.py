"""The emulator inside this process: calls of its AWS clients reach ministack without a socket between them.

Tests of routes spend most of their time in such calls, and over HTTP much of that is the way there. It is the same emulator
with the same answers; whatever else asks (a link to a file, another process) reaches it by HTTP on its port.
"""

import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from botocore.useragent import UserAgentString

from infra.local.emulator import surroundings
from infra.local.ports import HOST, free_port

START_SECONDS = 60.0
DIRECT = "X-Amz-Target"
"""The header of the services that speak JSON (DynamoDB, KMS, SQS, Secrets Manager): those answer at once."""

WAITS = b'"WaitTimeSeconds"'
"""What makes one of them wait, and so go by HTTP: a queue that is asked until something comes."""

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[..., Any], Callable[..., Any]], Coroutine[Any, Any, None]]


class Answer:
    """What the emulator answers to one request, as botocore reads it."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.status = 0
        self.headers: dict[str, str] = {}
        self._body = bytearray()

    async def take(self, message: Message) -> None:
        """One message of the answer, as ASGI has them."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            self._body += message.get("body", b"")

    def stream(self) -> Iterator[bytes]:
        """The body, in one piece."""
        yield bytes(self._body)


class InProcess:
    """Serves the clients of this process, each call whole before the next, as the emulator's own loop would."""

    def __init__(self, app: App, url: str) -> None:
        """Take the emulator and the address by which clients know it."""
        self.url = url
        self._app = app
        self._turn = threading.RLock()

    def speaks_json(self, request: AWSRequest | AWSPreparedRequest) -> bool:
        """Whether a request is for this emulator, and for a service that looks at no signature."""
        return DIRECT in request.headers and str(request.url).startswith(f"{self.url}/")

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer a request that botocore prepared."""
        parts, answer = urlsplit(request.url), Answer()
        body = request.body or b""
        message = {"type": "http.request", "body": body.encode() if isinstance(body, str) else body}
        scope = {
            "type": "http",
            "method": request.method,
            "path": unquote(parts.path),
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), _bytes(value)) for name, value in request.headers.items()],
            "client": (HOST, 0),
        }

        async def receive() -> Mapping[str, Any]:
            return message

        with self._turn:
            _finish(self._app(scope, receive, answer.take))
        return AWSResponse(request.url, answer.status, answer.headers, answer)  # type: ignore[arg-type]  # it copies them

    async def serve(self, scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """The emulator as it is reached by HTTP. All that comes so is one thread's, which may take its own turn again."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        with self._turn:
            await self._app(scope, receive, send)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


def _finish(work: Coroutine[Any, Any, None]) -> None:
    try:
        waits = work.send(None)
    except StopIteration:
        return
    msg = f"the emulator waits for {waits!r}"
    raise AssertionError(msg)


@contextmanager
def emulator_in_process(folder: Path) -> Iterator[str]:
    """Run the emulator in this process until the block ends; gives its address. Nothing of it is kept."""
    port = free_port()
    with patch.dict(os.environ, surroundings(port, folder) | {"PERSIST_STATE": "0"}):
        from ministack.app import app

        emulator = InProcess(app, f"http://{HOST}:{port}")
        with _by_http(emulator, port), _at_once(emulator):
            yield emulator.url


@contextmanager
def _by_http(emulator: InProcess, port: int) -> Iterator[None]:
    import uvicorn

    config = uvicorn.Config(
        emulator.serve,
        host=HOST,
        port=port,
        log_config=None,
        access_log=False,
        date_header=False,
        interface="asgi3",
        lifespan="on",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="emulator", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            assert thread.is_alive(), "the emulator ended while it was starting"
            assert time.monotonic() < deadline, "the emulator did not start"
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


@contextmanager
def _at_once(emulator: InProcess) -> Iterator[None]:
    """Clients of this process ask the emulator itself, and spend nothing on what it does not look at."""
    send, sign = URLLib3Session.send, SigV4Auth.add_auth

    def ask(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        is_direct = emulator.speaks_json(request) and WAITS not in (request.body or b"")
        return emulator.answer(request) if is_direct else send(session, request)

    def name_only(auth: SigV4Auth, request: AWSRequest) -> None:
        if not emulator.speaks_json(request):
            sign(auth, request)
            return
        region, service = (vars(auth)[name] for name in ("_region_name", "_service_name"))
        scope = f"{auth.credentials.access_key}/20220101/{region}/{service}"
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}/aws4_request"

    with ExitStack() as patched:
        patched.enter_context(patch.object(URLLib3Session, "send", ask))
        patched.enter_context(patch.object(SigV4Auth, "add_auth", name_only))
        patched.enter_context(patch.object(UserAgentString, "to_string", lambda _: "tests"))
        yield
