"""How often something may be done in a window of time: counted first, by one conditional write, then done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.errors import GatebookError
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.people.tables.logins import CountRow

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def minute_window(at: datetime) -> str:
    """The name of the minute in which a moment lies."""
    return f"minute#{at:%Y-%m-%dT%H:%M}"


def hour_window(at: datetime) -> str:
    """The name of the UTC hour in which a moment lies."""
    return f"hour#{at:%Y-%m-%dT%H}"


def day_window(at: datetime) -> str:
    """The name of the city's calendar day in which a moment lies: "tomorrow" is what people there take for it."""
    return f"day#{clock.local_day(settings().city.time_zone, at)}"


@dataclass(frozen=True)
class Window:
    """So many of something for one subject in one window of time."""

    subject: str
    name: str
    limit: int
    lasts: timedelta


def today(subject: str, what: str, limit: int) -> Window:
    """So many of something for one subject in the present day of the city."""
    return Window(subject, f"{what}#{day_window(clock.now())}", limit, DAY)


def count_one(transaction: Transaction, window: Window, otherwise: GatebookError) -> None:
    """Count one more in the window, or refuse with `otherwise` if the limit is reached."""
    actions = [CountRow.counted.add(1), CountRow.expires_at.set(clock.now() + 2 * window.lasts)]
    transaction.update(CountRow.of(window.subject, window.name), actions, _below(window.limit), otherwise)


def _below(limit: int) -> Condition:
    below: Condition = CountRow.counted.does_not_exist() | (CountRow.counted < limit)
    return below


def take_back(transaction: Transaction, subject: str, window: str) -> None:
    """Count one less, for what turned out to be no abuse."""
    actions = [CountRow.counted.add(-1), CountRow.expires_at.set(clock.now() + 2 * DAY)]
    transaction.update(CountRow.of(subject, window), actions)


def counted(subject: str, window: str) -> int:
    """How many were counted in the window."""
    key = CountRow.of(subject, window)
    row = store.read_together([key]).get(key)
    return int(row.counted) if row else 0


def seconds_left(lasts: timedelta) -> int:
    """Seconds until the present window ends, at least one: a day is the city's, anything shorter is UTC's."""
    if lasts == DAY:
        return clock.seconds_to_midnight(settings().city.time_zone, clock.now())
    length = int(lasts.total_seconds())
    return length - clock.epoch() % length
