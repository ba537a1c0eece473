"""Statuses in tests: changed as `health` changes them, with the record that the stream brings, and what came of it in books."""

from datetime import datetime
from typing import Any

import app
from chalicelib.alerts.tables import AlertRow
from chalicelib.core import clock, store
from chalicelib.core.runs import mark_complete
from chalicelib.core.settings import settings
from chalicelib.health.people_effects import RETRIES
from chalicelib.people.tables.people import SEGMENTS, PersonRow
from chalicelib.people.tables.status import StatusRow
from tests.support import messages
from tests.support.books import membership_row, person_id_of, person_key
from tests.support.lambdas import batch, stored_record
from tests.support.people import TestPerson


def states() -> list[str]:
    """The city's states, mild to worst."""
    return [state.name for state in settings().city.scheme.states]


def person_row(person: TestPerson) -> PersonRow:
    """A person as they are stored."""
    key = person_key(person)
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def computed_at(person: TestPerson) -> datetime:
    """When a person's status was computed."""
    at = person_row(person).status_at
    assert at is not None
    return at


def turn(person: TestPerson, state: str, **columns: Any) -> dict[str, Any]:
    """Give a person another status, and return the record of it, which nobody consumed yet."""
    before, now = person_row(person), clock.now().replace(microsecond=0)
    after: dict[str, Any] = {"state": state, "state_since": now, "status_at": now, **columns}
    version = int(before.status_version) + 1
    actions = store.assign(PersonRow, {**after, "status_version": version, "known": None})
    written = store.update(before.own_key, actions)
    assert written is not None
    return stored_record(written, before)


def to_people(*records: dict[str, Any]) -> Any:
    """Let the consumer have records of the stream or of the queue of retries."""
    return app.people_stream(batch(*records), None)


def retried(person: TestPerson) -> dict[str, Any]:
    """A person's key as it comes from the queue of retries."""
    from chalicelib.core import queues

    messages.take(RETRIES)
    queues.send(RETRIES, {"keys": person_key(person).raw()})
    (message,) = messages.take(RETRIES)
    return message


def history(person: TestPerson) -> list[tuple[int, str]]:
    """The versions and states that are kept of a person, oldest first."""
    rows = store.query_all(StatusRow, person_id_of(person), StatusRow.sk.startswith(StatusRow.PREFIX))
    return [(int(row.status_version), row.state) for row in rows]


def done(person: TestPerson) -> int:
    """The version whose last effect is done."""
    return int(person_row(person).effects_version)


def held(org_id: str, person: TestPerson) -> tuple[str | None, int | None]:
    """State and version that a book holds of a member."""
    row = membership_row(org_id, person)
    assert row is not None
    version = row.status_version
    return (row.status or {}).get("state"), None if version is None else int(version)


def alerts(org_id: str) -> list[tuple[str, int]]:
    """The alerts of an organization: of which member, and of which version of their status."""
    rows = store.query_all(AlertRow, org_id, AlertRow.alert_id < "A")
    return sorted((row.member_id, int(row.status_version)) for row in rows)


def versions(org_id: str) -> list[int]:
    """The versions of which an organization with one member was told."""
    return [version for _, version in alerts(org_id)]


def fresh(at: datetime | None = None) -> None:
    """Let everything that the sources know be stored."""
    mark_complete(SEGMENTS, at or clock.now())
