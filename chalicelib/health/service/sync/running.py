"""One run of the nightly sync a day: begun, kept going until it is complete, and stopped where it can't be believed (R1.3).

`tend` is called every quarter of an hour of the morning. It begins what should have begun, asks again for what nobody is at,
goes on where a process died, and tells operators what is late: so no day is missed for want of one message or one call.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from chalicelib.core import clock, store
from chalicelib.core.log import Event, emit
from chalicelib.core.reports import CursorLost, SyncedSource
from chalicelib.core.runs import complete_through, forget_freshness, mark_segment
from chalicelib.core.settings import settings
from chalicelib.core.streams import BatchAnswer, LambdaEvent
from chalicelib.core.work import LambdaContext, Step, Work
from chalicelib.health.service.sync import pieces
from chalicelib.health.service.sync.brake import is_doubtful, totals
from chalicelib.health.service.sync.looking import KEPT, Looking
from chalicelib.health.service.sync.releasing import ask_to_settle
from chalicelib.health.service.sync.writing import Writing, clear
from chalicelib.health.tables.sync import (
    CHANGES,
    DAY,
    LOOK,
    SETTLE,
    WRITE,
    LookRow,
    Phase,
    PositionRow,
    SettleRow,
    SyncRunRow,
    WriteRow,
    has_ended,
    looks_of,
    run_at,
    runs_newest_first,
    writes_of,
)
from chalicelib.people.tables.people import PersonRow

RUNS_LOOKED_AT = 15
"""Runs of which those before the newest are ended by it: as many as are kept of one a day."""

CLEARED = 16
"""Segments of one slice that removes what a run had put aside."""


class Sync:
    """Runs the nightly sync."""

    def __init__(self, source: SyncedSource, tell: Callable[[PersonRow], None]) -> None:
        """Take the source, and who brings a person's status and memberships up to date with their facts."""
        self._source = source
        self._looking = Looking(source)
        self._work = Work(LookRow.QUEUE)
        self._work.on(LOOK, LookRow, self._look, self._looked)
        self._work.on(WRITE, WriteRow, Writing(source, tell).step, self._written)
        self._work.on(SETTLE, SettleRow, self._settle)

    def handle(self, event: LambdaEvent, context: LambdaContext) -> BatchAnswer:
        """Handle a Lambda event of its queue: pieces of a run go on. What fails comes again, and is parked at last."""
        return self._work.handle(event, context)

    def tend(self, *, anew: bool = False) -> int:
        """See that the run of today is there and comes to its end; returns how many people it looked at, once that is known.

        With `anew` another run begins where that of today was discarded. Raises Unavailable if the source does not answer.
        """
        day, known = today(), runs_newest_first(RUNS_LOOKED_AT)
        run = next(iter(known), None)
        if run is None or run.day != day or (anew and run.phase == Phase.DISCARDED):
            run = self._begin(day, run)
        _end_before(run, known)
        phase = Phase(run.phase)
        if phase is Phase.LOOKING:
            self._keep_looking(run)
        elif phase is Phase.PARKED:
            self.go_on_if_released(run)
        elif phase is Phase.WRITING:
            self._keep_writing(run)
        _tell_if_late(run)
        return int(run.people or 0)

    def go_on_if_released(self, run: SyncRunRow) -> None:
        """Let a parked run be written if both let it go on; tell operators again if not."""
        if not run.is_released:
            emit(Event.SYNC_PARKED, count=int(run.turned or 0))
            return
        writing = _moved(run, Phase.PARKED, Phase.WRITING)
        if writing is not None:
            self._keep_writing(writing)

    def _begin(self, day: str, before: SyncRunRow | None) -> SyncRunRow:
        """Begin a run, or find the one that somebody else began at the same moment."""
        begins_at, position = self._reach()
        now = clock.now()
        run = SyncRunRow(SyncRunRow.RUN, _next_id(day, before), phase=Phase.LOOKING.value, started_at=now)
        run.begins_at, run.position, run.expires_at = begins_at, position, now + KEPT
        return store.put_once(run, SyncRunRow.run.does_not_exist()) or run

    def _reach(self) -> tuple[str | None, str | None]:
        """From which cursor this run reads what changed, None if it reads everybody; and from which the next one may."""
        position = self._source.position()
        if position is None:
            return None, None
        key = PositionRow.here()
        known = store.read_together([key]).get(key)
        if known is None or known.position is None or clock.now() - known.whole_at >= _whole_after():
            return None, position
        return known.position, None

    def _look(self, row: LookRow) -> Step:
        """One slice; where the source has forgotten what changed, everybody is asked for in a run that begins now."""
        try:
            return self._looking.step(row)
        except CursorLost:
            run = run_at(row.run_id)
            if run is not None and run.phase == Phase.LOOKING:
                _forget_position()
                anew = self._begin(run.day, run)
                _end_before(anew, runs_newest_first(RUNS_LOOKED_AT))
                self._keep_looking(anew)
            return Step(0, None)

    def _looked(self, row: LookRow) -> None:
        """Decide on a run once all of it was looked at."""
        run = run_at(row.run_id)
        if run is not None and run.phase == Phase.LOOKING:
            self._decide(run)

    def _keep_looking(self, run: SyncRunRow) -> None:
        found = looks_of(run.run_id)
        wanted = pieces.looks(run)
        if len(found) < len(wanted):
            pieces.make(wanted)
            found = looks_of(run.run_id)
        if not pieces.ask_for(found):
            self._decide(run)

    def _decide(self, run: SyncRunRow) -> None:
        """Write what was put aside, or park the run before anything is written (T-36). Until all was looked at, neither."""
        looked = looks_of(run.run_id)
        if len(looked) < len(pieces.looks(run)) or not has_ended(looked):
            return
        found = totals(looked)
        phase = Phase.PARKED if is_doubtful(found) else Phase.WRITING
        position = next((row.next_position for row in looked if row.segment == CHANGES), run.position)
        counted = {**vars(found), "position": position, "decided_at": clock.now()}
        decided = _moved(run, Phase.LOOKING, phase, **counted)
        if decided is None:
            return
        if phase is Phase.PARKED:
            emit(Event.SYNC_PARKED, count=found.turned)
        else:
            self._keep_writing(decided)

    def _keep_writing(self, run: SyncRunRow) -> None:
        found = writes_of(run.run_id)
        if len(found) < len(pieces.SEGMENT_NAMES):
            pieces.make(pieces.writes(run, looks_of(run.run_id)))
            found = writes_of(run.run_id)
        if not pieces.ask_for(found):
            _finish(run.run_id)

    def _settle(self, row: SettleRow) -> Step:
        """Let a run go on that both released; of one that is over, remove what it had put aside, some segments at a time."""
        run = run_at(row.run_id)
        if run is None or not Phase(run.phase).is_over:
            if run is not None and run.phase == Phase.PARKED:
                self.go_on_if_released(run)
            return Step(0, None)
        first = int(row.position.get("next", 0))
        removed = sum(map(partial(clear, run.run_id), pieces.SEGMENT_NAMES[first : first + CLEARED]))
        following = first + CLEARED
        return Step(removed, {"next": following} if following < len(pieces.SEGMENT_NAMES) else None)

    def _written(self, row: WriteRow) -> None:
        """A segment is as fresh as its run once it is written; the run is done with the last one."""
        run = run_at(row.run_id)
        if run is None or run.phase != Phase.WRITING:
            return
        if row.through is not None:
            mark_segment(row.segment, row.through)
        _finish(row.run_id)


