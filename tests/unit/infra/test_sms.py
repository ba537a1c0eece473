"""The two SMS senders, and the gateway that the local city stands in for."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from chalicelib.alerts import sms
from chalicelib.alerts.sms import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    HttpSmsSender,
    SmsUnavailable,
    SnsSmsSender,
    city_sender,
    is_signed,
    signature,
)
from chalicelib.core import aws, clock
from chalicelib.core.settings import settings
from infra.local.outbox import Outbox, SmsGateway

KEY = b"k" * 32
AT = datetime(2022, 4, 6, 1, 2, 3, tzinfo=UTC)


class _Carrier(HTTPServer):
    """A carrier's gateway that answers as it is told and keeps what it got."""

    status = 202
    location: str | None = None

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _CarrierHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/send?account=1"


class _CarrierHandler(BaseHTTPRequestHandler):
    server: _Carrier

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def carrier() -> Iterator[_Carrier]:
    with _Carrier() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_http_sender_posts_a_signed_message(carrier: _Carrier) -> None:
    with clock.frozen(AT):
        HttpSmsSender(carrier.url, lambda: KEY).send("13800000000", "【市】码 123456", "zh-CN")

    [(path, headers, body)] = carrier.requests
    assert path == "/send?account=1"
    message = json.loads(body)
    assert message["phone"] == "13800000000"
    assert message["text"] == "【市】码 123456"
    assert message["at"] == "2022-04-06T01:02:03Z"
    assert len(message["id"]) == 26
    assert headers[TIMESTAMP_HEADER] == str(int(AT.timestamp()))
    with clock.frozen(AT):
        assert is_signed(KEY, headers[TIMESTAMP_HEADER], headers[SIGNATURE_HEADER], body)


@pytest.mark.parametrize("status", [199 + 1, 204])
def test_any_2xx_is_taken_for_sent(carrier: _Carrier, status: int) -> None:
    carrier.status = status
    HttpSmsSender(carrier.url, lambda: KEY).send("13800000000", "text", "en")
    assert len(carrier.requests) == 1


@pytest.mark.parametrize("status", [301, 307, 400, 403, 429, 500, 503])
def test_any_other_answer_is_unavailable_and_redirects_are_not_followed(carrier: _Carrier, status: int) -> None:
    carrier.status, carrier.location = status, carrier.url
    with pytest.raises(SmsUnavailable) as raised:
        HttpSmsSender(carrier.url, lambda: KEY).send("13800000000", "text", "en")
    assert raised.value.code == "sms_unavailable"
    assert "13800000000" not in str(raised.value)
    assert len(carrier.requests) == 1


def test_a_gateway_that_does_not_answer_is_unavailable(carrier: _Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms, "TIMEOUT_SECONDS", 0.05)
    url = carrier.url
    carrier.get_request = lambda: (_ for _ in ()).throw(OSError())  # type: ignore[method-assign]  # never accepts
    with pytest.raises(SmsUnavailable):
        HttpSmsSender(url, lambda: KEY).send("13800000000", "text", "en")


def test_nobody_listening_is_unavailable() -> None:
    with pytest.raises(SmsUnavailable):
        HttpSmsSender("http://127.0.0.1:1/", lambda: KEY).send("13800000000", "text", "en")


@pytest.mark.parametrize("url", ["http://gateway.example/send", "ftp://127.0.0.1.evil.example", "https://", "gateway"])
def test_a_gateway_elsewhere_must_be_https(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        HttpSmsSender(url, lambda: KEY)


def test_the_signature_is_hmac_sha256_over_time_and_body() -> None:
    # printf 1649206923.{} | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk -binary | basenc --base64url
    assert signature(KEY, "1649206923", b"{}") == "1RsohNRMSwm9NFxRDRmDh6NSD4mVlMYrRwTlaVz6p9M"


@pytest.mark.parametrize(
    ("timestamp", "key", "body", "is_good"),
    [
        (0, KEY, b"{}", True),
        (-300, KEY, b"{}", True),
        (300, KEY, b"{}", True),
        (-301, KEY, b"{}", False),
        (301, KEY, b"{}", False),
        (0, b"x" * 32, b"{}", False),
        (0, KEY, b"{ }", False),
    ],
)
def test_a_signature_holds_for_its_key_time_and_body_alone(
    timestamp: int, key: bytes, body: bytes, is_good: bool
) -> None:
    text = str(int(AT.timestamp()) + timestamp)
    with clock.frozen(AT):
        assert is_signed(KEY, text, signature(key, text, b"{}"), body) is is_good


@pytest.mark.parametrize("timestamp", ["", "now", "１６４９", "-1", "1e9"])
def test_a_timestamp_is_ascii_digits(timestamp: str) -> None:
    assert not is_signed(KEY, timestamp, signature(KEY, timestamp, b"{}"), b"{}")


def test_a_signature_of_other_characters_is_refused() -> None:
    with clock.frozen(AT):
        assert not is_signed(KEY, str(int(AT.timestamp())), "é" * 43, b"{}")


@contextmanager
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CITY", "demo")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    settings.cache_clear()
    aws.forget_clients()
    with mock_aws():
        yield
    monkeypatch.undo()
    settings.cache_clear()
    aws.forget_clients()


def test_the_sns_sender_publishes_a_transactional_message(monkeypatch: pytest.MonkeyPatch) -> None:
    with _aws(monkeypatch):
        SnsSmsSender().send("13800000000", "text", "en")
        sent = sns_backends[DEFAULT_ACCOUNT_ID]["ap-southeast-1"].sms_messages
    assert [message[:2] for message in sent.values()] == [("+8613800000000", "text")]


def test_a_failing_sns_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def publish(self, **_: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://sns")

    monkeypatch.setattr(aws, "sns", Failing)
    with pytest.raises(SmsUnavailable):
        SnsSmsSender().send("13800000000", "text", "en")


def test_the_message_is_marked_transactional(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    class Recording:
        def publish(self, **call: Any) -> None:
            calls.append(call)

    monkeypatch.setattr(aws, "sns", Recording)
    SnsSmsSender().send("13800000000", "text", "en")
    assert calls[0]["MessageAttributes"]["AWS.SNS.SMS.SMSType"]["StringValue"] == "Transactional"


@pytest.mark.parametrize(("city", "kind"), [("demo", SnsSmsSender), ("linyi", HttpSmsSender)])
def test_the_city_file_names_the_sender(city: str, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITY", city)
    settings.cache_clear()
    assert isinstance(city_sender(), kind)
    monkeypatch.undo()
    settings.cache_clear()


def test_the_local_gateway_takes_what_the_sender_posts_and_nothing_else(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.jsonl", dict)
    gateway = SmsGateway(outbox, lambda: KEY)
    body = json.dumps({"phone": "13800000000", "text": "hello", "id": "1", "at": "2022-04-06T01:02:03Z"}).encode()
    with clock.frozen(AT):
        timestamp = str(clock.epoch())
        headers = {TIMESTAMP_HEADER.lower(): timestamp, SIGNATURE_HEADER: signature(KEY, timestamp, body)}
        assert gateway.accepts(headers, body)
        assert gateway.accepts(headers, body), "a repeated message is taken and kept once"
        assert not gateway.accepts({}, body)
        assert not gateway.accepts(headers, body + b" ")
        for broken in (b"[]", b"{}", b"nothing", b'"text"'):
            signed = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature(KEY, timestamp, broken)}
            assert not gateway.accepts(signed, broken)
        assert outbox.entries() == [
            {"channel": "sms", "to": "13800000000", "text": "hello", "at": "2022-04-06T01:02:03Z"}
        ]
