"""Reminding one member of what is overdue: at most once for each person, kind and day, whoever asks and however often (R0.5).

Everything is read again right before, and the message is marked before it is sent: a process that dies behind the mark costs
that day's reminder and never doubles it; one that dies before it leaves the member to the next run.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from pynamodb.expressions.condition import Condition

from chalicelib.alerts.tables import ChannelsRow
from chalicelib.alerts.ways import Choice, has_phone, phone_of
from chalicelib.core import clock, ids, store
from chalicelib.core.errors import Broken, Conflict, Unavailable
from chalicelib.core.fields import FieldCipher
from chalicelib.core.log import Event, emit
from chalicelib.core.ports import SmsSender
from chalicelib.core.settings import settings
from chalicelib.core.store import Key, Transaction
from chalicelib.core.texts import Language
from chalicelib.groups import attention
from chalicelib.groups.legible import legible
from chalicelib.groups.reminder_words import reminder
from chalicelib.groups.tables import MembershipRow, OrganizationRow
from chalicelib.people.errors import SmsBudgetSpent
from chalicelib.people.service import budget
from chalicelib.people.service.bindings import guardians_of
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.reminders import RemindedRow

SHARE = 0.5
"""The part of the city's text messages that reminders may use in an hour: the rest is for codes, without which nobody logs in."""

PURPOSE = "reminder"
"""What the log calls a text message that is a reminder."""

MARK_KEPT = timedelta(days=2)
"""For how long a mark is kept: the day for which it counts, and one more."""


class Outcome(StrEnum):
    """What became of a look at a member, in the words of the day's report."""

    SENT = "sent"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    WAITING = "waiting"
    RESTOOD = "restood"


class Moved(Conflict):
    """Something that a reminder was computed from changed before it was marked; it is looked at again."""


@dataclass(frozen=True)
class _Told:
    """Somebody who is told: at which phone, in which language, and of whom if it is not themself."""

    person_id: str
    phone: str
    language: Language
    of: str | None = None


@dataclass(frozen=True)
class _Look:
    """A member who may be overdue, with all that says so."""

    row: MembershipRow
    book: OrganizationRow
    person: PersonRow
    channels: ChannelsRow | None
    marked: RemindedRow | None

    @property
    def is_due(self) -> bool:
        """Whether nobody looked at them today; the index may not know of it yet."""
        return self.row.due_day is not None and self.row.due_day.partition("#")[0] <= str(today())

    @property
    def kinds(self) -> list[str]:
        """What is overdue by the newest policies, and the person was not reminded of today."""
        overdue = attention.standing(self.row, self.book.policy_set, clock.now()).overdue
        return [kind for kind in overdue if self.reminded.get(kind) != str(today())]

    @property
    def reminded(self) -> dict[str, str]:
        """When the person was reminded of what, in this life of theirs."""
        is_theirs = self.marked is not None and self.marked.enrolment == self.person.enrolment
        return dict(self.marked.days) if self.marked is not None and is_theirs else {}


class Reminder:
    """Reminds members."""

    def __init__(self, sender: SmsSender, cipher: FieldCipher) -> None:
        """Take who carries messages, and who opens sealed phones."""
        self._sender, self._cipher = sender, cipher

    def remind(self, key: Key[MembershipRow], *, may_send: bool = True) -> Counter[Outcome]:
        """Remind a member of what is overdue, if there is anything, and put their row right for today.

        Whoever waits for the budget, or may not be sent to now, stays in the index for today. Raises Unavailable if others
        change the same rows again and again.
        """
        done = Counter[Outcome]()
        for attempt in range(store.ROUNDS):
            look = _looked(key)
            if look is None or (attempt == 0 and not look.is_due):
                return done
            try:
                done += self._once(look, may_send=may_send)
            except Moved:
                store.wait_before(attempt)
                continue
            if done[Outcome.WAITING] or not _has_newer_policies(look.book):
                return done
        raise Unavailable

    def _once(self, look: _Look, *, may_send: bool) -> Counter[Outcome]:
        """Tell whoever is to be told, then let the row stand as it is now. Raises Moved."""
        kinds, done = look.kinds, Counter[Outcome]()
        told = list(self._told(look)) if kinds else []
        if told:
            if not (may_send and has_budget(len(told))):
                return Counter({Outcome.WAITING: 1, Outcome.RESTOOD: _restand(look)})
            _mark(look, kinds)
            done.update(self._send(look, kinds, one) for one in told)
        elif kinds:
            done[Outcome.UNREACHABLE] += 1
        done[Outcome.RESTOOD] += _restand(look, is_done=True)
        return done

    def _told(self, look: _Look) -> Iterator[_Told]:
        """The member themself; for one without an account, and without a phone that is theirs, those who may act for them."""
        if look.person.account is not None or has_phone(look.person):
            yield from self._reached(look.person, look.channels)
            return
        guardians = [one.other_id for one in guardians_of(look.person)]
        keys = [(PersonRow.of(one), ChannelsRow.of(one)) for one in guardians]
        rows = store.read_together([key for pair in keys for key in pair])
        for person_key, channels_key in keys:
            person = legible(rows, person_key)
            if person is not None:
                told = self._reached(person, legible(rows, channels_key))
                yield from (replace(one, of=look.row.name_mask) for one in told)

    def _reached(self, person: PersonRow, channels: ChannelsRow | None) -> Iterator[_Told]:
        """Somebody with a phone that is theirs, who takes text messages."""
        choice = Choice.of(channels, person)
        if not (choice.sms and has_phone(person)):
            return
        try:
            yield _Told(person.person_id, phone_of(person, self._cipher), choice.language)
        except Broken:
            emit(Event.ROW_BROKEN, table=PersonRow.Meta.table, count=1)

    def _send(self, look: _Look, kinds: Sequence[str], told: _Told) -> Outcome:
        """Send one message. What the carrier does not take is not sent again: nobody knows whether it arrived."""
        words = reminder(look.book.name, kinds, told.language, told.of)
        message_id = id_of(PURPOSE, look.person.person_id, told.person_id, *kinds)
        try:
            self._sender.send(told.phone, words, told.language, message_id)
        except Exception:  # noqa: BLE001  whatever one message met, the day's mark stands and others go on
            emit(Event.SMS_FAILED, purpose=PURPOSE)
            return Outcome.FAILED
        emit(Event.SMS_SENT, purpose=PURPOSE)
        return Outcome.SENT


