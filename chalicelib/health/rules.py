"""What a person's facts come to by the city's published rules: pure, and the same for facts in any order (R3.2, R4.7)."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.core import clock
from chalicelib.core.ports import Fact
from chalicelib.core.scheme import Rule, Scheme

_DIVISION = re.compile(r"[1-9][0-9]{5}(?:[0-9]{3}){0,2}")
"""A code of GB/T 2260, or of a sub-district or community below it (GB/T 10114)."""

_Told = tuple[datetime, str]
"""When something happened, and when it was reported."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Judgement:
    """A state, and why it is so (B2).

    `rule` and `fact` are None in the normal state. `since` is when the state began, by what is known now: None for the normal one
    of somebody who was never in another. `until` is the next moment at which the judgement changes if nothing is reported.
    """

    state: str
    rule: str | None = None
    fact: Fact | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class _Cause:
    """A fact that a rule goes by, from its moment to the end of the rule's window or what cleared it."""

    rank: int
    rule: Rule
    fact: Fact
    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end

    @property
    def weight(self) -> tuple[object, ...]:
        """What decides between causes: the worst state, then the latest end; the rest only makes the order total."""
        fact = self.fact
        return self.rank, self.end, self.start, self.rule.name, fact.fact_id, fact.reported_at, fact.place, fact.source


def judge(scheme: Scheme, zone: str, facts: Iterable[Fact], at: datetime) -> Judgement:
    """What the facts of a person come to at the aware moment `at`, by the days of the IANA time zone `zone`.

    The worst state wins; of several causes of it the one that ends last is named. A fact that is dated later than `at` counts
    from its moment on. Raises ValueError for a fact whose `occurred_at` is no moment.
    """
    causes = sorted(_causes(scheme, zone, facts), key=lambda cause: cause.weight, reverse=True)
    worst = _worst(causes, at)
    return Judgement(
        worst.rule.state if worst else scheme.normal.name,
        worst.rule.name if worst else None,
        worst.fact if worst else None,
        _since(causes, at),
        _until(causes, at),
    )


def _worst(causes: Sequence[_Cause], at: datetime) -> _Cause | None:
    """The cause that is shown, of causes by falling weight."""
    return next((cause for cause in causes if cause.holds(at)), None)


def _rank(causes: Sequence[_Cause], at: datetime) -> int:
    worst = _worst(causes, at)
    return worst.rank if worst else 0


def _since(causes: Sequence[_Cause], at: datetime) -> datetime | None:
    """When the present state began: the earliest moment from which on nothing changed it."""
    rank, began = _rank(causes, at), None
    for moment in sorted({one for one in _moments(causes) if one <= at}, reverse=True):
        if _rank(causes, moment) != rank:
            break
        began = moment
    return began


def _until(causes: Sequence[_Cause], at: datetime) -> datetime | None:
    """The next moment at which another cause is shown, or none; None if there is no such moment."""
    now = _worst(causes, at)
    later = sorted({one for one in _moments(causes) if at < one < _NEVER})
    return next((moment for moment in later if _worst(causes, moment) != now), None)


def _moments(causes: Sequence[_Cause]) -> Iterator[datetime]:
    """Every moment at which something begins or ends."""
    for cause in causes:
        yield from (cause.start, cause.end)


def _causes(scheme: Scheme, zone: str, facts: Iterable[Fact]) -> Iterator[_Cause]:
    """Every fact that a rule goes by, as long as it does."""
    by_result: dict[tuple[str, str], list[tuple[datetime, Fact]]] = defaultdict(list)
    for fact in facts:
        by_result[fact.kind, fact.result].append((datetime.fromisoformat(fact.occurred_at), fact))
    for rule in scheme.rules:
        cleared = sorted((moment, one.reported_at) for key in rule.clearings for moment, one in by_result.get(key, ()))
        for start, fact in _matching(rule, by_result):
            end = min(_window_end(rule, zone, start), _cleared_at(cleared, (start, fact.reported_at)))
            if start < end:
                yield _Cause(scheme.rank(rule.state), rule, fact, start, end)


def _matching(
    rule: Rule, by_result: Mapping[tuple[str, str], Sequence[tuple[datetime, Fact]]]
) -> Iterator[tuple[datetime, Fact]]:
    """The facts that a rule goes by, with their moments."""
    for result in set(rule.results):
        for moment, fact in by_result.get((rule.fact, result), ()):
            if _is_within(rule.area, fact.place):
                yield moment, fact


def _is_within(area: str | None, place: str) -> bool:
    """Whether a place may lie in an area: it does unless it is the code of a division outside."""
    if area is None or _DIVISION.fullmatch(place) is None:
        return True
    division = re.sub(r"(00)+$", "", place[:6])
    return division.startswith(area) or area.startswith(division)


def _window_end(rule: Rule, zone: str, start: datetime) -> datetime:
    """The midnight of the city at which a rule's window closes; the end of the calendar if it never does."""
    if rule.days is None:
        return _NEVER
    try:
        return clock.midnight(zone, clock.local_day(zone, start) + timedelta(days=rule.days + 1))
    except OverflowError:
        return _NEVER


def _cleared_at(cleared: Sequence[_Told], start: _Told) -> datetime:
    """The first of these moments, in order, that is not before `start`; the end of the calendar if there is none.

    Of two things that happened at one moment, as all of one day do where a source knows days alone, the later told counts.
    """
    following = bisect_left(cleared, start)
    return cleared[following][0] if following < len(cleared) else _NEVER