def today() -> str:
    """The day of the city."""
    return clock.local_day(settings().city.time_zone, clock.now()).isoformat()


def _next_id(day: str, before: SyncRunRow | None) -> str:
    """The name of a day's first run, or of the one behind another of that day."""
    if before is None or before.day != day:
        return day
    return f"{day}-{int(before.run_id[DAY + 1 :] or 1) + 1:02}"


def _whole_after() -> timedelta:
    """A run of the same hour a week later is a week later, though it began some minutes before."""
    return timedelta(days=settings().city.sync.whole_days) - timedelta(hours=12)


def _moved(run: SyncRunRow, before: Phase, now: Phase, **more: object) -> SyncRunRow | None:
    """The run in its next phase; None if somebody else moved it."""
    values = {"phase": now.value, **more}
    return store.update(run.own_key, store.assign(SyncRunRow, values), SyncRunRow.phase == before.value)


def _end_before(run: SyncRunRow, known: Iterable[SyncRunRow]) -> None:
    """End the runs before one, whatever they are at by now; who began it may have died before that, so each call looks."""
    over = store.assign(SyncRunRow, {"phase": Phase.SUPERSEDED.value})
    going_on = SyncRunRow.phase.is_in(*(phase.value for phase in Phase if not phase.is_over))
    for older in known:
        if older.run_id < run.run_id and not Phase(older.phase).is_over:
            store.update(older.own_key, over, going_on)
            ask_to_settle(older)


def _forget_position() -> None:
    key = PositionRow.here()
    store.update(key, [PositionRow.position.remove()], PositionRow.run.exists())


def _finish(run_id: str) -> None:
    """End a run of which every segment is written, and remember from where the next one reads."""
    if not has_ended(written := writes_of(run_id)) or len(written) < len(pieces.SEGMENT_NAMES):
        return
    run = run_at(run_id)
    if run is None or run.phase != Phase.WRITING:
        return
    forget_freshness()
    for row in written:  # of a process that died behind its last slice
        through = complete_through(row.segment)
        if row.through is not None and (through is None or through < row.through):
            mark_segment(row.segment, row.through)
    _remember_position(run)
    if _moved(run, Phase.WRITING, Phase.DONE, done_at=clock.now()) is not None:
        emit(Event.SYNC_DONE, count=int(run.people or 0))


def _remember_position(run: SyncRunRow) -> None:
    key = PositionRow.here()
    actions = store.assign(PositionRow, {"position": run.position})
    if run.is_whole:
        actions.append(PositionRow.whole_at.set(run.started_at))
    store.update(key, actions)


def _tell_if_late(run: SyncRunRow) -> None:
    """Tell operators of a run that should be complete by now, each time it is looked after."""
    late: datetime = run.started_at + timedelta(hours=settings().city.sync.late_hours)
    if Phase(run.phase).is_over or clock.now() < late:
        return
    now = run_at(run.run_id)
    if now is not None and not Phase(now.phase).is_over:
        emit(Event.SYNC_LATE, count=sum(piece.done_at is None for piece in looks_of(run.run_id)))
