"""What a change of a person's status causes: its row in the history, and whatever the features above hang on it.

The record says which change it was, the table what the person's status is by now. So a record may come twice, late or after
its like; one that comes again from the queue of retries, by its key alone, stands for every change of late, for whichever of
them it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core import clock, store
from chalicelib.core.store import RawItem
from chalicelib.core.streams import BatchAnswer, Change, LambdaEvent, changes, consume
from chalicelib.health.service.history import history_row
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.status import StatusRow

RETRIES = "people_retries"
"""The queue of changes that are tried again."""

PERSON = PersonRow.of("").range_value
"""The sort key of a person's own row, which alone says a status."""

LOOKED_BACK = 100
"""Versions that are looked through for those with which states began, where a record comes by its key alone."""

LATE = timedelta(days=15)
"""What began before that needs nothing more, but for the present state: a parked record is kept for 14 days (decision 0012)."""


@dataclass(frozen=True)
class Began:
    """That a state began: with which version of the status, and when that was computed."""

    state: str
    version: int
    at: datetime


@dataclass(frozen=True)
class StatusChange:
    """A change of the status of a person, who is given as stored now; `began` is None if the state stayed what it was."""

    person: PersonRow
    began: Began | None


StatusHook = Callable[[StatusChange], None]


class PeopleEffects:
    """Consumes the stream of `people`. What changes no status costs nothing.

    `effects_version` follows last, so that a person whose effects were lost is told from others by their own row.
    """

    def __init__(self) -> None:
        """Start without reactions; features above register theirs."""
        self._hooks: list[StatusHook] = []

    def on_status_changed(self, hook: StatusHook) -> None:
        """Register what happens when the status of a person changed. It may be called twice, late, and in any order."""
        self._hooks.append(hook)

    def handle(self, event: LambdaEvent) -> BatchAnswer:
        """Handle a Lambda event of the stream or of the queue of retries."""
        return consume(changes(event), self._react, RETRIES)

    def _react(self, change: Change) -> None:
        if not _is_of_status(change):
            return
        person = _person(change.text("person_id"))
        seen = person if change.new is None else _as_it_was(change.new)
        if seen is None or seen.state is None or seen.status_at is None:
            return
        if person is None or person.verified_at is None or person.enrolment != seen.enrolment:
            _forget(seen)
            return
        _keep(seen)
        for began in _began(change, seen):
            for hook in self._hooks:
                hook(StatusChange(person, began))
        _finish(seen)


def _is_of_status(change: Change) -> bool:
    """Whether a change of a row is one of a status, or of how far it can be gone by, as far as the record says."""
    if change.text("sk") != PERSON:
        return False
    return change.again or (change.new is not None and _said(change.new) != _said(change.old))


def _said(image: RawItem | None) -> tuple[Mapping[str, str], ...]:
    """What a stored form of a person says of their status."""
    return tuple((image or {}).get(name, {}) for name in ("status_version", "stale_since"))


def _person(person_id: str) -> PersonRow | None:
    key = PersonRow.of(person_id)
    return store.read_together([key]).get(key)


def _as_it_was(image: RawItem) -> PersonRow:
    """A person as a record has them. What is sealed comes as text there, and nobody wants it here."""
    return PersonRow.from_raw_data({name: value for name, value in image.items() if "B" not in value})


def _keep(seen: PersonRow) -> None:
    """Keep the status in the person's history; again is the same row."""
    if (row := history_row(seen)) is not None:
        store.put(row)


def _forget(seen: PersonRow) -> None:
    """Take back what may have been kept of a life that is over: it may have ended between the look at it and the write."""
    store.delete(StatusRow.of(seen.person_id, int(seen.status_version)), StatusRow.enrolment == seen.enrolment)


def _began(change: Change, seen: PersonRow) -> Sequence[Began | None]:
    """With what the state of a status began, if it is for this change to say so; by a key alone all that began of late."""
    if not change.again:
        before = (change.old or {}).get("state", {}).get("S")
        return [None if before == seen.state else _beginning(seen)]
    kept = StatusRow.sk.startswith(StatusRow.PREFIX)
    found = store.query(StatusRow, seen.person_id, kept, limit=LOOKED_BACK, newest_first=True).rows
    begun: list[Began | None] = []
    older: StatusRow | None = None
    for row in (row for row in reversed(found) if _is_told(row, seen)):
        if older is None or row.state != older.state:
            begun.append(_beginning(row))
        older = row
    *earlier, last = begun or [_beginning(seen)]
    return [*(one for one in earlier if one is not None and one.at > clock.now() - LATE), last]


def _is_told(row: StatusRow, seen: PersonRow) -> bool:
    """Whether a row of the history is of this life, and its time is not over."""
    return bool(row.enrolment == seen.enrolment and row.expires_at > clock.now())


def _beginning(status: PersonRow | StatusRow) -> Began | None:
    if status.state is None or status.status_at is None:
        return None
    return Began(status.state, int(status.status_version), status.status_at)


def _finish(seen: PersonRow) -> None:
    """Note that the last effect is done; a newer version that was noted stays. A life that ended meanwhile leaves no history."""
    version = int(seen.status_version)
    behind = PersonRow.effects_version.does_not_exist() | (PersonRow.effects_version < version)
    done = PersonRow.effects_version.set(version)
    if store.update(seen.own_key, [done], (PersonRow.enrolment == seen.enrolment) & behind) is None:
        person = _person(seen.person_id)
        if person is None or person.enrolment != seen.enrolment:
            _forget(seen)
