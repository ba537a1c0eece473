"""The numbers of a place's day, and of the city's (R2.6, B10, B15)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from chalicelib.core import clock, counters
from chalicelib.core.log import Event, emit
from chalicelib.core.settings import settings
from chalicelib.places.access import Staff
from chalicelib.places.counting import (
    ALARM,
    ALL,
    BY,
    CITY_SHARDS,
    GATE,
    MODE,
    OUT,
    RELATION,
    STATE,
    TEMPERATURE,
    WORRYING,
    city_scope,
)
from chalicelib.places.errors.records import DayNotKept
from chalicelib.places.tables import parts_of

SMALL = 5
"""A group of fewer people is not told of in public (T-39, B15)."""

HELD_SECONDS = 60
"""How long a process goes by the city's numbers that it summed up."""

Groups = Mapping[str, int]


@dataclass(frozen=True)
class Figures:
    """The numbers of one day. `own` says that they are of what the caller scanned alone; it has neither gates nor states then."""

    day: date
    visits: int = 0
    out: int = 0
    alarms: int = 0
    worrying: int = 0
    by_hour: Groups = field(default_factory=dict)
    by_gate: Groups = field(default_factory=dict)
    by_state: Groups = field(default_factory=dict)
    by_temperature: Groups = field(default_factory=dict)
    by_mode: Groups = field(default_factory=dict)
    by_relation: Groups = field(default_factory=dict)
    own: bool = False
    is_exact: bool = True


class PlaceStatistics:
    """Shows how many came, when, how, and in which state."""

    def __init__(self) -> None:
        """Hold no numbers yet."""
        self._held: Mapping[date, tuple[int, Figures]] = {}

    def of_place(self, staff: Staff, day: date | None) -> Figures:
        """The numbers of a day of a place: all for its manager, own work for everybody else (R2.6). Raises DayNotKept."""
        chosen = _kept_day(day)
        place = staff.place
        found, is_exact = _numbers(parts_of(place.place_id, chosen, place.shards_on(chosen)))
        if staff.is_manager:
            return _figures(chosen, found, is_exact=is_exact)
        own = {metric: found[f"{BY}#{staff.member_id}#{metric}"] for metric in (ALL, WORRYING)}
        return Figures(chosen, visits=own[ALL], worrying=own[WORRYING], own=True, is_exact=is_exact)

    def of_city(self, day: date | None) -> Figures:
        """The numbers of a day of the whole city as anybody may see them: no group of fewer than five. Raises DayNotKept.

        They are at most a minute old: nobody has to log in for them, and each time is a query of every part of the city.
        """
        chosen, minute = _kept_day(day), clock.epoch() // HELD_SECONDS
        held = self._held.get(chosen)
        if held is None or held[0] != minute:
            held = minute, _of_city(chosen)
            fresh = {other: kept for other, kept in self._held.items() if kept[0] == minute}
            self._held = {**fresh, chosen: held}
        return held[1]


def _of_city(chosen: date) -> Figures:
    found, is_exact = _numbers(city_scope(chosen, shard) for shard in range(CITY_SHARDS))
    whole = _figures(chosen, found, is_exact=is_exact)
    return Figures(
        chosen,
        visits=_shown(whole.visits),
        by_hour=suppressed(whole.by_hour, whole.visits),
        by_state=suppressed(whole.by_state, whole.visits),
        by_temperature=suppressed(whole.by_temperature, whole.visits),
        is_exact=is_exact,
    )


def suppressed(groups: Groups, whole: int) -> dict[str, int]:
    """Groups as they may be shown in public beside how many there were in all: none of fewer than five.

    What is left out, and what is of no group, can be reckoned from the whole. So the smallest of the others go with it until
    it is nobody, or five at least.
    """
    shown = {name: number for name, number in groups.items() if number >= SMALL}
    while shown and 0 < whole - sum(shown.values()) < SMALL:
        del shown[min(shown, key=lambda name: (shown[name], name))]
    return shown


def _shown(number: int) -> int:
    return number if number >= SMALL else 0


def _kept_day(day: date | None) -> date:
    """The day that is asked for, today without one. Raises DayNotKept for one whose visits are not kept any more, or not yet."""
    city = settings().city
    today = clock.local_day(city.time_zone, clock.now())
    chosen = day or today
    if not today - timedelta(days=city.retention.checkins) < chosen <= today:
        raise DayNotKept(fields={"days": city.retention.checkins})
    return chosen


def _numbers(scopes: Iterable[str]) -> tuple[Counter[str], bool]:
    """The numbers of several scopes together, none below zero, and whether all of them could be read."""
    found, is_exact = Counter[str](), True
    for scope in scopes:
        numbers = counters.numbers(scope)
        found.update(numbers.found)
        is_exact = is_exact and not numbers.broken
    wrong = [name for name, number in found.items() if number < 0]
    if wrong:
        emit(Event.ROW_BROKEN, table=counters.CountersTable.Meta.table, count=len(wrong))
    return Counter({name: max(0, number) for name, number in found.items()}), is_exact and not wrong


def _figures(day: date, found: Counter[str], *, is_exact: bool) -> Figures:
    by_hour = _hours(found, ALL)
    return Figures(
        day,
        visits=sum(by_hour.values()),
        out=found[OUT],
        alarms=found[ALARM],
        worrying=sum(_hours(found, WORRYING).values()),
        by_hour=by_hour,
        by_gate=_groups(found, GATE),
        by_state=_groups(found, STATE),
        by_temperature=_groups(found, TEMPERATURE),
        by_mode=_groups(found, MODE),
        by_relation=_groups(found, RELATION),
        is_exact=is_exact,
    )


def _hours(found: Mapping[str, int], metric: str) -> dict[str, int]:
    pairs = ((name.partition("#"), number) for name, number in sorted(found.items()) if number)
    return {hour: number for (hour, _, rest), number in pairs if rest == metric and hour.isdecimal()}


def _groups(found: Mapping[str, int], kind: str) -> dict[str, int]:
    prefix = f"{kind}#"
    return {
        name.removeprefix(prefix): number
        for name, number in sorted(found.items())
        if number and name.startswith(prefix)
    }
