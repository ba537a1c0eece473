"""The reminders of a day: whoever shares something that is overdue is told each day from nine in the morning on (R0.5).

Every quarter of an hour the job looks which parts of the index of due days hold anybody, of today and of days before that
nobody finished, and has them worked off through the queue `due_members`. Who was looked at leaves the index for today, so a run
that ends early goes on where it ended, and a second one does no harm.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from chalicelib.core import clock, store
from chalicelib.core.fields import FieldCipher
from chalicelib.core.log import Event, emit, where
from chalicelib.core.ports import SmsSender
from chalicelib.core.settings import settings
from chalicelib.core.store import Key
from chalicelib.core.streams import BatchAnswer, LambdaEvent
from chalicelib.core.work import LambdaContext, Step, Work
from chalicelib.groups.attention import DUE_SHARDS, due_part
from chalicelib.groups.service.mornings import Mornings, begin, is_evening, is_open
from chalicelib.groups.service.reminding import Outcome, Reminder, today
from chalicelib.groups.tables import DueDayIndex, DueMember, MembershipRow, MorningWork, ReminderReport, ReminderWork
from chalicelib.groups.tables.reminders import QUEUE

DAYS_BACK = 7
"""How many days may have failed before what they left waits for somebody to look at it."""

PAGE = 8
"""Members of one slice: if a gateway lets each of them wait for its three seconds, they are a fifth of a function's time."""

COUNTED = 1_000
"""Members of one part that are counted in the evening; more are not told from these."""


class Reminders:
    """Reminds everybody who is due."""

    def __init__(self, sender: SmsSender, cipher: FieldCipher) -> None:
        """Take who carries messages, and who opens sealed phones."""
        self._reminder, self._mornings, self._work = Reminder(sender, cipher), Mornings(sender, cipher), Work(QUEUE)
        self._work.on(ReminderWork.KIND, ReminderWork, self.step)
        self._work.on(MorningWork.KIND, MorningWork, self._mornings.step)

    def run(self) -> int:
        """Let every part that holds somebody who is due be worked off; in the evening say what is left.

        Returns how many parts these are. Twice does no harm: a part that is being worked off is only asked for again.
        """
        parts = list(_due_parts())
        if is_open():
            begin(ReminderWork, parts)
            self._mornings.begin(everybody_stands_right=not parts)
        elif is_evening():
            _tell_what_is_left(parts)
        return len(parts)

    def handle(self, event: LambdaEvent, context: LambdaContext) -> BatchAnswer:
        """Handle a Lambda event of the queue `due_members`."""
        return self._work.handle(event, context)

    def step(self, work: ReminderWork) -> Step:
        """Look at one page of a part. Once the budget is spent, only who needs no message is looked after.

        Outside the hours it leaves everybody where they are.
        """
        if not is_open():
            return Step(0, None)
        position, index = work.position, DueDayIndex.Meta.index_name
        page = store.query(DueMember, work.part, index=index, limit=PAGE, start=position.get("after"), consistent=False)
        may_send, done = not position.get("spent"), Counter[Outcome]()
        for row in page.rows:
            done += self._look(MembershipRow.of(row.org_id, row.member_id), may_send=may_send)
            may_send = may_send and not done[Outcome.WAITING]
        _report(done)
        return Step(len(page.rows), {"after": page.next_key, "spent": not may_send} if page.next_key else None)

    def _look(self, key: Key[MembershipRow], *, may_send: bool) -> Counter[Outcome]:
        try:
            return self._reminder.remind(key, may_send=may_send)
        except Exception as error:  # one member holds up nobody else; what storage does not answer is raised again
            if store.is_passing(error):
                raise
            emit(Event.REMINDER_FAILED, error=type(error).__name__, where=where(error))
            return Counter()


def _due_parts() -> Iterator[str]:
    """Every part of today and of days before that holds anybody, the oldest first."""
    index = DueDayIndex.Meta.index_name
    for back in range(DAYS_BACK, -1, -1):
        for shard in range(DUE_SHARDS):
            part = due_part(today() - timedelta(days=back), shard)
            if store.query(DueMember, part, index=index, limit=1, consistent=False).rows:
                yield part


def _report(done: Counter[Outcome]) -> None:
    """Add what a slice did to the report of the day."""
    amounts = {str(outcome): number for outcome, number in done.items() if number}
    if amounts:
        attributes = ReminderReport.get_attributes()
        actions = [attributes[name].add(number) for name, number in amounts.items()]
        store.update(ReminderReport.of(str(today())), [*actions, _expires()])


def _tell_what_is_left(parts: list[str]) -> None:
    """Say how many nobody looked at today: the budget, a gateway or the work itself was too slow."""
    index = DueDayIndex.Meta.index_name
    left = sum(len(store.query(DueMember, one, index=index, limit=COUNTED, consistent=False).rows) for one in parts)
    store.update(ReminderReport.of(str(today())), [ReminderReport.missed.set(left), _expires()])
    if left:
        emit(Event.REMINDERS_LEFT, count=left)


def _expires() -> store.Action:
    kept: store.Action = ReminderReport.expires_at.set(
        clock.now() + timedelta(days=settings().city.retention.event_log)
    )
    return kept
