"""Findings of general checkers that stand, from `acknowledged.toml`: none may be missing there, and none may have gone."""

import re
import tomllib
from pathlib import Path
from typing import Any

Finding = tuple[str, str]
"""A rule, and the logical id of what breaks it."""

ACKNOWLEDGED: dict[str, list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


def unacknowledged(tool: str, found: list[Finding]) -> list[Finding]:
    """What a tool found that must be put right or acknowledged."""
    return [one for one in found if not any(_covers(entry, one) for entry in ACKNOWLEDGED[tool])]


def outdated(tool: str, found: list[Finding]) -> list[str]:
    """The rules of acknowledgements that cover nothing any more."""
    return [entry["rule"] for entry in ACKNOWLEDGED[tool] if not any(_covers(entry, one) for one in found)]


def _covers(entry: dict[str, Any], finding: Finding) -> bool:
    rule, resource = finding
    return rule.startswith(entry["rule"]) and re.fullmatch(entry.get("resource", ".*"), resource) is not None
