"""What a person is shown of their facts beside the status: kept on their own row, so that a health code is one read."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.core.clock import is_moment
from chalicelib.core.ports import Fact
from chalicelib.health.facts import ON_REQUEST, nucleic_acid_shown, travel_shown, vaccination_shown

CAUSE = ("kind", "result", "occurred_at", "place", "source", "reported_at")
"""What is shown of the fact that caused the state, with who reported it and when (B2, B3)."""

EVENTS: Mapping[str, Mapping[str, type]] = {
    "nucleic_acid": {"result": str, "occurred_at": str},
    "vaccination": {"doses": int, "occurred_at": str},
    "travel": {"kind": str, "result": str, "occurred_at": str},
    "cause": dict.fromkeys(CAUSE, str),
}
"""What it holds, each of it None or something that happened, with these columns."""

Known = dict[str, Any]


def known_of(facts: Sequence[Fact], cause: Fact | None) -> Known:
    """What is shown of these facts, one of which caused the state, and when a source last reported any of them.

    What the person can bring about themself is no report: nobody makes their own status fresh.
    """
    return {
        "nucleic_acid": nucleic_acid_shown(facts),
        "vaccination": vaccination_shown(facts),
        "travel": travel_shown(facts),
        "cause": None if cause is None else {name: getattr(cause, name) for name in CAUSE},
        "reported_at": max((fact.reported_at for fact in facts if fact.source not in ON_REQUEST), default=None),
    }


def is_whole(known: Any) -> bool:
    """Whether something stored has the form that `known_of` gives it."""
    if not isinstance(known, dict) or not known.keys() >= {*EVENTS, "reported_at"}:
        return False
    reported_at = known["reported_at"]
    return all(is_event(name, known[name]) for name in EVENTS) and (reported_at is None or is_moment(reported_at))


def is_event(name: str, event: Any) -> bool:
    """Whether one part of what is known is None or has its form."""
    if not isinstance(event, dict):
        return event is None
    columns = EVENTS[name]
    is_formed = event.keys() == columns.keys() and all(type(event[one]) is kind for one, kind in columns.items())
    return is_formed and all(is_moment(event[one]) for one in columns if one.endswith("_at"))
