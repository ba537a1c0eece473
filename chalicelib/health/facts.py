"""What a source can report of a person: kinds of facts and the results each may have."""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from chalicelib.core.ports import Fact


class Kind(StrEnum):
    """Kinds of facts (issue contract; R3.2, R4.7)."""

    NUCLEIC_ACID = "nucleic_acid"
    VACCINATION = "vaccination"
    CASE = "case"
    CONTACT = "contact"
    CLOSED_COMMUNITY = "closed_community"
    HIGH_RISK_TRAVEL = "high_risk_travel"
    TRAVEL_CHECK = "travel_check"
    FEVER_CLINIC = "fever_clinic"
    ANTIPYRETIC = "antipyretic"


DOSES = frozenset(str(dose) for dose in range(1, 10))

RESULTS: dict[Kind, frozenset[str]] = {
    Kind.NUCLEIC_ACID: frozenset({"negative", "positive", "inconclusive"}),
    Kind.VACCINATION: DOSES,
    Kind.CASE: frozenset({"confirmed", "suspected", "asymptomatic", "recovered"}),
    Kind.CONTACT: frozenset({"close", "secondary", "released"}),
    Kind.CLOSED_COMMUNITY: frozenset({"in", "out"}),
    Kind.HIGH_RISK_TRAVEL: frozenset({"high", "medium"}),
    Kind.TRAVEL_CHECK: frozenset({"pending", "clear", "answered"}),
    Kind.FEVER_CLINIC: frozenset({""}),
    Kind.ANTIPYRETIC: frozenset({""}),
}

TRAVEL_KINDS = frozenset({Kind.HIGH_RISK_TRAVEL, Kind.TRAVEL_CHECK})
"""What the scope `travel` covers (settled reading of R0.5)."""


PLATFORM, OFFICERS = "national_platform", "officers"
"""Who reports the fact that a travel check brings, and the one that an officer's answer to a report is."""

ON_REQUEST = frozenset({PLATFORM, OFFICERS})
"""Who reports because the person asked for it, and says nothing of what the sources know (design §4, "Freshness")."""


def derived_fact_id(source: str, kind: str, occurred_at: str, place: str) -> str:
    """The id of a fact whose source gives none: the same report always gets the same one."""
    parts = "\x1f".join((source, kind, occurred_at, place))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def latest(facts: Iterable[Fact], kinds: Iterable[str]) -> Fact | None:
    """The last thing that happened among facts of these kinds; of two at one moment the later reported."""
    wanted = set(kinds)
    matching = [fact for fact in facts if fact.kind in wanted]
    return max(matching, key=lambda fact: (fact.occurred_at, fact.reported_at, fact.fact_id), default=None)


Shown = dict[str, Any] | None
"""A fact as it is shown, in a health code and in what a member shares; None where nothing was reported."""


def nucleic_acid_shown(facts: Iterable[Fact]) -> Shown:
    """The latest nucleic-acid test."""
    fact = latest(facts, [Kind.NUCLEIC_ACID])
    return None if fact is None else {"result": fact.result, "occurred_at": fact.occurred_at}


def vaccination_shown(facts: Iterable[Fact]) -> Shown:
    """The last dose, by its number."""
    doses = [fact for fact in facts if fact.kind == Kind.VACCINATION and fact.result in DOSES]
    last = max(doses, key=lambda fact: (int(fact.result), fact.occurred_at), default=None)
    return None if last is None else {"doses": int(last.result), "occurred_at": last.occurred_at}


def travel_shown(facts: Iterable[Fact]) -> Shown:
    """The latest journey or travel check."""
    fact = latest(facts, TRAVEL_KINDS)
    return None if fact is None else {"kind": fact.kind, "result": fact.result, "occurred_at": fact.occurred_at}
