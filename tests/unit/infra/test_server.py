"""The local server: what it makes of requests, and how it refuses what is none."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice, Response

from chalicelib.alerts.sms import HttpSmsSender
from infra.local.gateway import MEGABYTE, Gateway
from infra.local.outbox import Outbox, SmsGateway
from infra.local.ports import PortTaken, free_port, is_free
from infra.local.server import CityServer

KEY = b"k" * 32


def _small_app() -> Chalice:
    small = Chalice(app_name="small", configure_logs=False)

    def echo(**path: str) -> dict[str, Any]:
        request = _request(small)
        return {
            "path": path,
            "context": request.context,
            "query": {name: request.query_params.getlist(name) for name in request.query_params or ()},
            "headers": dict(request.headers),
            "body": request.raw_body.decode(),
        }

    def barrier() -> dict[str, str]:
        mine = _request(small).headers["x-mine"]
        _BARRIER.wait(5)
        return {"before": mine, "after": _request(small).headers["x-mine"]}

    def fixed() -> dict[str, str]:
        return {"fixed": "yes"}

    def gone() -> Response:
        return Response("", status_code=204, headers={"X-Own": "1"})

    small.route("/echo/{one}/{two}", methods=["GET", "POST"], content_types=["application/json", "text/plain"])(echo)
    small.route("/echo/fixed/here", methods=["GET"])(fixed)
    small.route("/barrier", methods=["GET"])(barrier)
    small.route("/gone", methods=["DELETE"])(gone)
    return small


def _request(small: Chalice) -> Any:
    return small.current_request


_BARRIER = threading.Barrier(4)


class _City:
    def __init__(self, folder: Path) -> None:
        self.server = CityServer(0)
        self.changes = 0
        self.server.changed = self._changed
        outbox = Outbox(folder / "outbox.jsonl", dict)
        self.server.open(
            Gateway(_small_app(), f"127.0.0.1:{self.server.port}"), outbox, SmsGateway(outbox, lambda: KEY)
        )

    def _changed(self) -> None:
        self.changes += 1

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response, json.loads(text) if text else None

    def raw(self, sent: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
            return received


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_City]:
    city = _City(tmp_path_factory.mktemp("city"))
    yield city
    city.server.close()


def test_a_request_becomes_the_event_of_api_gateway(city: _City) -> None:
    response, seen = city.ask("POST", "/echo/a%2Fb/%E7%8E%8B?q=1&q=2&empty=", '{"x":"王"}'.encode(), X_Own="yes")

    assert response.status == 200
    assert seen["path"] == {"one": "a/b", "two": "王"}
    assert seen["query"] == {"q": ["1", "2"], "empty": [""]}
    assert seen["body"] == '{"x":"王"}'
    assert seen["headers"]["x-own"] == "yes"
    context = seen["context"]
    assert context["resourcePath"] == "/echo/{one}/{two}"
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["domainName"] == f"127.0.0.1:{city.server.port}"
    assert context["stage"] == ""
    assert len(context["requestId"]) == 36


def test_the_domain_never_comes_from_the_host_header(city: _City) -> None:
    _, seen = city.ask("GET", "/echo/a/b", Host="evil.example")
    assert seen["context"]["domainName"] == f"127.0.0.1:{city.server.port}"


@pytest.mark.parametrize(
    "path", ["/echo/a/b/", "/echo/a/b?", "/echo/a/b#part", "http://elsewhere.example/echo/a/b", "/echo/a/b;v=1"]
)
def test_ways_to_write_one_path(city: _City, path: str) -> None:
    response, seen = city.ask("GET", path)
    assert response.status == 200
    assert seen["path"]["one"] == "a"


def test_a_fixed_part_of_a_path_goes_before_a_parameter(city: _City) -> None:
    assert city.ask("GET", "/echo/fixed/here")[1] == {"fixed": "yes"}


@pytest.mark.parametrize("path", ["/", "//", "/nowhere", "/echo", "/echo/a/b/c", "/barrier;x", "/%00", "/echo/a//b"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_a_problem(city: _City, method: str, path: str) -> None:
    response, problem = city.ask(method, path, Accept_Language="en")
    assert response.status == problem["status"] == 404
    assert problem["code"] == "route_not_found"
    assert problem["title"] == "No such address"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-Id"] == problem["request_id"]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "BREW", "get"])
def test_an_unknown_method_is_a_problem_that_names_the_known_ones(city: _City, method: str) -> None:
    response, problem = city.ask(method, "/echo/a/b")
    assert response.status == 405
    assert problem["code"] == "method_not_allowed"
    assert response.headers["Allow"] == "GET, HEAD, POST"


def test_head_is_get_without_a_body(city: _City) -> None:
    response, text = city.ask("HEAD", "/echo/a/b")
    assert response.status == 200
    assert text is None
    assert int(response.headers["Content-Length"]) > 100
    assert city.ask("HEAD", "/nowhere")[0].status == 404


def test_an_answer_without_content_has_none(city: _City) -> None:
    response, text = city.ask("DELETE", "/gone")
    assert (response.status, text) == (204, None)
    assert response.headers["Content-Length"] is None
    assert response.headers["X-Own"] == "1"


def test_only_requests_that_may_change_something_wake_the_pump(city: _City) -> None:
    before = city.changes
    city.ask("GET", "/echo/a/b")
    assert city.changes == before
    city.ask("POST", "/echo/a/b", b"{}", Content_Type="application/json")
    deadline = threading.Event()
    for _ in range(100):
        if city.changes == before + 1:
            break
        deadline.wait(0.01)
    assert city.changes == before + 1


def test_a_connection_carries_many_requests(city: _City) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", city.server.port, timeout=10)
    connection.connect()
    first = connection.sock
    for method, path in (("GET", "/echo/a/b"), ("DELETE", "/gone"), ("HEAD", "/echo/a/b"), ("GET", "/nowhere")):
        connection.request(method, path)
        connection.getresponse().read()
        assert connection.sock is first
    connection.close()


def test_requests_at_one_time_do_not_see_each_other(city: _City) -> None:
    found: list[dict[str, str]] = []
    threads = [
        threading.Thread(target=lambda mine=str(number): found.append(city.ask("GET", "/barrier", X_Mine=mine)[1]))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one["before"] for one in found) == ["0", "1", "2", "3"]
    assert all(one["before"] == one["after"] for one in found)


def test_a_body_of_a_megabyte_is_taken_and_a_larger_one_refused(city: _City) -> None:
    response, seen = city.ask("POST", "/echo/a/b", b"x" * MEGABYTE, Content_Type="text/plain")
    assert (response.status, len(seen["body"])) == (200, MEGABYTE)

    response, problem = city.ask("POST", "/echo/a/b", b"x" * (MEGABYTE + 1))
    assert response.status == 413
    assert problem["code"] == "body_too_large"
    assert response.headers["Connection"] == "close"


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(city: _City) -> None:
    head = f"POST /echo/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: {10**12}\r\nExpect: 100-continue\r\n\r\n"
    answer = city.raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_a_client_that_asks_first_is_told_to_go_on(city: _City) -> None:
    with socket.create_connection(("127.0.0.1", city.server.port), timeout=10) as connection:
        connection.sendall(b"POST /echo/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 200 + b"\r\n", 431),
        (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"POST /echo/a/b HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /echo/a/b HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400),
        (b"POST /echo/a/b HTTP/1.1\r\nContent-Length: 10\r\n\r\nshort", 400),
        (b"POST /echo/a/b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    ],
)
def test_what_is_no_request_gets_a_problem_and_no_traceback(
    city: _City, sent: bytes, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = city.raw(sent)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"application/problem+json" in answer
    assert b"Traceback" not in answer
    assert capfd.readouterr() == ("", "")
    assert city.ask("GET", "/echo/a/b")[0].status == 200


def test_a_client_that_leaves_in_the_middle_leaves_no_trace(city: _City, capfd: pytest.CaptureFixture[str]) -> None:
    for sent in (b"", b"GET", b"GET / HTTP/1.1\r\nHost"):
        with socket.create_connection(("127.0.0.1", city.server.port), timeout=10) as connection:
            connection.sendall(sent)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
    assert city.ask("GET", "/echo/a/b")[0].status == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "[", ""])
def test_the_outbox_is_under_no_name_but_this_machine_s(city: _City, host: str) -> None:
    response, found = city.ask("GET", "/local/outbox", Host=host)
    assert (response.status, found["code"]) == (404, "route_not_found")


def test_the_outbox_shows_what_came_to_the_gateway(city: _City) -> None:
    HttpSmsSender(f"{city.server.url}/local/sms-gateway", lambda: KEY).send("13800000000", "码 123456", "zh-CN")
    response, found = city.ask("GET", "/local/outbox")
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert [(one["channel"], one["to"], one["text"]) for one in found] == [("sms", "13800000000", "码 123456")]
    assert set(found[0]) == {"channel", "to", "text", "at"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/local/outbox", 405),
        ("GET", "/local/sms-gateway", 405),
        ("POST", "/local/sms-gateway", 403),
        ("GET", "/local", 404),
        ("GET", "/local/else", 404),
    ],
)
def test_the_local_addresses_take_nothing_else(city: _City, method: str, path: str, status: int) -> None:
    assert city.ask(method, path, b"{}" if method == "POST" else None)[0].status == status


def test_a_taken_port_is_named(city: _City) -> None:
    with pytest.raises(PortTaken, match=rf"{city.server.port}.*PORT"):
        CityServer(city.server.port)
    assert not is_free(city.server.port)
    assert is_free(free_port())
