"""The only clock: every moment is aware UTC, every stored or compared moment whole seconds since 1970.

Nothing else may ask the operating system for the time, so a test moves time for all threads at once.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

_source: Callable[[], float] = time.time


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.fromtimestamp(_source(), UTC)


def epoch() -> int:
    """Return the present moment as whole seconds since 1970-01-01T00:00:00Z."""
    return int(_source())


def local_day(zone: str, at: datetime) -> date:
    """Return the calendar day on which the aware moment `at` falls in the IANA time zone `zone`."""
    return _aware(at).astimezone(ZoneInfo(zone)).date()


def local(zone: str, at: datetime) -> datetime:
    """Return the aware moment `at` as the clocks of the IANA time zone `zone` show it."""
    return _aware(at).astimezone(ZoneInfo(zone))


def seconds_to_midnight(zone: str, at: datetime) -> int:
    """Return the seconds, at least one, from the aware moment `at` until the next day begins in the IANA time zone `zone`."""
    tomorrow = midnight(zone, local_day(zone, at) + timedelta(days=1))
    return max(1, int((tomorrow - _aware(at)).total_seconds()))


def midnight(zone: str, day: date) -> datetime:
    """Return the moment, aware, in UTC, at which a calendar day begins in the IANA time zone `zone`."""
    return datetime.combine(day, time_of_day(), ZoneInfo(zone)).astimezone(UTC)


def iso(at: datetime | int) -> str:
    """Return an aware moment, or seconds since 1970, as RFC 3339 in UTC to the second: `2022-04-06T01:02:03Z`."""
    moment = datetime.fromtimestamp(at, UTC) if isinstance(at, int) else _aware(at).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def is_moment(text: object) -> bool:
    """Tell whether something stored is a moment as `iso` writes them, or another that names its offset."""
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


class FrozenClock:
    """Time as a test wants it: it stands still until `tick` moves it."""

    def __init__(self, at: datetime) -> None:
        self._seconds = _aware(at).timestamp()

    def __call__(self) -> float:
        """Return the frozen moment in seconds since 1970."""
        return self._seconds

    def tick(self, seconds: float) -> None:
        """Move time on by `seconds`, for every thread; negative moves it back."""
        self._seconds += seconds


@contextmanager
def frozen(at: datetime) -> Iterator[FrozenClock]:
    """Stop the clock at the aware moment `at` for all threads until the block ends; for tests."""
    global _source  # noqa: PLW0603  one clock for the whole process is the point
    before, stopped = _source, FrozenClock(at)
    _source = stopped
    try:
        yield stopped
    finally:
        _source = before


def _aware(at: datetime) -> datetime:
    """Return `at` as it is; ValueError if it names no time zone, for nobody knows when that would be."""
    if at.tzinfo is None:
        message = "a moment without a time zone"
        raise ValueError(message)
    return at
