"""What a source may do wrong, on demand: each mode changes an answer as it goes out, or instead of it."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib.core import clock

SLOW_SECONDS = 4.0
"""Longer than the city waits for a try."""

FUTURE = timedelta(days=2)


@dataclass(frozen=True)
class Reply:
    """What goes out. An unsigned one bears no signature; one that is `cut` ends in the middle of its body."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] | None = None
    is_signed: bool = True
    is_cut: bool = False


Change = Callable[[Reply], Reply]


def _slow(reply: Reply) -> Reply:
    time.sleep(SLOW_SECONDS)
    return reply


def _people(reply: Reply, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Reply:
    """The reply with its people changed; one without people as it is."""
    said = json.loads(reply.body)
    if not said.get("people"):
        return reply
    said["people"] = change(said["people"])
    return Reply(reply.status, json.dumps(said).encode())


def _every_fact(reply: Reply, **changes: str) -> Reply:
    """Each person has a fact of this kind beside what is known of them."""
    at = clock.iso(clock.now())
    fact = {
        "fact_id": "lie",
        "kind": "nucleic_acid",
        "result": "negative",
        "occurred_at": at,
        "place": "",
        "reported_at": at,
    }
    return _people(reply, lambda people: [{**one, "facts": [*one["facts"], {**fact, **changes}]} for one in people])


def _others(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everybody's facts under somebody else's document."""
    return [{**one, "document_number": one["document_number"][:-1] + "?"} for one in people]


def _future() -> str:
    return clock.iso(clock.now() + FUTURE)


MODES: Mapping[str, Change] = {
    "ok": lambda reply: reply,
    "slow": _slow,
    "429": lambda _: Reply(429, b"", headers={"Retry-After": "1"}, is_signed=False),
    "5xx": lambda _: Reply(503, b"", is_signed=False),
    "html": lambda _: Reply(200, b"<html><body>Service portal</body></html>", "text/html"),
    "gbk": lambda reply: Reply(reply.status, reply.body[:-1] + ', "note": "正常"}'.encode("gbk")),
    "other_person": lambda reply: _people(reply, _others),
    "future": lambda reply: _every_fact(reply, occurred_at=_future(), reported_at=_future()),
    "unknown_kind": lambda reply: _every_fact(reply, kind="horoscope"),
    "half_batch": lambda reply: _people(reply, lambda people: people[: len(people) // 2]),
    "cut": lambda reply: Reply(reply.status, reply.body, is_cut=True),
    "redirect": lambda _: Reply(302, b"", headers={"Location": "http://127.0.0.1:9/people"}, is_signed=False),
    "unsigned": lambda reply: Reply(reply.status, reply.body, is_signed=False),
    "forgetful": lambda reply: _people(reply, lambda people: [{**one, "known": False, "facts": []} for one in people]),
}
"""By name; `forgetful` claims to know nobody any more."""
