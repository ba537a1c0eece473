"""The nightly sweep of what is past its time, and its report (B13, R-10).

DynamoDB removes most of it within two days. Each night a twenty-eighth of the city is walked, person by person, and all that
belongs to nobody in particular; so in 28 nights everything is looked at. The report of a night says how far it is: a run that ends
early is gone on with by the next one, a night that was missed is made up for, the oldest first, and what is done twice removes
nothing more. Of two at once the slower goes on where the faster is. Check-ins have a sweep of their own.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from chalicelib.core import clock, store
from chalicelib.core.errors import Unavailable
from chalicelib.core.jobs import recorded, run_key
from chalicelib.core.log import Event, emit
from chalicelib.core.retention import Found, Partition, RequestsTime, RunsTime, Sweep
from chalicelib.core.settings import settings
from chalicelib.core.work import TIME_KEPT, LambdaContext
from chalicelib.people.service.budget import subjects
from chalicelib.people.tables.logins import LoginsTable, phone_subject
from chalicelib.people.tables.people import SEGMENTS, OwnershipPointer, PersonRow, SegmentIndex
from chalicelib.people.tables.retention import NIGHTS, RetentionRow, is_known_before, report_of, reports_between
from chalicelib.people.tables.times import AccessTime, OfSegment, PersonTime, ReceiptTime

ROUND = 28
"""Nights in which the whole city is walked: of 12 million people 430,000 a night, five queries each, some two and a half hours."""

PEOPLE = 50
"""People after whom it is written down how far a night is."""

JOBS = ("reminders", "retention", "review", "rotate_keys", "sync", "visits_sweep")
"""Jobs whose runs are recorded."""

OfBook = Callable[[str], Iterable[Partition]]
OfCity = Callable[[], Iterable[Partition]]


class Retention:
    """Walks what is kept. Features say where theirs lies."""

    def __init__(self) -> None:
        """Know what `people` and core keep."""
        self._of_book: list[OfBook] = []
        self._of_city: list[OfCity] = [_of_jobs, _of_city]

    def on_book(self, *partitions: OfBook) -> None:
        """Register what is kept of an organization."""
        self._of_book += partitions

    def on_city(self, *partitions: OfCity) -> None:
        """Register what is kept and belongs to nobody in particular."""
        self._of_city += partitions

    def run(self, event: dict[str, Any], context: LambdaContext) -> int:
        """Go on with the night as far as four fifths of the function's time allow. Returns how many rows were removed.

        With `dry_run` nothing is removed, and the report is another one; with `anew` a night begins again that was at its end.
        With `night`, a day of the city, it is that one alone, and no other that was missed.
        """
        asked = date.fromisoformat(event["night"]) if "night" in event else None
        if event.get("dry_run"):
            return self._go_on([Night.of(asked or tonight(), is_dry=True)], event, context)
        return recorded("retention", lambda: self._go_on(_nights(asked), event, context))

    def _go_on(self, nights: list["Night"], event: dict[str, Any], context: LambdaContext) -> int:
        least = int(context.get_remaining_time_in_millis() * TIME_KEPT)
        if event.get("anew"):
            nights[-1].begin_again()
        removed = 0
        for night in nights:
            while not night.is_done and context.get_remaining_time_in_millis() > least:
                removed += self._step(night)
        return removed

    def _step(self, night: "Night") -> int:
        """Some people of the segment that it is at, or what belongs to nobody, behind the last; then it is written down."""
        sweep, segment = Sweep(clock.now(), not night.is_dry), night.segment
        following = None
        if segment is None:
            sweep.each(one for of in self._of_city for one in of())
        else:
            index = SegmentIndex.Meta.index_name
            page = store.query(OfSegment, segment, index=index, limit=PEOPLE, start=night.after, consistent=False)
            for person in page.rows:
                self._look_at(person.person_id, sweep)
            following = page.next_key
        night.keep(sweep.found, following)
        return sweep.found.removed.total()

    def _look_at(self, person_id: str, sweep: Sweep) -> None:
        """What is kept of a person, of the phone by which they log in, and of the books that they own."""
        further = [Partition(kind, person_id) for kind in (AccessTime, ReceiptTime, RequestsTime)]
        sweep.through(Partition(PersonTime, person_id), lambda row: further.extend(self._led_to(row)))
        sweep.each(further)

    def _led_to(self, row: PersonTime) -> Iterator[Partition]:
        """Where more lies, if a row of a person says so."""
        if row.sk == PersonRow.of("").range_value and row.account is not None:
            yield Partition(LoginsTable, phone_subject(row.account))
        elif row.sk.startswith(OwnershipPointer.PREFIX):
            book = row.sk.removeprefix(OwnershipPointer.PREFIX)
            yield from (one for of in self._of_book for one in of(book))


class Night:
    """How far a night is, as its report says."""

    def __init__(self, row: RetentionRow, segments: list[str]) -> None:
        """Take the report, and the segments that the night walks."""
        self._row = row
        self._same = row.unchanged()
        self._segments = segments

    @classmethod
    def of(cls, day: date, *, is_dry: bool) -> "Night":
        """The night of a day, as far as it came."""
        row = report_of(day, is_dry=is_dry) or RetentionRow.new(RetentionRow.of(day, is_dry=is_dry), is_dry=is_dry)
        return cls(row, segments_of(day))

    @property
    def is_done(self) -> bool:
        """Whether all of it was walked."""
        return self._row.done_at is not None

    @property
    def is_dry(self) -> bool:
        """Whether it only counts."""
        return bool(self._row.dry)

    @property
    def steps_left(self) -> int:
        """How many segments, and what is nobody's, were not walked yet."""
        return len(self._segments) + 1 - int(self._row.done)

    @property
    def segment(self) -> str | None:
        """The segment that it is at; None behind the last."""
        step = int(self._row.done)
        return self._segments[step] if step < len(self._segments) else None

    @property
    def after(self) -> store.RawItem | None:
        """Behind whom it goes on in the segment."""
        return None if self._row.cursor is None else dict(json.loads(self._row.cursor))

    def begin_again(self) -> None:
        """Begin again if it was done: what was left then is looked at anew."""
        if self.is_done:
            self._row.begin_again()

    def keep(self, found: Found, following: store.RawItem | None) -> None:
        """Write down what was found on the way, and where it goes on; at the end operators are told of what is left."""
        row, is_last = self._row, self.segment is None
        row.add(found)
        row.done, row.total = int(row.done) + (following is None), len(self._segments) + 1
        row.cursor = None if following is None else json.dumps(following)
        if is_last:
            row.done_at = clock.now()
        if self._is_kept(found) and is_last and row.is_alarming and not self.is_dry:
            emit(Event.RETENTION_LEFT, count=row.found.left.total())

    def _is_kept(self, found: Found) -> bool:
        """Store the report; False if another run was faster: then go on where that is, and add what was removed here.

        All else it found as well, for it walked the same.
        Raises Unavailable if others store it again and again.
        """
        for attempt in range(store.ROUNDS):
            ahead = store.put_once(self._row, self._same)
            if ahead is None or ahead.serialize() == self._row.serialize():
                self._same = self._row.unchanged()
                return attempt == 0
            self._row, self._same = ahead, ahead.unchanged()
            self._row.add(Found(removed=found.removed, over=found.over))
            store.wait_before(attempt)
        raise Unavailable


