"""A city in this process: composed with recorded messages, on the tables of the worker's emulator."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalice.config import Config
from chalice.local import ForbiddenError, LocalChalice, LocalGateway

from chalicelib.core.texts import Language
from chalicelib.health.importer import Importer
from infra.local.pump import Pump
from tests.support.canaries import Canaries
from tests.support.client import Answer, Client
from tests.support.people import TestPerson, crowd
from tests.support.rights import API, acting_as


class RecordedSms:
    """A sender that keeps what it was given, or fails on order."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self.sent: list[tuple[str, str]] = []
        self.ids: list[str | None] = []
        self.faults: list[Exception] = []

    def send(self, phone: str, text: str, language: Language, message_id: str | None = None) -> None:  # noqa: ARG002  the text says
        """Keep the message, unless a fault is due."""
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append((phone, text))
        self.ids.append(message_id)

    def last_code(self, phone: str) -> str:
        """The code in the last message to a phone."""
        text = next(text for to, text in reversed(self.sent) if to == phone)
        found = re.search(r"\d{6}", text)
        assert found is not None
        return found.group()


class InProcess:
    """Requests to the Chalice app of this process, as API Gateway would make them."""

    def __init__(self, app: Any) -> None:
        """Take the app; its current request becomes the thread's own."""
        app.__class__ = LocalChalice
        self._gateway = LocalGateway(app, Config())
        self.address = "203.0.113.7"

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request."""
        converter = self._gateway.event_converter
        converter.LOCAL_SOURCE_IP = self.address
        try:
            with acting_as(API):
                response = self._gateway.handle_request(method, path, dict(headers), body)
        except ForbiddenError:
            return Answer(403, {}, "")
        return Answer(
            response["statusCode"],
            {name.lower(): value for name, value in response["headers"].items()},
            response["body"] if isinstance(response["body"], str) else "",
        )


@dataclass
class TestCity:
    """The city under test and shortcuts through its main flow."""

    __test__ = False

    api: Client
    sms: RecordedSms
    pump: Pump
    canaries: Canaries = field(default_factory=Canaries)
    _crowd: Iterator[TestPerson] = field(default_factory=crowd)
    _importer: Importer = field(default_factory=Importer)

    def forget(self) -> None:
        """Hold nothing that was sent, nor a key that lies in tables."""
        self.sms.sent.clear()
        self.sms.ids.clear()
        self._importer = Importer()

    def person(self, **changes: str) -> TestPerson:
        """A new person whom the health source knows."""
        person = self.stranger(**changes)
        self.know(person)
        return person

    def stranger(self, **changes: str) -> TestPerson:
        """A new person whom the health source does not know."""
        base = next(self._crowd)
        person = TestPerson(**{**vars(base), **changes})
        self.canaries.watch(person)
        return person

    def know(self, *people: TestPerson) -> None:
        """Tell the health source of people."""
        results = list(self._importer.people(person.row() for person in people))
        assert [result.error for result in results] == [None] * len(people)

    def fact(self, person: TestPerson, kind: str, result: str, occurred_at: str, **more: str) -> None:
        """Tell the health source a fact of a person."""
        row = {
            "document_type": person.type,
            "document_number": person.number,
            "kind": kind,
            "result": result,
            "occurred_at": occurred_at,
            "source": "lab",
            **more,
        }
        assert [one.error for one in self._importer.facts([row])] == [None]

    def log_in(self, person: TestPerson) -> Client:
        """A client with a session on the person's phone."""
        assert self.api.post("/v1/auth/codes", {"phone": person.phone}).status == 202
        code = self.sms.last_code(person.phone)
        answer = self.api.post("/v1/auth/sessions", {"phone": person.phone, "code": code})
        assert answer.status == 201, answer.text
        return self.api.as_(answer.json["token"])

    def verified(self, person: TestPerson | None = None) -> Client:
        """A client whose person proved their identity."""
        person = person or self.person()
        client = self.log_in(person)
        answer = client.put("/v1/me/identity", person.claim())
        assert answer.status == 200, answer.text
        return client.as_(answer.json["token"])

    def book(self, owner: Client, name: str = "Third School") -> str:
        """The id of a new book of this owner."""
        answer = owner.post("/v1/organizations", {"name": name, "kind": "school", "subdistrict": "371302001"})
        assert answer.status == 201, answer.text
        return str(answer.json["org_id"])

    def invite(self, owner: Client, org_id: str, **fields: Any) -> str:
        """A code of a new invitation."""
        body = {"department_id": None, "expires_at": None, "max_uses": None, **fields}
        answer = owner.post(f"/v1/organizations/{org_id}/invitations", body)
        assert answer.status == 201, answer.text
        return str(answer.json["code"])

    def department(self, manager: Client, org_id: str, name: str = "Class 1", parent_id: str | None = None) -> str:
        """The id of a new department."""
        answer = manager.post(f"/v1/organizations/{org_id}/departments", {"name": name, "parent_id": parent_id})
        assert answer.status == 201, answer.text
        return str(answer.json["department_id"])

    def join(self, member: Client, code: str, *scopes: str) -> str:
        """The member id of somebody who joins with a code."""
        answer = member.post(f"/v1/invitations/{code}/join", {"scopes": list(scopes)})
        assert answer.status == 201, answer.text
        return str(answer.json["member_id"])

    def deliver(self) -> None:
        """Let every change reach its consumer, twice."""
        self.pump.drain()
