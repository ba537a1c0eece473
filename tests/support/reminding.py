"""Reminders in tests: members with phones who were tested some days ago, and the job as it runs every quarter of an hour."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import app
from chalicelib.alerts.tables import ChannelsRow
from chalicelib.core import clock, store
from chalicelib.core.clock import FrozenClock
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.groups import attention
from chalicelib.groups.tables import MembershipRow, OrganizationRow, ReminderReport
from chalicelib.groups.tables.reminders import QUEUE
from chalicelib.people.service.bindings import Relation
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.books import Book, Member, membership_key, membership_row, organization_key, person_id_of
from tests.support.city import TestCity
from tests.support.dependants import put_binding
from tests.support.lambdas import batch
from tests.support.people import TestPerson
from tests.support.rows import stored
from tests.support.working import Context

ZONE = "Asia/Shanghai"
_FIRST = datetime(2031, 5, 5, 0, tzinfo=UTC)
_APART = timedelta(days=100)
_TIMES = itertools.count()

DAY = timedelta(days=1)
QUARTER = 15 * 60


def eight_in_the_morning() -> datetime:
    """A morning on which nobody was looked at yet, with members of no other test due around it."""
    return _FIRST + next(_TIMES) * _APART


def with_phone(person: TestPerson) -> TestPerson:
    """Somebody who is enrolled, with the phone that they proved."""
    key = PersonRow.of(person_id_of(person))
    sealed = FieldCipher().seal(FieldClass.PHONE, f"people|{key.hash_value}|PERSON", person.phone)
    store.update(key, [PersonRow.phone_sealed.set(sealed)])
    return person


def choose(person: TestPerson, *, sms: bool = True, language: str = "zh-CN") -> None:
    """Let somebody have chosen how they want to be told."""
    key = ChannelsRow.of(person_id_of(person))
    store.put(
        ChannelsRow(key.hash_value, key.range_value, by_sms=sms, by_email=not sms, language=language, enrolment=1)
    )


def seen(days_ago: int) -> dict[str, Any]:
    """What happened to somebody so many days before now."""
    return {"result": "negative", "occurred_at": clock.iso(clock.now() - days_ago * DAY)}


def shows(org_id: str, person: TestPerson, **columns: Any) -> None:
    """Let a membership show this, as a fact that arrives does."""
    row = membership_row(org_id, person)
    assert row is not None
    attention.assign_to(row, columns)
    now = {**columns, **attention.columns(row, book_row(org_id).policy_set)}
    store.update(row.own_key, store.assign(MembershipRow, now))


def book_row(org_id: str) -> OrganizationRow:
    """A book as it is stored."""
    return OrganizationRow.from_raw_data(stored(organization_key(org_id)) or {})


def member_seen(book: Book, days_ago: int, *scopes: str, person: TestPerson | None = None) -> Member:
    """A new member with a phone, of whom everything they share happened so many days ago."""
    scopes = scopes or ("nucleic_acid",)
    member = book.member(*scopes, person=person)
    with_phone(member.person)
    shows(book.org_id, member.person, **{kind: seen(days_ago) for kind in scopes})
    return member


def dependant_of(book: Book, *guardians: Member, days_ago: int = 5) -> TestPerson:
    """A new member without a phone, for whom these act, who was tested so many days ago."""
    dependant = book.city.stranger()
    ids = [put_binding(book.city, one.person, dependant, Relation.PARENT)[0] for one in guardians]
    body = {"scopes": ["nucleic_acid"], "dependant_id": ids[0]}
    answer = guardians[0].client.post(f"/v1/invitations/{book.code}/join", body)
    assert answer.status == 201, answer.text
    shows(book.org_id, dependant, nucleic_acid=seen(days_ago))
    return dependant


def begin() -> list[dict[str, Any]]:
    """The job, as it runs every quarter of an hour; the messages that it puts on its queue."""
    app.reminders({}, None)
    return messages.take(QUEUE)


def work_off(waiting: Sequence[dict[str, Any]], passes: int = 0) -> None:
    """Deliver messages of the queue until there are none."""
    left = list(waiting)
    while left:
        assert app.reminders_worker(batch(left.pop(0)), Context(passes)) == {"batchItemFailures": []}
        left += messages.take(QUEUE)


def next_morning(frozen: FrozenClock) -> None:
    """Let it be the next nine o'clock."""
    hour = clock.local(ZONE, clock.now())
    nine = hour.replace(hour=9, minute=0, second=0, microsecond=0)
    frozen.tick(((nine if nine > hour else nine + DAY) - hour).total_seconds())


def remind() -> None:
    """The job, and all that comes of it."""
    work_off(begin())


def texts(city: TestCity, person: TestPerson) -> list[str]:
    """What somebody was told by text message, oldest first."""
    return [text for phone, text in city.sms.sent if phone == person.phone]


def due_day(org_id: str, person: TestPerson) -> str | None:
    """On which day somebody is looked at next."""
    row = membership_row(org_id, person)
    return None if row is None or row.due_day is None else row.due_day.partition("#")[0]


def day(offset: int = 0) -> str:
    """A day of the city, so many from today."""
    return str(clock.local_day(ZONE, clock.now()) + timedelta(days=offset))


def report() -> dict[str, int]:
    """What became of today's reminders; what is zero is missing."""
    key = ReminderReport.of(day())
    row = store.read_together([key]).get(key)
    names = ("sent", "failed", "unreachable", "waiting", "restood", "missed")
    return {name: int(getattr(row, name)) for name in names if row is not None and getattr(row, name)}


def stands_right(org_id: str, person: TestPerson) -> bool:
    """Whether a membership says what the newest policies make of it now."""
    key = membership_key(org_id, person)
    row = store.read_together([key]).get(key)
    assert row is not None
    now = attention.columns(row, book_row(org_id).policy_set)
    return {name: getattr(row, name) for name in now} == now
