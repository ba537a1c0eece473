"""The second half of a run: what was put aside is written, person by person, once the whole run may be believed.

What the source reported is kept first, the status computed from it next, then the mark by which the same report is known
again, and what was put aside is removed last: whoever dies in between has it done again, to the same end (R-16).
"""

from collections.abc import Callable
from contextlib import suppress

from chalicelib.core import clock, store
from chalicelib.core.errors import Broken
from chalicelib.core.log import Event, emit, where
from chalicelib.core.reports import Report, SyncedSource
from chalicelib.core.work import Step
from chalicelib.health.service.status import known_through, mark_stale
from chalicelib.health.tables.sync import Phase, StagedRow, StagedTrace, WriteRow, run_at
from chalicelib.people.tables.people import PersonRow

SLICE = 25
"""People of one slice: a second, if each of them is in a few organizations."""


class Writing:
    """Does one slice of a run's second half after the other."""

    def __init__(self, source: SyncedSource, tell: Callable[[PersonRow], None]) -> None:
        """Take the source, and who brings a person's status and memberships up to date with their facts."""
        self._source, self._tell = source, tell

    def step(self, row: WriteRow) -> Step:
        """Write the next people of a segment, unless the run is over by now: what it put aside is old then."""
        present = run_at(row.run_id)
        if present is None or present.phase != Phase.WRITING:
            return Step(0, None)
        run = StagedRow.run_of(row.run_id, row.segment)
        page = store.query(StagedRow, run, limit=SLICE)
        for staged in page.rows:
            self._write(staged)
            store.delete(staged.own_key)
        for broken in page.broken:
            self._pass_over(str(broken.range_value))
            store.delete(broken)
        return Step(len(page.rows), None if page.next_key is None else {"more": True})

    def _write(self, staged: StagedRow) -> None:
        """Write one person; of a life that is over nothing is written. Whoever can't be written holds up nobody else.

        Nor of one who proved their identity since: what the source said then is kept, and newer (R-20).
        """
        try:
            person = _living(staged.person_id)
            if person is not None and _is_as_looked_at(person, staged):
                self._store(person, staged.whole_report)
        except Exception as error:  # one person holds up nobody else; what storage does not answer is raised again
            if store.is_passing(error):
                raise
            emit(Event.STATUS_FAILED, error=type(error).__name__, where=where(error))
            self._pass_over(staged.person_id)

    def _pass_over(self, person_id: str) -> None:
        """Let somebody not be as fresh as their segment: what was not written may have made them abnormal (R-20).

        Of a row that can't be read nothing is shown anyhow.
        """
        with suppress(Broken):
            person = _living(person_id)
            if person is not None:
                self._leave_as_old(person)

    def _store(self, person: PersonRow, report: Report | None) -> None:
        if report is None:
            self._leave_as_old(person)
            return
        self._source.keep(person.person_id, report)
        self._tell(person)
        _remember(person, report)

    def _leave_as_old(self, person: PersonRow) -> None:
        """Let what is known of a person grow old, also when it is computed anew, until a report can be used."""
        mark_stale(person, known_through(person) or clock.now())
        self._source.distrust(person.person_id)


def _living(person_id: str) -> PersonRow | None:
    key = PersonRow.of(person_id)
    person = store.read_together([key]).get(key)
    return None if person is None or person.verified_at is None else person


def _is_as_looked_at(person: PersonRow, staged: StagedRow) -> bool:
    return bool(person.enrolment == staged.enrolment and person.checked_at == staged.checked_at)


def clear(run_id: str, segment: str) -> int:
    """Remove what a run that is over had put aside in a segment; returns how many rows."""
    found = list(store.query_all(StagedTrace, StagedRow.run_of(run_id, segment)))
    store.write_all(deletes=[one.own_key for one in found])
    return len(found)


def _remember(person: PersonRow, report: Report) -> None:
    """Note which report was kept, and whether the source still holds the phone that is kept of the person (design §7)."""
    values: dict[str, object] = {}
    if report.mark != person.source_mark:
        values["source_mark"] = report.mark
    same = store.unchanged(person, "enrolment")
    if person.is_news_of_phone(report.has_phone):
        values["phone_refuted"] = None if report.has_phone else True
        same = store.unchanged(person, "enrolment", "account", "phone_mac")
    if values:
        store.update(person.own_key, store.assign(PersonRow, values), same & PersonRow.verified_at.exists())
