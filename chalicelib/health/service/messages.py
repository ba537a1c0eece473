"""Messages to the city's officers, and their answers: how a journey is reported (R4.7)."""

from collections.abc import Sequence
from datetime import datetime

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, ids, store, tokens
from chalicelib.core.errors import Broken
from chalicelib.core.log import Event, emit, where
from chalicelib.core.ports import Fact
from chalicelib.core.store import Transaction
from chalicelib.health.errors import MessageAnswered, MessageNotFound, OwnMessage, TooManyMessages
from chalicelib.health.facts import OFFICERS, Kind
from chalicelib.health.service.status import Status
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.messages import Category, MessagePointer, MessageRow
from chalicelib.people.access import Person
from chalicelib.people.errors import SessionEnded
from chalicelib.people.service.limits import DAY, count_one, seconds_left, today
from chalicelib.people.service.privacy import Listed, own_page
from chalicelib.people.service.restore import lives_in
from chalicelib.people.tables.logins import phone_subject
from chalicelib.people.tables.people import LifeTrace, PersonRow
from chalicelib.people.tables.privacy import LedgerRow, in_full, kept_until, ledger_entry, living

A_DAY = 5
"""Messages of one person in a day of the city: a report, its correction, and some questions."""

REPORT = "travel_report"
"""The category whose answer ends the pop-up that asked for a report."""

ANSWERED = "answered"
"""The result of the travel check that an officer's answer to a report is."""

WHAT = ("message",)
"""What an officer is shown of a person who wrote."""

WHY = "message_read"
"""The reason in the access logs of those whose messages an officer read."""


class Messages:
    """Takes messages, lists them for officers and for who wrote them, and stores answers."""

    def __init__(self, status: Status) -> None:
        """Take what computes the status of somebody whose report was answered."""
        self._status = status

    def send(self, person: Person, category: Category, text: str) -> MessageRow:
        """Store a message of the caller. Raises TooManyMessages, or SessionEnded if their life ends meanwhile."""
        at = clock.now()
        row = MessageRow(
            MessageRow.WAITING,
            ids.new_id(),
            person_id=person.person_id,
            enrolment=person.enrolment,
            category=category,
            text=text,
            at=at,
            expires_at=kept_until("messages", at),
        )
        transaction = Transaction()
        _count(transaction, person)
        _demand_life(transaction, row, SessionEnded())
        transaction.put(row)
        transaction.put(_pointer(row))
        transaction.commit()
        return row

    def own(self, person: Person, limit: int, cursor: str | None) -> Listed[MessageRow]:
        """What the caller wrote in this life, newest first, with the answers. Raises InvalidCursor."""
        mine = MessagePointer.sk.startswith(MessagePointer.PREFIX)
        page = own_page(MessagePointer, person, limit, cursor, mine)
        found = _found([pointer.message_id for pointer in page.rows])
        return Listed([row for row in found if isinstance(row, MessageRow)], page.cursor)

    def waiting(self, officer: Person, limit: int, cursor: str | None) -> Listed[MessageRow]:
        """What nobody answered yet, oldest first. Raises InvalidCursor."""
        return _listed(officer, MessageRow.WAITING, limit, cursor)

    def answered(self, officer: Person, limit: int, cursor: str | None) -> Listed[MessageRow]:
        """What was answered, newest message first. Raises InvalidCursor."""
        return _listed(officer, MessageRow.ANSWERED, limit, cursor)

    def answer(self, officer: Person, message_id: str, text: str) -> MessageRow:
        """Store an answer, and with that to a report the fact that ends its pop-up; the same answer twice is one.

        Raises MessageNotFound, OwnMessage, MessageAnswered, or Broken.
        """
        (row,) = _found([message_id])
        if isinstance(row, Broken):
            raise row
        if row is None or not _living([row]):
            raise MessageNotFound
        if row.person_id == officer.person_id:
            raise OwnMessage
        if row.kind == MessageRow.WAITING:
            row = _answered(row, officer, text)
        elif row.answer != text:
            raise MessageAnswered
        self._follow(row)
        return row

    def _follow(self, row: MessageRow) -> None:
        """Compute at once what follows. If that fails, the stream of the fact that is stored by now does it a moment later."""
        try:
            self._status.refresh(row.person_id)
        except Exception as error:  # noqa: BLE001  the answer is stored, and saying otherwise would be wrong
            emit(Event.STATUS_FAILED, error=type(error).__name__, where=where(error))


def _count(transaction: Transaction, person: Person) -> None:
    window = today(phone_subject(person.account.phone_mac), "messages", A_DAY)
    count_one(transaction, window, TooManyMessages(seconds_left(DAY), fields={"limit": A_DAY}))


