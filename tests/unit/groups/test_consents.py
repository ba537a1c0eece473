"""The texts that people agree to, and the snapshot that a consent opens."""

import hashlib
import json
from datetime import date

import pytest

from chalicelib.core.ports import Fact
from chalicelib.core.texts import LANGUAGES, Language, contents
from chalicelib.groups import consents
from chalicelib.groups.consents import Scope
from chalicelib.health.facts import RESULTS, Kind

RELEASED = {
    "2026-11": "090a92b4f3c6801f89164f82ca71e6712da16e9c1c97ea2e0ef6d47d6c2f1026",
    "2026-11-22": "89d532d16152ff3a37da2b9c907918e07f7da076da820613814c052db133c1be",
}
"""Fingerprints of the texts that people agreed to. A text that was released is never changed: write a new version."""

ALL_SCOPES = [scope.value for scope in Scope]


def fingerprint(version: str) -> str:
    """SHA-256 of everything that a version says, in both languages."""
    words = json.dumps(contents("consents")[version], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()


def fact(kind: str, result: str, occurred_at: str = "2022-04-05T02:00:00Z", reported_at: str = "") -> Fact:
    """A fact of some source."""
    return Fact(f"{kind}{result}", kind, result, occurred_at, "", "lab", reported_at or occurred_at)


def test_a_released_text_never_changes() -> None:
    versions = {name for name in contents("consents") if name != "released"}

    assert {version: fingerprint(version) for version in versions} == RELEASED
    assert contents("consents")["released"] == {"current": max(versions)}
    assert all(date.fromisoformat(f"{version}-01"[:10]) for version in versions)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_names_the_organization_and_each_scope(language: Language) -> None:
    assert "“Third School”" in consents.consent_text("Third School", language)
    assert "{organization}" in consents.consent_text("{organization}", language)
    assert len({consents.scope_text(scope, language) for scope in Scope}) == len(Scope)


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_seen_under_its_own_scope_or_not_at_all(kind: Kind) -> None:
    """Cases, contacts, fever clinics: what leads to a state is never shown itself."""
    opened = {
        Kind.NUCLEIC_ACID: {"nucleic_acid"},
        Kind.VACCINATION: {"vaccination"},
        Kind.TRAVEL_CHECK: {"travel"},
        Kind.HIGH_RISK_TRAVEL: {"travel"},
    }.get(kind, set())
    for result in RESULTS[kind]:
        seen = consents.snapshot(ALL_SCOPES, [fact(kind, result)])
        assert {column for column, value in seen.items() if value is not None} == opened


def test_a_snapshot_of_somebody_unknown_is_empty() -> None:
    assert consents.snapshot(ALL_SCOPES, []) == dict.fromkeys(("nucleic_acid", "vaccination", "travel"))


def test_the_latest_counts_and_of_two_at_once_the_later_reported() -> None:
    facts = [
        fact("nucleic_acid", "positive", "2022-04-05T02:00:00Z", "2022-04-05T05:00:00Z"),
        fact("nucleic_acid", "negative", "2022-04-05T02:00:00Z", "2022-04-05T04:00:00Z"),
        fact("nucleic_acid", "inconclusive", "2022-04-05T01:59:59Z", "2022-04-06T04:00:00Z"),
    ]

    for order in (facts, facts[::-1]):
        assert consents.snapshot(["nucleic_acid"], order)["nucleic_acid"] == {
            "result": "positive",
            "occurred_at": "2022-04-05T02:00:00Z",
        }


def test_vaccination_is_the_highest_dose_whatever_its_date() -> None:
    facts = [
        fact("vaccination", "3", "2021-12-01T00:00:00Z"),
        fact("vaccination", "2", "2022-01-01T00:00:00Z"),
        fact("vaccination", "3", "2021-11-01T00:00:00Z"),
        fact("vaccination", "many"),
        fact("vaccination", "10"),
    ]

    assert consents.snapshot(["vaccination"], facts)["vaccination"] == {
        "doses": 3,
        "occurred_at": "2021-12-01T00:00:00Z",
    }


def test_a_scope_of_another_version_opens_nothing() -> None:
    seen = consents.snapshot(["everything"], [fact("nucleic_acid", "negative")])

    assert set(seen.values()) == {None}
    assert consents.in_order(["travel", "everything", "health_code", "travel"]) == ["health_code", "travel"]


def test_what_was_disclosed_is_a_mask_over_what_can_be() -> None:
    assert consents.disclosed("p", 2, []) == "p.2.3"
    assert consents.disclosed("p", 2, ALL_SCOPES) == "p.2.3f"
    assert consents.disclosed("p", 2, ["travel", "everything"]) == "p.2.23"
