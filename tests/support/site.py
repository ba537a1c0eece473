"""A running city as tests reach it from outside, with somebody who owns books there."""

import re
from typing import Any

from chalicelib.core import clock
from chalicelib.health.importer import Importer
from tests.support.client import Answer, Client, HttpTransport
from tests.support.people import TestPerson, crowd


class Site:
    """A city behind an address, and shortcuts to what a page needs to be tried."""

    __test__ = False

    def __init__(self, url: str) -> None:
        """Take the address; an owner opens a session."""
        self.url = url
        self.api = Client(HttpTransport(url))
        self._crowd = crowd()
        self.owner = self.verified(self.person())

    def person(self) -> TestPerson:
        """A new person whom the health source knows."""
        person = next(self._crowd)
        assert [result.error for result in Importer().people([person.row()])] == [None]
        return person

    def code(self, phone: str) -> str:
        """The code in the last message to a phone."""
        texts = [message["text"] for message in self.api.get("/local/outbox").json if message["to"].endswith(phone)]
        found = re.search(r"\d{6}", texts[-1])
        assert found is not None
        return found.group()

    def log_in(self, person: TestPerson) -> Client:
        """A client with a session on the person's phone."""
        _ok(self.api.post("/v1/auth/codes", {"phone": person.phone}))
        answer = _ok(self.api.post("/v1/auth/sessions", {"phone": person.phone, "code": self.code(person.phone)}))
        return self.api.as_(answer["token"])

    def verified(self, person: TestPerson) -> Client:
        """A client whose person proved their identity."""
        client = self.log_in(person)
        return client.as_(_ok(client.put("/v1/me/identity", person.claim()))["token"])

    def invitation(self, name: str = "Third School", **fields: Any) -> tuple[str, str]:
        """A new book of the owner's: its id, and the address of an invitation into it."""
        book = {"name": name, "kind": "school", "subdistrict": "371302001"}
        org_id = str(_ok(self.owner.post("/v1/organizations", book))["org_id"])
        body = {"department_id": None, "expires_at": None, "max_uses": None, **fields}
        return org_id, str(_ok(self.owner.post(f"/v1/organizations/{org_id}/invitations", body))["url"])

    def entrance(self, **gate: Any) -> tuple[str, str, str]:
        """A new place of the owner's with a second gate: the place's id, the gate's, and the address on its poster."""
        place = {
            "name": "Lotus Restaurant",
            "type": "restaurant",
            "subdistrict": "371302001",
            "address": "12 Riverside Road",
        }
        place_id = str(_ok(self.owner.post("/v1/places", place))["place_id"])
        gates = f"/v1/places/{place_id}/gates"
        gate_id = str(_ok(self.owner.post(gates, {"name": "East gate", **gate}))["gate_id"])
        return place_id, gate_id, str(_ok(self.owner.get(f"{gates}/{gate_id}/poster"))["url"])

    def report_case(self, person: TestPerson) -> None:
        """Tell the city that a person has the illness, before they prove who they are."""
        of_whom = {"document_type": person.type, "document_number": person.number}
        what = {"kind": "case", "result": "confirmed", "occurred_at": clock.now().isoformat(), "source": "lab"}
        assert [one.error for one in Importer().facts([{**of_whom, **what}])] == [None]

    def members(self, org_id: str) -> list[Any]:
        """What the owner sees of a book's members."""
        items: list[Any] = _ok(self.owner.get(f"/v1/organizations/{org_id}/members"))["items"]
        return items


def _ok(answer: Answer) -> Any:
    assert answer.status < 300, answer.text
    return answer.json if answer.text else None