def _demand_life(transaction: Transaction, row: MessageRow, otherwise: SessionEnded | MessageNotFound) -> None:
    """Let the transaction fail if the life is over in which the message was written."""
    goes_on: Condition = (PersonRow.enrolment == row.enrolment) & PersonRow.verified_at.exists()
    transaction.check(PersonRow.of(row.person_id), goes_on, otherwise)


def _pointer(row: MessageRow) -> MessagePointer:
    key = MessagePointer.of(row.person_id, row.message_id)
    return MessagePointer(key.hash_value, key.range_value, enrolment=row.enrolment, expires_at=row.expires_at)


def _found(message_ids: Sequence[str]) -> list[MessageRow | Broken | None]:
    """Messages wherever they lie: Broken for one that can't be read, None for one that is gone or whose time is over."""
    places = [[MessageRow.of(kind, one) for kind in (MessageRow.ANSWERED, MessageRow.WAITING)] for one in message_ids]
    rows = store.read_together([key for keys in places for key in keys])
    return [_readable(rows, keys) for keys in places]


def _readable(rows: store.Rows, keys: Sequence[store.Key[MessageRow]]) -> MessageRow | Broken | None:
    try:
        found = next((row for key in keys if (row := rows.get(key)) is not None), None)
    except Broken as error:
        emit(Event.ROW_BROKEN, table=MessageRow.Meta.table, count=1)
        return error
    return None if found is None or found.expires_at <= clock.now() else found


def _listed(officer: Person, kind: str, limit: int, cursor: str | None) -> Listed[MessageRow]:
    """One page for an officer, without what was written in lives that ended; who is on it finds the look in their access log."""
    scope = f"messages|{kind}"
    start = tokens.open_cursor(scope, cursor)
    newest_first = kind == MessageRow.ANSWERED
    page = store.query(MessageRow, kind, limit=limit, start=start, newest_first=newest_first)
    shown = _living([row for row in page.rows if row.expires_at > clock.now()])
    if shown:
        store.put(_disclosure(officer, shown))
    return Listed(shown, tokens.seal_cursor(scope, page.next_key))


def _living(rows: Sequence[MessageRow]) -> list[MessageRow]:
    """Those whose writer's life goes on: what was written in an ended one is shown to nobody."""
    keys = {row.person_id: PersonRow.of(row.person_id) for row in rows}
    people = store.read_together(keys.values())
    lives = {person_id: person.enrolment for person_id, key in keys.items() if (person := people.get(key)) is not None}
    return [row for row in rows if lives.get(row.person_id) == row.enrolment]


def _disclosure(officer: Person, rows: Sequence[MessageRow]) -> LedgerRow:
    people = sorted({in_full(living(row.person_id, int(row.enrolment)), WHAT) for row in rows})
    return ledger_entry("DISCLOSURE", people, what=list(WHAT), actor=officer.row.name_mask, why=WHY)


def _answered(row: MessageRow, officer: Person, text: str) -> MessageRow:
    """Move a message that waits to those that were answered. Raises MessageAnswered if somebody else was faster."""
    at = clock.now()
    waiting = row.own_key
    row.kind, row.answer, row.answered_at, row.answered_by = MessageRow.ANSWERED, text, at, officer.row.name_mask
    people = [living(row.person_id, int(row.enrolment))]
    transaction = Transaction()
    transaction.delete(waiting, MessageRow.kind.exists(), MessageAnswered())
    _demand_life(transaction, row, MessageNotFound())
    transaction.put(row)
    transaction.put(ledger_entry("MESSAGE_ANSWERED", people, actor=row.answered_by))
    if row.category == REPORT:
        transaction.put(FactRow.storing(row.person_id, _answer_fact(row, at)))
    transaction.commit()
    return row


def _answer_fact(row: MessageRow, at: datetime) -> Fact:
    """What the answer to a report says: of what was until the report, for of later journeys nobody told the officer."""
    reported, now = clock.iso(row.at), clock.iso(at)
    return Fact(row.message_id, Kind.TRAVEL_CHECK.value, ANSWERED, reported, "", OFFICERS, now)


def sweep_messages(entry: LedgerRow, *, write: bool = True) -> int:
    """Remove what was written in the ended lives of an ERASURE entry; nobody was shown it since. Twice, it removes none more.

    Returns how many messages there were; without `write` they stay.
    """
    pointers = [
        pointer for person_id, enrolment in lives_in(entry) for pointer in _pointers_until(person_id, enrolment)
    ]
    for row in pointers if write else ():
        for kind in (MessageRow.WAITING, MessageRow.ANSWERED):
            store.delete(MessageRow.of(kind, row.sk.removeprefix(MessagePointer.PREFIX)))
        store.delete(row.own_key)
    return len(pointers)


def _pointers_until(person_id: str, enrolment: int) -> list[LifeTrace]:
    rows = store.query_all(LifeTrace, person_id, LifeTrace.sk.startswith(MessagePointer.PREFIX))
    return [row for row in rows if row.enrolment <= enrolment]