def today() -> date:
    """The day of the city."""
    return clock.local_day(settings().city.time_zone, clock.now())


def _looked(key: Key[MembershipRow]) -> _Look | None:
    """A member as they are now; None if they left or were erased, or their book is deleted.

    Raises Broken.
    """
    place = OrganizationRow.of(key.hash_value)
    rows = store.read_together([key, place])
    row, book = rows.get(key), rows.get(place)
    if row is None or book is None or book.deleted_at is not None:
        return None
    keys = PersonRow.of(row.person_id), ChannelsRow.of(row.person_id), RemindedRow.of(row.person_id)
    found = store.read_together(keys)
    person = found.get(keys[0])
    if person is None or person.enrolment != row.enrolment:
        return None
    return _Look(row, book, person, legible(found, keys[1]), found.get(keys[2]))


def id_of(*words: str) -> str:
    """The id of a message of today: the same if it should ever be sent again, so that a gateway can drop it."""
    return ids.derived_id(clock.midnight(settings().city.time_zone, today()), *words)


def has_budget(messages: int = 1) -> bool:
    """Take so many messages of the budget; False if there is no room for them now."""
    try:
        for _ in range(messages):
            budget.take_one(SHARE)
    except SmsBudgetSpent:
        return False
    return True


def _mark(look: _Look, kinds: Sequence[str]) -> None:
    """Note that the person is reminded of these kinds today, while consent, row and life are what they were. Raises Moved."""
    row, person = look.row, look.person
    key = RemindedRow.of(person.person_id)
    days = {**look.reminded, **dict.fromkeys(kinds, str(today()))}
    mark = RemindedRow(
        key.hash_value, key.range_value, enrolment=person.enrolment, days=days, expires_at=clock.now() + MARK_KEPT
    )
    same = attention.unchanged(row) & (MembershipRow.consent_version == row.consent_version)
    transaction = Transaction().check(row.own_key, same, Moved())
    transaction.check(person.own_key, PersonRow.enrolment == person.enrolment, Moved())
    transaction.put(mark, _as_marked(look.marked), Moved())
    transaction.commit()


def _as_marked(marked: RemindedRow | None) -> Condition:
    """That the mark is still the one that was read."""
    if marked is None:
        absent: Condition = RemindedRow.person_id.does_not_exist()
        return absent
    return store.unchanged(marked, "enrolment", "days")


def _restand(look: _Look, *, is_done: bool = False) -> bool:
    """Let the row say how the member stands today. One that somebody changed meanwhile says so already.

    Who `is_done` leaves the index for today, also where nothing is due any more and all else is as it was.
    """
    row = look.row
    before = {name: getattr(row, name) for name in attention.STANDING}
    if is_done:
        row.due_day = None
    now = attention.columns(row, look.book.policy_set)
    if now == before:
        return False
    return store.update(row.own_key, store.assign(MembershipRow, now), attention.unchanged(row)) is not None


def _has_newer_policies(book: OrganizationRow) -> bool:
    """Whether the policies are other ones by now than those by which a row was written."""
    key = OrganizationRow.of(book.org_id)
    row = legible(store.read_together([key]), key)
    return row is not None and row.policies_version != book.policies_version
