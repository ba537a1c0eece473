"""Fictional people using a city on this machine through its API, as their phones do."""

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from infra.local.demo import DemoPerson
from infra.local.server import OUTBOX_PATH

SECONDS = 10


class Refused(Exception):
    """The city said no; the text is its own."""


@dataclass(frozen=True)
class Phone:
    """Somebody's phone, with a session of theirs once they logged in."""

    address: str
    token: str = ""

    def get(self, path: str) -> Any:
        """What the city shows. Raises Refused, or OSError if no city is there."""
        return self.send("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """What the city answers. Raises Refused, or OSError if no city is there."""
        return self.send("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        """What the city answers. Raises Refused, or OSError if no city is there."""
        return self.send("PUT", path, body)

    def send(self, method: str, path: str, body: Any) -> Any:
        """What the city answers. Raises Refused, or OSError if no city is there."""
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        data = None if body is None else json.dumps(body).encode()
        with_token = {**headers, "Authorization": f"Bearer {self.token}"} if self.token else headers
        request = urllib.request.Request(self.address + path, data, with_token, method=method)  # noqa: S310  the operator's own
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  as above
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise Refused(json.load(refused)["detail"]) from refused


def verified(address: str, person: DemoPerson) -> Phone:
    """The phone of a person who logged in and proved identity. Raises Refused, or OSError if no city is there."""
    phone = Phone(address)
    phone.post("/v1/auth/codes", {"phone": person.phone})
    log_in = {"phone": person.phone, "code": _code(phone, person.phone)}
    session = Phone(address, str(phone.post("/v1/auth/sessions", log_in)["token"]))
    claim = {"name": person.name, "document": {"type": person.document_type, "number": person.document_number}}
    return Phone(address, str(session.put("/v1/me/identity", claim)["token"]))


def _code(phone: Phone, number: str) -> str:
    """The code in the last message to a phone."""
    sent = phone.get(OUTBOX_PATH)
    found = re.search(r"\d{6}", [one["text"] for one in sent if one["to"] == number][-1])
    return found.group() if found else ""
