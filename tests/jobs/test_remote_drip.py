"""A try ends in its time, however slowly a source drips its answer (R-18)."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from chalicelib.core.ports import SourceUnavailable
from chalicelib.health.remote import client as asking
from chalicelib.health.remote import contract
from chalicelib.health.remote.breaker import Breaker
from chalicelib.health.remote.client import Client

pytestmark = pytest.mark.jobs

TRY_SECONDS = 0.3
DRIPS = 30
STARTS = {
    "headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
}


@pytest.fixture(params=sorted(STARTS))
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A source that sends one byte after the other, each well within a try's time."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.sendall(STARTS[request.param])
                    for _ in range(DRIPS):
                        time.sleep(TRY_SECONDS / 4)
                        connection.sendall(b"x")

        threading.Thread(target=drip, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_an_answer_that_drips_is_given_up_in_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TRY_SECONDS", TRY_SECONDS)
    monkeypatch.setattr(asking, "TRIES", 1)
    began = time.monotonic()
    with pytest.raises(SourceUnavailable):
        Client(url, lambda: b"key", Breaker()).ask("/position", contract.PositionQuestion(), contract.PositionAnswer)
    assert time.monotonic() - began < 3 * TRY_SECONDS
