"""What is counted of a check-in: which numbers of its place and day, of its sub-district and of the city it is part of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from pynamodb.attributes import BooleanAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core import clock
from chalicelib.core.errors import Broken
from chalicelib.core.settings import settings
from chalicelib.core.store import RawItem, maybe
from chalicelib.places.tables import CheckinsTable, read_part

CITY_SHARDS = 64
"""Parts of a city's numbers of a day, so that no key takes more than 500 writes a second (design §9; `python -m bench.census`)."""

ALL, OUT, ALARM, WORRYING = "all", "out", "alarm", "worrying"
"""Names of numbers: check-ins, check-outs, sirens, and what early warnings count (fever or a state that sounds the siren, R2.7)."""

GATE, STATE, TEMPERATURE, MODE, RELATION, BY = "gate", "state", "temperature", "mode", "relation", "by"
"""What check-ins are told apart by; a number's name goes on with which."""

FEVER = "fever"
UNREADABLE = {"unreadable": 1}
"""What a check-in is part of that can't be read."""

EXTRA_DAYS = 2
"""How much longer numbers are kept than what was counted: as long as its last removal may be on its way through the stream."""

_OF_CITY = re.compile(rf"[0-9]{{2}}#({ALL}|{WORRYING})|({STATE}|{TEMPERATURE})#.*")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")


class CountedCheckin(CheckinsTable):
    """As much of a check-in as is counted, so that nothing else in it can make it unreadable."""

    at = UnicodeAttribute()
    gate_id = maybe(UnicodeAttribute)
    mode = UnicodeAttribute()
    state = UnicodeAttribute()
    alarm = BooleanAttribute()
    temperature = maybe(UnicodeAttribute)
    relation = maybe(UnicodeAttribute)
    by = maybe(UnicodeAttribute)
    out_at = maybe(UTCDateTimeAttribute)


class KeptCheckin(CheckinsTable):
    """Until when a check-in is kept."""

    expires_at = TTLAttribute()


class RecountMark(CheckinsTable):
    """What a recount puts among a day's check-ins for a moment, to see in the stream how far they are counted. It is none."""

    mark = UnicodeAttribute()

    SORT_KEY = "RECOUNT"
    """Behind every check-in, whose sort keys begin with a digit."""

    @classmethod
    def mark_in(cls, image: RawItem | None) -> str | None:
        """The mark of a stored form; None if it was taken away, or can't be read."""
        try:
            return None if image is None else cls.from_raw_data(image).mark
        except Broken:
            return None


@dataclass(frozen=True)
class Part:
    """What the partition key of check-ins says, which is the scope of their numbers too."""

    place_id: str
    day: date

    @classmethod
    def of(cls, key: str) -> "Part":
        """What a key says. Raises Broken for one that no check-in has."""
        place_id, day, _ = read_part(key)
        return cls(place_id, day)

    @property
    def city_scope(self) -> str:
        """Where the city's numbers lie to which the place contributes."""
        return city_scope(self.day, sha256(self.place_id.encode()).digest()[0] % CITY_SHARDS)

    @property
    def counted_until(self) -> datetime:
        """When the numbers of the day are gone."""
        city = settings().city
        return clock.midnight(city.time_zone, self.day + timedelta(days=city.retention.checkins + EXTRA_DAYS))


def city_scope(day: date, shard: int) -> str:
    """Where a part of the city's numbers of a day lies."""
    return f"city#{day}#{shard}"


def subdistrict_scope(subdistrict: str, day: date) -> str:
    """Where the numbers of a sub-district lie that early warnings go by."""
    return f"subdistrict#{subdistrict}#{day}"


def hourly(hour: int, name: str) -> str:
    """The name of a number of one hour, 0 to 23, of the city's clock."""
    return f"{hour:02d}#{name}"


def named(kind: str, which: str) -> str:
    """The name of a number of what check-ins are told apart by."""
    return f"{kind}#{which}"


def contribution(image: RawItem | None) -> dict[str, int]:
    """The numbers of its place and day that a stored check-in is part of; none for one that is not there.

    A total function of what is stored, as `groups.counting.contribution` is.
    """
    if image is None:
        return {}
    try:
        return counted(CountedCheckin.from_raw_data(image))
    except Broken:
        return dict(UNREADABLE)


def is_over(image: RawItem | None) -> bool:
    """Whether the time of a stored check-in is over. Its numbers are shown to nobody any more, and expire by themselves."""
    try:
        return image is not None and bool(KeptCheckin.from_raw_data(image).expires_at <= clock.now())
    except Broken:
        return False


def counted(row: CountedCheckin) -> dict[str, int]:
    """The same of a check-in that was read. What can't be understood in it makes it an unreadable one."""
    try:
        return dict.fromkeys(_names(row), 1)
    except Broken:
        return dict(UNREADABLE)


def of_city(numbers: Mapping[str, int]) -> dict[str, int]:
    """What of a change is counted for the whole city too: hours, states and temperatures."""
    return {name: change for name, change in numbers.items() if _OF_CITY.fullmatch(name)}


def worrying(numbers: Mapping[str, int]) -> dict[str, int]:
    """What of a change early warnings go by."""
    return {name: change for name, change in numbers.items() if name.endswith(f"#{WORRYING}")}


def _names(row: CountedCheckin) -> set[str]:
    kinds = (
        (GATE, row.gate_id),
        (STATE, row.state),
        (TEMPERATURE, row.temperature),
        (MODE, row.mode),
        (RELATION, row.relation),
    )
    if not all(_WORD.fullmatch(which) for _, which in (*kinds, (BY, row.by)) if which is not None):
        raise Broken
    is_worrying = bool(row.alarm) or row.temperature == FEVER
    hour = _hour(row.at)
    names = {hourly(hour, ALL), *(named(kind, which) for kind, which in kinds if which is not None)}
    names |= {hourly(hour, WORRYING)} if is_worrying else set()
    names |= {ALARM} if row.alarm else set()
    names |= {OUT} if row.out_at is not None else set()
    return names | _own_work(row, is_worrying=is_worrying)


def _own_work(row: CountedCheckin, *, is_worrying: bool) -> set[str]:
    """The numbers of whoever scanned."""
    if row.by is None:
        return set()
    own = {f"{named(BY, row.by)}#{ALL}"}
    return own | ({f"{named(BY, row.by)}#{WORRYING}"} if is_worrying else set())


def _hour(at: str) -> int:
    if not clock.is_moment(at):
        raise Broken
    return clock.local(settings().city.time_zone, datetime.fromisoformat(at)).hour
