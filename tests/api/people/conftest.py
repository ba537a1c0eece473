"""Time and policy as a test of people wants them."""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.core import clock, settings
from chalicelib.core.city import City
from chalicelib.core.clock import FrozenClock
from tests.support.events import Events

Policy = Callable[..., City]
_DAYS = itertools.count(start=10, step=17)
# No test moves time on by a multiple of 17 days, so none comes to the first day of another.


@pytest.fixture
def later() -> Iterator[FrozenClock]:
    """A clock that stands at the beginning of a city's day which no other test has, so that nothing was counted on it yet.

    It lies ahead of the real time, for the emulator removes what has expired by its own clock.
    """
    today = clock.now().astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=0, minute=0, second=0, microsecond=0)
    with clock.frozen(today + timedelta(days=next(_DAYS))) as frozen:
        yield frozen


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """What the service says in its event log from now on."""
    return Events(monkeypatch)


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch) -> Policy:
    """Gives the city other numbers for one test: `policy(sms={"limits": {"per_address_hour": 2}})`."""

    def change(**tables: dict[str, object]) -> City:
        city = settings.settings().city
        updated = City.model_validate(_merged(city.model_dump(mode="json"), tables))
        monkeypatch.setattr(settings, "load_city", lambda _: updated)
        return updated

    return change


def _merged(old: dict[str, object], new: dict[str, dict[str, object]] | dict[str, object]) -> dict[str, object]:
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged
