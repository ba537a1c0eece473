"""A running city for acceptance files: each names its city and gets a server of it, people included, through HTTP alone."""

import csv
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.local.city import LocalCity
from tests.support.client import Client, HttpTransport
from tests.support.people import TestPerson, crowd, resident_id
from tests.support.sources import SourceClient, report, withdrawal

ROOT = Path(__file__).parents[2]


@dataclass
class RunningCity:
    """A city seen from outside: its address, the operators' command, and the text messages it sent."""

    url: str
    aws_url: str
    name: str
    folder: Path
    is_deployed: bool = False
    """Whether it is one that CloudFormation made, to which nothing outside is connected, or one on this machine."""
    _crowd: Iterator[TestPerson] = field(default_factory=crowd)
    _known: list[TestPerson] = field(default_factory=list)
    _families: list[tuple[TestPerson, TestPerson]] = field(default_factory=list)

    @property
    def api(self) -> Client:
        """A client without a session."""
        return Client(HttpTransport(self.url))

    @property
    def outbox_url(self) -> str:
        """Where the messages that it sent can be read."""
        return f"{self.url}/local/outbox"

    def eventually(self, look: Callable[[], Any], seconds: float = 30) -> Any:
        """What a look finds once there is something, within half a minute or as given: streams take a moment."""
        deadline = time.monotonic() + seconds
        while not (found := look()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return found

    def people(self, count: int) -> list[TestPerson]:
        """People whom nobody met yet and the health source knows, through the operators' import, many at a time."""
        if len(self._known) < count:
            self._know_more()
        return [self._known.pop() for _ in range(count)]

    def stranger(self) -> TestPerson:
        """Somebody whom the health source does not know."""
        return next(self._crowd)

    def family(self) -> tuple[TestPerson, TestPerson]:
        """Somebody like the others, and a child of whom the health source says that they are the guardian."""
        if not self._families:
            self._know_more()
        return self._families.pop()

    def _know_more(self) -> None:
        people = [next(self._crowd) for _ in range(40)]
        families = [(one, child_like(next(self._crowd))) for one in people[:4]]
        kin = [{**child.row(), "guardian_document_number": f"{one.type}:{one.number}"} for one, child in families]
        self._import("people", [*(one.row() for one in people), *kin])
        self._known += people[len(families) :]
        self._families += families

    def facts(self, *rows: dict[str, str]) -> None:
        """Facts that the health source knows from now on."""
        columns = ("fact_id", "place", "reported_at")
        self._import("facts", [{**dict.fromkeys(columns, ""), **row} for row in rows])

    @property
    def source(self) -> SourceClient:
        """A source that two operators registered, with a key of its own, where the city is now."""
        return replace(self._registered, transport=HttpTransport(self.url))

    @cached_property
    def _registered(self) -> SourceClient:
        source = SourceClient(HttpTransport(self.url), source=f"cdc-{self.name}", city=self.name)
        public = self.folder / "public.pem"
        key = source.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        public.write_bytes(key)
        self.decide("grant", "source", source.source)
        self.decide("sources", "key", "add", source.source, "--public-key", str(public))
        return source

    def report(self, person: TestPerson, kind: str, result: str, occurred_at: str, **more: str) -> None:
        """Let the registered source deliver a fact."""
        said = {"kind": kind, "result": result, "occurred_at": occurred_at, "place": "", "source_time": _now(), **more}
        self._deliver(report(person, **{"fact_id": f"{kind} {occurred_at}", **said}))

    def take_back(self, person: TestPerson, kind: str, fact_id: str) -> None:
        """Let the source withdraw a fact."""
        self._deliver(withdrawal(person, kind=kind, fact_id=fact_id, source_time=_now()))

    def _deliver(self, row: dict[str, Any]) -> None:
        answer = self.source.facts(row)
        assert answer.status == 200, answer.text
        assert [one["outcome"] for one in answer.json["rows"]] == ["stored"], answer.text

    def officer(self, person: TestPerson) -> Client:
        """A client of somebody whom two operators name a health officer."""
        client = self.verified(person)
        self.decide("grant", "officer", said=f"{person.type}\n{person.number}\n")
        return client

    def decide(self, *command: str, said: str = "") -> dict[str, Any]:
        """What one operator proposed and another one confirmed, as the proposal was told."""
        told = self._operated(*command, "--as", "anna", said=said)
        self._operated("confirm", told["proposal"], "--as", "boris")
        return told

    def operate(self, *command: str, said: str = "") -> "subprocess.CompletedProcess[str]":
        """An operator's command for this city, as it is typed."""
        whole = [sys.executable, "-m", "infra.cli", "--city", self.name, "--endpoint-url", self.aws_url, *command]
        return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, check=False, input=said)

    def _operated(self, *command: str, said: str = "") -> dict[str, Any]:
        """What an operator's command answers to a program."""
        run = self.operate("--json", *command, said=said)
        assert run.returncode == 0, run.stderr
        answer: dict[str, Any] = json.loads(run.stdout)
        return answer

    def _import(self, kind: str, rows: list[dict[str, str]]) -> None:
        file = self.folder / f"{kind}.csv"
        with file.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.DictWriter(opened, sorted({name for row in rows for name in row}))
            writer.writeheader()
            writer.writerows(rows)
        command = [sys.executable, "-m", "infra.cli", "--city", self.name, "--endpoint-url", self.aws_url]
        run = subprocess.run(
            [*command, "import", kind, str(file)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr
        assert not Path(f"{file}.rejected.csv").exists()
        file.unlink()

    def sms(self, phone: str) -> str:
        """The code in the last text message to a phone."""
        sent = Client(HttpTransport(self.outbox_url.rpartition("/local")[0])).get("/local/outbox").json
        texts = [one["text"] for one in sent if one["to"].endswith(phone)]
        found = re.search(r"\d{6}", texts[-1])
        assert found is not None
        return found.group()

    def log_in(self, phone: str) -> Client:
        """A client with a session on a phone."""
        assert self.api.post("/v1/auth/codes", {"phone": phone}).status == 202
        answer = self.api.post("/v1/auth/sessions", {"phone": phone, "code": self.sms(phone)})
        assert answer.status == 201, answer.text
        return self.api.as_(answer.json["token"])

    def verified(self, person: TestPerson) -> Client:
        """A client whose person proved their identity."""
        client = self.log_in(person.phone)
        answer = client.put("/v1/me/identity", person.claim())
        assert answer.status == 200, answer.text
        return client.as_(answer.json["token"])


def child_like(person: TestPerson) -> TestPerson:
    """A person as a child."""
    return replace(person, number=resident_id(person.number[:6], "20180610", int(person.number[-4:-1])))


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()


@pytest.fixture(scope="module")
def run_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], RunningCity]]:
    """Starts a city by its name; it ends with the module."""
    with ExitStack() as running:

        def start(name: str) -> RunningCity:
            folder = tmp_path_factory.mktemp(name)
            city = running.enter_context(LocalCity(name, state=folder / "state", deliver_twice=11))
            return RunningCity(city.url, city.aws_url, name, folder)

        yield start
