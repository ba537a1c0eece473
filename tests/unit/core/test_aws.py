"""Clients of AWS: the city's region and few, short retries, whatever the shell around says (R-01)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core import aws, store
from chalicelib.core.settings import Settings, settings
from chalicelib.people.tables.people import PersonRow
from infra.process import working_for


class Throttling(BaseHTTPRequestHandler):
    """A service that throttles every request."""

    server: "Busy"

    def do_POST(self) -> None:  # the name that http.server asks for
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(dict(self.headers))
        body = b'{"__type": "com.amazonaws#ThrottlingException", "message": "slow down"}'
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Busy(HTTPServer):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Throttling)
        self.requests: list[dict[str, str]] = []


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Busy]:
    """A busy service instead of AWS, retried without waiting, in a shell that says otherwise."""
    server = Busy()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    with working_for("huian", f"http://127.0.0.1:{server.server_port}"):
        monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
        monkeypatch.setenv("AWS_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
        yield server
        monkeypatch.undo()
    server.shutdown()
    server.server_close()


def test_a_throttled_table_is_asked_three_times_and_then_given_up(busy: Busy) -> None:
    with pytest.raises(ClientError, match="Throttling"):
        store.read_together([PersonRow.of("nobody")])

    assert len(busy.requests) == 1 + aws.RETRIES == 3


def test_a_throttled_transaction_keeps_its_token(busy: Busy) -> None:
    with pytest.raises(ClientError, match="Throttling"):
        store.Transaction().delete(PersonRow.of("nobody")).commit()

    assert len(busy.requests) == 3


def test_other_services_are_given_up_as_soon(busy: Busy) -> None:
    for call in (lambda: aws.kms().list_keys(), lambda: aws.secrets().list_secrets()):
        busy.requests.clear()
        with pytest.raises(ClientError, match="Throttling"):
            call()
        assert len(busy.requests) == 3


def test_the_region_is_the_citys_and_not_the_shells(busy: Busy) -> None:
    with pytest.raises(ClientError):
        aws.kms().list_keys()
    with pytest.raises(ClientError):
        store.read_together([PersonRow.of("nobody")])

    assert busy.requests
    regions = {request["Authorization"].split("/")[2] for request in busy.requests}
    assert regions == {settings().city.region}
    assert regions != {"eu-central-1"}


def test_a_client_is_made_once_and_can_be_forgotten(busy: Busy) -> None:
    assert busy.requests == []
    first = aws.sns()
    assert aws.sns() is first

    aws.forget_clients()

    assert aws.sns() is not first


def test_local_credentials_are_given_to_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for endpoint, given in (("http://127.0.0.1:1", aws.LOCAL_CREDENTIALS), (None, {}), ("https://example.com", {})):
        own = Settings(city_name="demo", endpoint_url=endpoint, in_lambda=False)
        monkeypatch.setattr(aws, "settings", lambda own=own: own)
        assert aws.credentials() == given