def _nights(asked: date | None) -> list[Night]:
    """What is to be gone through: the night that is asked for, or else all that were missed, and tonight."""
    if asked is not None:
        return [Night.of(asked, is_dry=False)]
    if missed := _missed():
        emit(Event.RETENTION_LEFT, count=sum(night.steps_left for night in missed))
    return [*missed, Night.of(tonight(), is_dry=False)]


def _missed() -> list[Night]:
    """Nights of the last round that did not end or never began, oldest first; none before the first that the city had."""
    days = [tonight() - timedelta(days=back) for back in range(ROUND - 1, 0, -1)]
    known = reports_between(days[0], days[-1])
    first = days[0] if is_known_before(days[0]) else min(known, default=tonight())
    unfinished = [day for day in days if day >= first and (day not in known or known[day].done_at is None)]
    return [Night.of(day, is_dry=False) for day in unfinished]


def tonight() -> date:
    """The present day of the city."""
    return clock.local_day(settings().city.time_zone, clock.now())


def segments_of(day: date) -> list[str]:
    """The segments that are walked in a night."""
    return [str(segment) for segment in range(SEGMENTS) if segment % ROUND == day.toordinal() % ROUND]


def _of_jobs() -> Iterator[Partition]:
    yield from (Partition(RunsTime, run_key(job)) for job in JOBS)
    yield Partition(RunsTime, NIGHTS)


def _of_city() -> Iterator[Partition]:
    """What the budget of text messages is counted by."""
    yield from (Partition(LoginsTable, subject) for subject in subjects())
