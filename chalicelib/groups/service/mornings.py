"""One message each morning with the numbers of their books, for those who manage books and want it (R0.5).

It is sent once everybody who is due was looked at, so that what became overdue overnight is counted; at noon at the latest.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from chalicelib.alerts.tables import MORNING_SHARDS, ChannelsRow, MorningRow, morning_part
from chalicelib.alerts.ways import Choice, has_phone, phone_of
from chalicelib.core import clock, store
from chalicelib.core.fields import FieldCipher
from chalicelib.core.log import Event, emit, where
from chalicelib.core.ports import SmsSender
from chalicelib.core.settings import settings
from chalicelib.core.work import SEGMENT, Step, run_of, send
from chalicelib.groups.attention import MORNING
from chalicelib.groups.counting import Metric
from chalicelib.groups.reminder_words import morning_words
from chalicelib.groups.service.managed import parts_of
from chalicelib.groups.service.reminding import has_budget, id_of, today
from chalicelib.groups.service.statistics import whole_of
from chalicelib.groups.tables import MorningWork, PartWork
from chalicelib.people.tables.people import PersonRow

NOON = 12
"""The hour of the city's clock from which numbers go out though somebody still waits to be reminded."""

EVENING = 20
"""The hour from which nobody is texted any more."""

PAGE = 8
"""People of one slice, as reminders have them."""

KEPT = timedelta(days=30)
"""For how long it can be seen how far a part of the job came."""

PURPOSE = "morning"
"""What the log calls a text message with the numbers of a morning."""


class Mornings:
    """Tells managers the numbers of their books."""

    def __init__(self, sender: SmsSender, cipher: FieldCipher) -> None:
        """Take who carries messages, and who opens sealed phones."""
        self._sender, self._cipher = sender, cipher

    def begin(self, *, everybody_stands_right: bool) -> None:
        """Let every part that holds somebody be worked off, once the numbers are right or it is noon."""
        if everybody_stands_right or _hour() >= NOON:
            parts = map(morning_part, range(MORNING_SHARDS))
            begin(MorningWork, [part for part in parts if store.query(MorningRow, part, limit=1).rows])

    def step(self, work: MorningWork) -> Step:
        """Tell one page of a part. For whom the budget has no room is told by a later run."""
        if not is_open():
            return Step(0, None)
        page = store.query(MorningRow, work.part, limit=PAGE, start=work.position.get("after"))
        for row in page.rows:
            self._look(row)
        return Step(len(page.rows), {"after": page.next_key} if page.next_key else None)

    def _look(self, row: MorningRow) -> None:
        try:
            self._tell(row)
        except Exception as error:  # one person holds up nobody else; what storage does not answer is raised again
            if store.is_passing(error):
                raise
            emit(Event.REMINDER_FAILED, error=type(error).__name__, where=where(error))

    def _tell(self, row: MorningRow) -> None:
        """Tell somebody who was not told today; who wants it no more, or was erased, is forgotten here.

        Raises Broken: of a choice that can't be read nobody knows that it is another one now.
        """
        if row.told == str(today()):
            return
        keys = PersonRow.of(row.person_id), ChannelsRow.of(row.person_id)
        rows = store.read_together(keys)
        person, channels = rows.get(keys[0]), rows.get(keys[1])
        if person is None or person.enrolment != row.enrolment or not Choice.of(channels, person).morning:
            store.delete(row.own_key, MorningRow.enrolment == row.enrolment)
            return
        choice, parts = Choice.of(channels, person), parts_of(row.person_id, int(row.enrolment))
        if not (parts and choice.sms and has_phone(person)):
            return
        numbers = _numbers(parts)
        words = morning_words(len(parts), numbers["overdue"], numbers["abnormal"], choice.language)
        phone = phone_of(person, self._cipher)
        if has_budget() and _mark(row):
            self._send(phone, words, row, choice)

    def _send(self, phone: str, words: str, row: MorningRow, choice: Choice) -> None:
        try:
            self._sender.send(phone, words, choice.language, id_of(PURPOSE, row.person_id))
        except Exception:  # noqa: BLE001  whatever one message met, the day's mark stands and others go on
            emit(Event.SMS_FAILED, purpose=PURPOSE)
        else:
            emit(Event.SMS_SENT, purpose=PURPOSE)


def begin(kind: type[PartWork], parts: Iterable[str]) -> None:
    """Let parts be worked off from their beginning; one that is being worked off goes on where it is."""
    now = clock.now()
    for part in parts:
        row = kind(run_of(kind.KIND, part), SEGMENT, part=part, started_at=now, expires_at=now + KEPT)
        store.put_once(row, kind.run.does_not_exist() | kind.done_at.exists())
        send(row.own_key)


def is_open() -> bool:
    """Whether people may be texted now."""
    return MORNING <= _hour() < EVENING


def is_evening() -> bool:
    """Whether nobody is texted any more today; before the morning somebody still will be."""
    return _hour() >= EVENING


def _hour() -> int:
    return clock.local(settings().city.time_zone, clock.now()).hour


def _mark(row: MorningRow) -> bool:
    """Note that somebody is told today; False if another delivery did it just now."""
    return (
        store.update(row.own_key, [MorningRow.told.set(str(today()))], store.unchanged(row, "told", "enrolment"))
        is not None
    )


def _numbers(parts: Iterable[tuple[str, str]]) -> Mapping[str, int]:
    """How much is overdue and how many are in a state that is not normal, over all parts of books."""
    scheme, found = settings().city.scheme, Counter[str]()
    for org_id, path in parts:
        for metric, number in whole_of(org_id, path).items():
            found["overdue"] += number if metric.startswith(Metric.OVERDUE) else 0
            state = metric.removeprefix(Metric.STATE) if metric.startswith(Metric.STATE) else None
            found["abnormal"] += number if scheme.rank(state) > 0 else 0
    return found
