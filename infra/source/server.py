"""The reference source's server: `with ReferenceSource(key) as source: … source.url`. On this machine alone."""

import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from pydantic import ValidationError

from chalicelib.core import clock
from chalicelib.health.remote import contract, signing
from infra.source.faults import MODES, Reply

HOST = "127.0.0.1"
MODE_PATH = "/mode"
BODY_BYTES = 256 * 1024


@dataclass
class Known:
    """What the source knows of somebody."""

    document_type: str
    document_number: str
    name: str
    phone: str
    guardians: list[tuple[str, str]] = field(default_factory=list)
    facts: list[dict[str, str]] = field(default_factory=list)


class Register:
    """The source's own data, and in which order it changed."""

    def __init__(self, people: Sequence[Known] = ()) -> None:
        """Know these people."""
        self.offers_changes = True
        self._lock = threading.RLock()
        self._people: dict[tuple[str, str], Known] = {}
        self._changes: list[tuple[str, str]] = []
        for one in people:
            self.know(one)

    def know(self, person: Known) -> None:
        """Know somebody, in place of what was known of them."""
        with self._lock:
            key = person.document_type, person.document_number
            self._people[key] = person
            self._changes.append(key)

    def report(self, document_number: str, **fact: str) -> None:
        """Know one thing more of a holder of a resident ID."""
        at = clock.iso(clock.now())
        whole = {
            "fact_id": secrets.token_hex(8),
            "result": "",
            "occurred_at": at,
            "place": "",
            "reported_at": at,
            **fact,
        }
        with self._lock:
            key = "resident_id", document_number
            self._people[key].facts.append(whole)
            self._changes.append(key)

    def identity(self, asked: contract.IdentityQuestion) -> dict[str, Any]:
        """Whether somebody is who they say; of whom it is not, nothing more is said."""
        found = self._people.get((asked.document_type, asked.document_number))
        if found is None or found.name != asked.name:
            return {"matches": False, "has_phone": False, "guardians": []}
        guardians = [{"document_type": type_, "document_number": number} for type_, number in found.guardians]
        return {"matches": True, "has_phone": found.phone == asked.phone, "guardians": guardians}

    def people(self, asked: contract.PeopleQuestion) -> dict[str, Any]:
        """All that is known of a batch."""
        return {"as_of": clock.iso(clock.now()), "people": [self._answer(one) for one in asked.people]}

    def changes(self, asked: contract.ChangesQuestion) -> dict[str, Any] | None:
        """Of whom anything changed since a cursor; None for a cursor that is none of this source's."""
        with self._lock:
            if not asked.cursor.isdecimal() or int(asked.cursor) > len(self._changes):
                return None
            first = int(asked.cursor)
            page = self._changes[first : first + asked.limit]
            found = [self._people[key] for key in dict.fromkeys(page)]
            following = first + len(page)
            people = [
                {
                    "document_type": one.document_type,
                    "document_number": one.document_number,
                    "known": True,
                    "facts": one.facts,
                }
                for one in found
            ]
            now, more = clock.iso(clock.now()), following < len(self._changes)
            return {"as_of": now, "cursor": str(following), "has_more": more, "people": people}

    def position(self, _: contract.PositionQuestion) -> dict[str, Any]:
        """Where what changes from now on begins."""
        return {"cursor": str(len(self._changes)) if self.offers_changes else None}

    def _answer(self, asked: contract.Person) -> dict[str, Any]:
        found = self._people.get((asked.document_type, asked.document_number))
        common = {"ref": asked.ref, "document_number": asked.document_number}
        if found is None:
            return {**common, "known": False, "has_phone": None, "facts": []}
        has_phone = None if asked.phone is None else found.phone == asked.phone
        return {**common, "known": True, "has_phone": has_phone, "facts": found.facts}


class ReferenceSource:
    """Serves a register, in one mode at a time, and counts what it was asked."""

    def __init__(self, key: Callable[[], bytes], register: Register | None = None, port: int = 0) -> None:
        """Take what gives the key that it shares with the city, what it knows, and its port; 0 is any free one."""
        self.register = register or Register()
        self.mode, self.spared = "ok", set[str]()
        """What it does wrong, but on the paths that are spared."""
        self.asked: Counter[str] = Counter()
        self._key, self._nonces = key, set[str]()
        self._server = ThreadingHTTPServer((HOST, port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="source", daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Serve until the block ends."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, headers: Callable[[str], str], body: bytes) -> tuple[Reply, str | None]:
        """What goes out, and its signature; nothing is said to who does not sign."""
        self.asked[path] += 1
        nonce = headers(signing.NONCE)
        if not self._is_signed(path, headers, body):
            return _said(401, {"error": "not signed"}), None
        reply = MODES["ok" if path in self.spared else self.mode](self._reply(path, body))
        signed = signing.answer_signature(self._key(), nonce, reply.status, reply.body) if reply.is_signed else None
        return reply, signed

    def _is_signed(self, path: str, headers: Callable[[str], str], body: bytes) -> bool:
        timestamp, nonce = headers(signing.TIMESTAMP), headers(signing.NONCE)
        is_fresh = timestamp.isdecimal() and abs(clock.epoch() - int(timestamp)) <= signing.WINDOW_SECONDS
        if not is_fresh or not nonce or nonce in self._nonces:
            return False
        self._nonces.add(nonce)
        return secrets.compare_digest(
            signing.request_signature(self._key(), path, timestamp, nonce, body), headers(signing.SIGNATURE)
        )

    def _reply(self, path: str, body: bytes) -> Reply:
        if path not in contract.PATHS:
            return _said(404, {"error": "no such path"})
        question, _ = contract.PATHS[path]
        try:
            asked = question.model_validate_json(body)
        except ValidationError:
            return _said(400, {"error": "not by the contract"})
        found = getattr(self.register, path.removeprefix("/"))(asked)
        return _said(410, {"error": "cursor lost"}) if found is None else _said(200, found)


def _said(status: int, said: dict[str, Any]) -> Reply:
    return Reply(status, json.dumps(said, ensure_ascii=False).encode())


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    source: ReferenceSource

    def do_POST(self) -> None:
        """Answer by the contract, or change the mode."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), BODY_BYTES))
        if self.path == MODE_PATH:
            self._send(self._changed(body.decode(errors="replace").strip()), None)
        else:
            self._send(*self.source.answer(self.path, lambda name: self.headers.get(name) or "", body))

    def finish(self) -> None:
        """Let go of who asked."""
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _changed(self, mode: str) -> Reply:
        if mode in MODES:
            self.source.mode = mode
        return _said(200 if mode in MODES else 400, {"mode": self.source.mode, "modes": list(MODES)})

    def _send(self, reply: Reply, signed: str | None) -> None:
        with suppress(OSError, ValueError):  # whoever asked did not wait
            self._write(reply, {**(reply.headers or {}), **({signing.SIGNATURE: signed} if signed else {})})

    def _write(self, reply: Reply, headers: Mapping[str, str]) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.is_cut else reply.body)


def _handler(source: ReferenceSource) -> type[_Handler]:
    return type("Handler", (_Handler,), {"source": source})
