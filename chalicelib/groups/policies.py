"""After how many days something of a member is overdue: what an organization's policies say, and which of them counts (R0.5).

A policy belongs to the organization or to one department with all below it, and to one type of member or to all. It may state
a period for each kind, state that this kind is never overdue, or leave the kind to the policies above it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("nucleic_acid", "travel", "vaccination")
"""What can be overdue, sorted; also the scopes that open it and the columns that show it."""

MAX_DAYS = 3650
"""The longest period: ten years, beyond which nobody means a date."""

MAX_POLICIES = 200
"""Policies of one organization. They lie in its row, which every join checks at two write units a kilobyte (decision 0016)."""

NEVER = 0
"""As a number of days: this kind is never overdue. A period has at least one day."""

EVERY_TYPE = ""
"""In place of a type: all types. A type has at least one character."""

Stated = Mapping[str, Mapping[str, Mapping[str, int]]]
"""What all policies state, as it is stored: days by path, type and kind."""

Periods = Mapping[str, int]
"""Days by kind. A kind that is missing is not stated, or, of a member, never overdue."""


@dataclass(frozen=True)
class Policy:
    """What is stated at one place for one type of member; `type` is None for all types."""

    path: str
    type: str | None
    days: Periods

    @property
    def department_id(self) -> str | None:
        """The department that it belongs to; None for the organization itself."""
        return self.path.strip("/").rpartition("/")[2] or None


@dataclass(frozen=True)
class PolicySet:
    """All policies of an organization, and the version that counts their changes."""

    version: int
    stated: Stated

    def __iter__(self) -> Iterator[Policy]:
        """Every policy, the organization's own first, then by path and type."""
        for path, by_type in sorted(self.stated.items()):
            for type_, days in sorted(by_type.items()):
                yield Policy(path, type_ or None, days)

    def __len__(self) -> int:
        """How many policies there are."""
        return sum(map(len, self.stated.values()))

    def of(self, path: str, type_: str) -> Periods:
        """The periods of a member: the nearest department that states a kind, and there the own type before all types."""
        found: dict[str, int] = {}
        for level in upward(path):
            by_type = self.stated.get(level, {})
            for days in (by_type.get(type_, {}), by_type.get(EVERY_TYPE, {})):
                found = {**days, **found}
        return {kind: days for kind, days in found.items() if days != NEVER}

    def with_policy(self, policy: Policy) -> Stated:
        """What is stored once this policy stands in place of the one of the same path and type."""
        changed = self._copy()
        changed.setdefault(policy.path, {})[policy.type or EVERY_TYPE] = dict(policy.days)
        return changed

    def without(self, path: str, type_: str | None) -> Stated:
        """What is stored once there is no policy of this path and type."""
        changed = self._copy()
        changed.get(path, {}).pop(type_ or EVERY_TYPE, None)
        return {path: by_type for path, by_type in changed.items() if by_type}

    def beside(self, path: str) -> Stated:
        """What is stored once the department at this path is gone, with all below it."""
        return {where: by_type for where, by_type in self._copy().items() if not where.startswith(path)}

    def _copy(self) -> dict[str, dict[str, Periods]]:
        return {path: dict(by_type) for path, by_type in self.stated.items()}


def is_stored_form(value: Any) -> bool:
    """Whether this can be the `stated` of a PolicySet, so that a damaged row is told from a right one."""
    return isinstance(value, dict) and all(
        isinstance(by_type, dict) and all(map(_is_periods, by_type.values())) for by_type in value.values()
    )


def _is_periods(days: Any) -> bool:
    return isinstance(days, dict) and all(
        kind in KINDS and type(number) is int and 0 <= number <= MAX_DAYS for kind, number in days.items()
    )


def upward(path: str) -> Iterator[str]:
    """The path and all above it, nearest first: `/a/b/`, `/a/`, `/`."""
    names = path.split("/")[1:-1]
    for depth in range(len(names), -1, -1):
        yield "/" + "".join(f"{name}/" for name in names[:depth])
