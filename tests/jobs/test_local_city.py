"""A local city as a whole: in this process as tests use it, and as `make run` starts it."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.core.settings import settings
from chalicelib.health.importer import Importer
from chalicelib.people.service.codes import Codes
from infra.local.city import LocalCity
from infra.local.demo import demo_people, shown_people
from infra.local.emulator import ROOT
from infra.local.ports import PortTaken, free_port, is_free
from infra.local.state import CityRuns
from tests.support.people import TestPerson, crowd

pytestmark = [pytest.mark.jobs, pytest.mark.timeout(180)]


def _ask(url: str, method: str, path: str, body: object = None, token: str = "") -> tuple[int, Any]:
    host, _, port = url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, json.loads(text) if text else None


def _code(url: str, phone: str) -> str:
    _, messages = _ask(url, "GET", "/local/outbox")
    found = re.search(r"\d{6}", [message["text"] for message in messages if message["to"] == phone][-1])
    assert found is not None
    return found[0]


def _log_in(url: str, phone: str) -> str:
    assert _ask(url, "POST", "/v1/auth/codes", {"phone": phone})[0] == 202
    status, session = _ask(url, "POST", "/v1/auth/sessions", {"phone": phone, "code": _code(url, phone)})
    assert status == 201, session
    return str(session["token"])


def _verified(url: str, person: TestPerson) -> str:
    """The token of somebody whom the city's health source is told of."""
    assert [one.error for one in Importer().people([person.row()])] == [None]
    status, session = _ask(url, "PUT", "/v1/me/identity", person.claim(), _log_in(url, person.phone))
    assert status == 200, session
    return str(session["token"])


def _book_of_oneself(url: str, token: str) -> str:
    """A new book whose owner is its one member and shares nothing yet."""
    opened = {"name": "Third School", "kind": "school", "subdistrict": "371302001"}
    book = str(_ask(url, "POST", "/v1/organizations", opened, token)[1]["org_id"])
    code = _ask(url, "POST", f"/v1/organizations/{book}/invitations", {}, token)[1]["code"]
    assert _ask(url, "POST", f"/v1/invitations/{code}/join", {"scopes": []}, token)[0] == 201
    return book


def test_a_city_lives_on_after_a_restart(tmp_path: Path) -> None:
    before = os.environ["CITY"], os.environ.get("AWS_ENDPOINT_URL"), dict(vars(app.services))
    with LocalCity("demo", state=tmp_path) as city:
        pid = city.emulator.pid
        assert settings().endpoint_url == city.aws_url
        token = _verified(city.url, next(crowd()))
        assert _ask(city.url, "GET", "/v1/me", token=token)[0] == 200
        sent = _ask(city.url, "GET", "/local/outbox")[1]
        book = _book_of_oneself(city.url, token)
        url = city.url
    assert pid is not None
    assert not _is_alive(pid)
    assert is_free(int(url.rpartition(":")[2]))
    assert before == (os.environ["CITY"], os.environ.get("AWS_ENDPOINT_URL"), dict(vars(app.services)))

    with LocalCity("demo", state=tmp_path) as city:
        assert _ask(city.url, "GET", "/v1/me", token=token)[0] == 200
        assert _ask(city.url, "GET", "/local/outbox")[1] == sent
        assert _ask(city.url, "PUT", f"/v1/me/memberships/{book}/consent", {"scopes": ["travel"]}, token)[0] == 200
        city.pump.drain()
        assert city.pump.parked == []
        numbers = _ask(city.url, "GET", f"/v1/organizations/{book}/statistics", token=token)[1]
        assert (numbers["members"], numbers["unshared"]["travel"], numbers["unshared"]["vaccination"]) == (1, 0, 1)


def test_a_city_of_the_http_sender_sends_to_this_machine(tmp_path: Path) -> None:
    with LocalCity("linyi", state=tmp_path) as city:
        assert settings().city_name == "linyi"
        assert app.services.get(Codes) is not None
        _log_in(city.url, "13800000000")
        [message] = city.outbox.entries()
    assert message["to"] == "13800000000"
    assert message["at"].endswith("Z")


