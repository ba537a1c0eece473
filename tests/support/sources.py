"""Registered sources in tests: stored as two operators would have, and clients that sign as docs/sources.md says."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import encode
from chalicelib.core.settings import settings
from chalicelib.core.signatures import key_id
from chalicelib.health.tables import SourceRow
from chalicelib.health.tables.deliveries import SourceKeyRow
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.people import TestPerson

WHEN = "2022-04-05T02:00:00Z"


@dataclass
class SourceClient(Client):
    """Sends signed requests, to the city of this process unless `city` names another. `changes` are headers stated otherwise."""

    source: str = ""
    city: str = ""
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    changes: dict[str, str] = field(default_factory=dict)

    @property
    def key_id(self) -> str:
        """The name of its key."""
        return key_id(self.private.public_key().public_bytes_raw())

    def signed(self, method: str, path: str, body: bytes, at: str | None = None) -> dict[str, str]:
        """The headers of a signed request."""
        at = at or clock.iso(clock.now())
        lines = ("gatebook-v1", self.city or settings().city_name, method, path, at, hashlib.sha256(body).hexdigest())
        signature = self.private.sign("\n".join(lines).encode())
        return {
            "gatebook-source": self.source,
            "gatebook-key": self.key_id,
            "gatebook-time": at,
            "gatebook-signature": base64.b64encode(signature).decode(),
            **self.changes,
        }

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Answer:
        """Send one signed request."""
        data = raw if raw is not None else b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        signed = self.signed(method, path.partition("?")[0], data)
        return super().__call__(method, path, raw=data, **{**headers, **signed})

    def facts(self, *rows: dict[str, Any], reporter: str = "Laboratory 3") -> Answer:
        """Deliver facts."""
        return self.post("/v1/facts/batch", {"reporter": reporter, "rows": list(rows)})

    def identities(self, *rows: dict[str, Any], reporter: str = "Registry office") -> Answer:
        """Deliver identities."""
        return self.post("/v1/identities/batch", {"reporter": reporter, "rows": list(rows)})


def registered(city: TestCity, name: str | None = None) -> SourceClient:
    """A source that was named just now, with a key."""
    client = SourceClient(city.api.transport, None, "en", city.api.answers, source=name or f"lab-{ids.new_id()}")
    now = clock.now()
    by: dict[str, Any] = {"proposal": ids.new_id(), "confirmed_by": "boris"}
    store.put(SourceRow(SourceRow.KIND, client.source, granted=True, at=now, **by))
    add_key(client, **by)
    return client


def add_key(client: SourceClient, **by: Any) -> None:
    """Store a client's key as its source's."""
    by = by or {"proposal": ids.new_id(), "confirmed_by": "boris"}
    place = SourceKeyRow.of(client.source, client.key_id)
    public = encode(client.private.public_key().public_bytes_raw())
    store.put(SourceKeyRow(place.hash_value, place.range_value, public_key=public, at=clock.now(), **by))


def report(person: TestPerson, **changes: Any) -> dict[str, Any]:
    """A row of a batch of facts: a negative test."""
    return {
        "fact_id": "1",
        "document_type": person.type,
        "document_number": person.number,
        "kind": "nucleic_acid",
        "occurred_at": WHEN,
        "result": "negative",
        "place": "Lab 3",
        "source_time": WHEN,
        **changes,
    }


def withdrawal(person: TestPerson, **changes: Any) -> dict[str, Any]:
    """A row of a batch that takes a fact back."""
    row = report(person, **changes)
    return {name: row[name] for name in row if name not in {"occurred_at", "result", "place"}} | {"withdrawn": True}


def identity(person: TestPerson, **changes: Any) -> dict[str, Any]:
    """A row of a batch of identities."""
    return {**person.row(), "source_time": WHEN, **changes}


def outcomes(answer: Answer) -> list[tuple[str, str | None]]:
    """What became of each row of a batch."""
    assert answer.status in {200, 202}, answer.text
    return [(row["outcome"], row["reason"]) for row in answer.json["rows"]]
