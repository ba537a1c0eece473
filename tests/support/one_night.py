"""A night of three people in a segment of its own, with everything that must be so at its end."""

from chalicelib.core import clock, ids, store
from chalicelib.core.runs import FRESHNESS, FreshnessRow
from chalicelib.core.work import CLAIM
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.sync import Phase, StagedRow, runs_newest_first
from tests.support import nights
from tests.support.nights import forget_nights, fresh_through, latest, now_of, resident, settle, tend, worst_fact
from tests.support.told import ToldSource, of_source

ROUNDS = 12
"""Calls of the schedule after which a night must be done."""


class Night:
    """One segment with somebody who changed, somebody who did not, and somebody of whom the source says garbage."""

    def __init__(self, source: ToldSource) -> None:
        """Let them live, and the source know what it knows, in a segment that has seen no night."""
        self.source, self.segment = source, ids.new_id()
        forget_nights()
        self.people = [resident(self.segment) for _ in range(3)]
        settle(self.people)
        self.turned, self.same, self.garbage = self.people
        source.tell(self.turned.person_id, of_source(worst_fact()))
        source.garbage = {self.garbage.person_id}
        source.asked.clear()

    def end(self, time: clock.FrozenClock) -> None:
        """What the schedule and the queue do until the run is done, with the time in which claims end."""
        for _ in range(ROUNDS):
            if (run := next(iter(runs_newest_first(1)), None)) is not None and run.phase == Phase.DONE:
                break
            time.tick(CLAIM.total_seconds() + 1)
            tend()
            nights.work_off()
        self.check()
        self.forget()

    def forget(self) -> None:
        """Leave nothing: the emulator looks through all rows of a table for those of an index."""
        facts = [row.own_key for row in store.query_all(FactRow, self.turned.person_id)]
        fresh = FreshnessRow.key(FRESHNESS, self.segment)
        store.write_all(deletes=[*(person.own_key for person in self.people), *facts, fresh])

    def check(self) -> None:
        """That it ended as it should."""
        run = latest()
        assert (run.phase, run.people, run.asked, run.turned, run.garbage) == (Phase.DONE, 3, 3, 1, 1)
        turned, same, garbage = map(now_of, self.people)
        assert (turned.state != same.state, int(turned.status_version), int(same.status_version)) == (True, 2, 1)
        assert turned.source_mark is not None
        assert same.source_mark is not None
        assert garbage.stale_since is not None
        assert int(garbage.status_version) == 1
        assert fresh_through(self.segment) is not None
        assert not list(store.query_all(StagedRow, StagedRow.run_of(run.run_id, self.segment)))
        assert len(list(store.query_all(FactRow, turned.person_id))) == 1