def test_an_older_schema_is_put_aside_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "schema").write_text("of another version")
    said: list[str] = []
    with LocalCity("demo", state=tmp_path, say=said.append) as city:
        assert _ask(city.url, "GET", "/nowhere")[0] == 404
    [line] = said
    [aside] = tmp_path.glob("demo.old-*")
    assert str(aside) in line


def test_what_cannot_start_leaves_nothing_behind(tmp_path: Path) -> None:
    before = dict(os.environ)
    with LocalCity("demo", state=tmp_path) as city:
        with pytest.raises(CityRuns), LocalCity("demo", state=tmp_path):
            pass
        taken = int(city.url.rpartition(":")[2])
        with pytest.raises(PortTaken, match=f"{taken}.*PORT"), LocalCity("demo", state=tmp_path / "b", port=taken):
            pass
        aws_taken = int(city.aws_url.rpartition(":")[2])
        with (
            pytest.raises(PortTaken, match=f"{aws_taken}.*AWS_PORT"),
            LocalCity("demo", state=tmp_path / "b", aws_port=aws_taken),
        ):
            pass
        assert _ask(city.url, "GET", "/nowhere")[0] == 404
    assert dict(os.environ) == before


class _MakeRun:
    """The process that `make run` starts, with a state folder of its own."""

    def __init__(self, state: Path, **environment: str) -> None:
        self.port, self.aws_port = free_port(), free_port()
        told = {"PATH": os.environ["PATH"], "PORT": str(self.port), "AWS_PORT": str(self.aws_port), **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", str(state)],
            cwd=ROOT,
            env=told,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_healthy(self) -> bool:
        try:
            return _ask(self.url, "GET", "/health")[0] == 200
        except OSError:
            return False

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while not self.is_healthy():
            assert time.monotonic() < deadline
            assert self.process.poll() is None, self.process.communicate()[0]
            time.sleep(0.1)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output

    def is_gone(self) -> bool:
        return is_free(self.port) and is_free(self.aws_port)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def run(state: Path) -> Iterator[_MakeRun]:
    run = _MakeRun(state)
    yield run
    if run.process.poll() is None:
        run.process.kill()
        run.process.communicate()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_a_signal_ends_all_of_it_with_0(run: _MakeRun) -> None:
    run.wait()
    person = shown_people()[0]
    assert person in demo_people()
    assert _ask(run.url, "GET", "/local/outbox")[0] == 200

    code, output = run.end(signal.SIGTERM)

    assert code == 0, output
    assert run.is_gone()
    assert f"{run.url}/docs" in output
    assert f"{run.url}/local/outbox" in output
    assert person.phone in output
    assert "Stopped." in output
    assert "Traceback" not in output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "seconds"), [(signal.SIGINT, 0.5), (signal.SIGTERM, 1.2), (signal.SIGHUP, 2.0)], ids=str
)
def test_a_signal_in_the_middle_of_the_start_ends_all_of_it(
    tmp_path: Path, number: signal.Signals, seconds: float
) -> None:
    run = _MakeRun(tmp_path)
    time.sleep(seconds)
    run.process.send_signal(number)
    output, _ = run.process.communicate(timeout=60)
    assert run.process.returncode == 0, output
    assert run.is_gone()
    assert "Traceback" not in output


@pytest.mark.slow
def test_a_killed_city_leaves_no_emulator_and_starts_again(run: _MakeRun, state: Path) -> None:
    run.wait()
    run.process.kill()
    run.process.communicate()
    deadline = time.monotonic() + 30
    while not run.is_gone():
        assert time.monotonic() < deadline
        time.sleep(0.05)

    again = _MakeRun(state)
    again.wait()
    code, output = again.end(signal.SIGTERM)
    assert code == 0
    assert "Loading" not in output
    assert "made by another version" not in output


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"CITY": "atlantis"}, "there is no such city file"),
        ({"PORT": "http"}, "PORT must be a number"),
        ({"AWS_PORT": "70000"}, "AWS_PORT must be a number"),
    ],
)
def test_a_wrong_setting_is_named_in_a_line(tmp_path: Path, environment: dict[str, str], said: str) -> None:
    run = _MakeRun(tmp_path, **environment)
    output, _ = run.process.communicate(timeout=60)
    assert run.process.returncode == 1
    assert said in output
    assert "Traceback" not in output
