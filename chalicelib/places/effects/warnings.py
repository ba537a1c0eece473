"""Early warning: check-ins with fever or an alarming state that come together (R2.7). Numbers only, nobody's names."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from chalicelib.core import clock, store
from chalicelib.core.counters import CounterRow, Step
from chalicelib.core.settings import settings
from chalicelib.core.store import Key
from chalicelib.groups.legible import legible
from chalicelib.places.counting import WORRYING, Part, hourly, subdistrict_scope, worrying
from chalicelib.places.tables import PlaceRow, parts_of
from chalicelib.places.tables.warnings import WarningRow

KEPT = timedelta(days=28)
"""How long a warning can be read: two incubation periods, as long as any city keeps visits."""


def warn(key: str, steps: Sequence[Step]) -> None:
    """Look at a place and its sub-district after something worrying was counted there, and store a warning where it is due."""
    if not any(worrying(step.changes) for step in steps):
        return
    part = Part.of(key)
    place_key = PlaceRow.of(part.place_id, consistent=False)
    place = legible(store.read_together([place_key]), place_key)
    if place is None:
        return
    limits = settings().city.places.warnings
    at_place = _amount(list(_of_place(place)))
    if at_place >= limits.per_place:
        _store(f"place#{part.place_id}", place, at_place, part.place_id)
    around = _amount(list(_of_subdistrict(place.subdistrict)))
    if around >= limits.per_subdistrict:
        _store(f"subdistrict#{place.subdistrict}", place, around, None)


def _hours() -> Iterator[datetime]:
    """A moment in each hour that counts, in the city's own time, the present one first."""
    city = settings().city
    now = clock.local(city.time_zone, clock.now())
    yield from (now - timedelta(hours=back) for back in range(city.places.warnings.hours))


def _of_place(place: PlaceRow) -> Iterator[Key[CounterRow]]:
    for hour in _hours():
        day = hour.date()
        for part in parts_of(place.place_id, day, place.shards_on(day)):
            yield CounterRow.of(part, hourly(hour.hour, WORRYING))


def _of_subdistrict(subdistrict: str) -> Iterator[Key[CounterRow]]:
    for hour in _hours():
        yield CounterRow.of(subdistrict_scope(subdistrict, hour.date()), hourly(hour.hour, WORRYING))


def _amount(keys: Sequence[Key[CounterRow]]) -> int:
    rows = store.read_together(keys)
    return sum(int(row.amount) for key in dict.fromkeys(keys) if (row := rows.get(key)) is not None)


def _store(about: str, place: PlaceRow, amount: int, place_id: str | None) -> None:
    """Store the day's warning, or how many it is about by now."""
    at = clock.now()
    city = settings().city
    key = WarningRow.of(clock.local_day(city.time_zone, at), about)
    row = WarningRow(
        key.hash_value,
        key.range_value,
        place_id=place_id,
        subdistrict=place.subdistrict,
        amount=amount,
        hours=city.places.warnings.hours,
        at=at,
        expires_at=at + KEPT,
    )
    store.put(row)
