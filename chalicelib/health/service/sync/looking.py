"""The first half of a run: the source is asked for everybody, or for what changed, and what is to be written is put aside.

Nothing about anybody changes here, for only the whole says whether the source can be believed (T-36). A slice is one batch of
the source; what it put aside and counted is the same when it is done twice.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core import clock, queues, store
from chalicelib.core.errors import Broken, Unavailable
from chalicelib.core.log import Event, emit, where
from chalicelib.core.reports import Asked, CursorLost, Report, Reports, SyncedSource
from chalicelib.core.work import Step
from chalicelib.health.people_effects import RETRIES
from chalicelib.health.service.status import (
    is_abnormal,
    is_outdated,
    is_over,
    would_recover,
    would_turn,
)
from chalicelib.health.service.sync.brake import is_too_much_garbage
from chalicelib.health.tables.sync import CHANGES, LookRow, StagedRow, raw_of
from chalicelib.people.tables.people import PersonRow, SegmentIndex, SyncedPerson

EFFECTS_LATE = timedelta(hours=1)
"""After so long the effects of a status are not on their way any more: their record was lost, and they are done again."""

KEPT = timedelta(days=14)
"""For how long a run and what it put aside are kept: as long as a parked one may wait, over the longest holidays (8 days)."""

SILENCES = 3
"""Tries at a page of changes, in all of a run, that pass without an answer before everybody is asked for."""

PERSON = PersonRow.of("").range_value
"""The sort key of a person's own row."""


@dataclass(frozen=True)
class Finding:
    """Somebody who is to be written: with a report, or without one because theirs can't be used."""

    person: SyncedPerson
    report: Report | None
    turns: bool = False
    """Whether it makes them abnormal who are not."""
    recovers: bool = False
    """Whether it makes them well who are abnormal."""


class Looking:
    """Does one slice of a run's first half after the other."""

    def __init__(self, source: SyncedSource) -> None:
        """Take the source."""
        self._source = source

    def step(self, row: LookRow) -> Step:
        """Look at the next people of a segment, or at the next page of what changed. Raises Unavailable, CursorLost."""
        return self._changes(row) if row.segment == CHANGES else self._people(row)

    def _people(self, row: LookRow) -> Step:
        """The next people of a segment: whose effects are behind are sent for, and the source is asked for those it should be."""
        after, index, limit = row.position.get("after"), SegmentIndex.Meta.index_name, self._limit(row)
        keys, following = store.query_keys(SyncedPerson, row.segment, index=index, limit=limit, start=after)
        people = list(_read(key.hash_value for key in keys))
        repaired = _repair(people)
        asked = [person for person in people if row.asks or _is_asked_anyhow(person)]
        try:
            reports = self._reports(asked, is_last_try=_is_last_try(row, limit))
        except Unavailable:
            if row.unanswered and limit > 1:
                return Step(0, row.position, [LookRow.unanswered.add(1)])  # fewer are asked for at once
            if not row.unanswered:
                store.update(row.own_key, [LookRow.unanswered.add(1)], LookRow.run.exists())
            raise
        findings = self._findings(asked, reports) if reports else []
        counts = Counter(people=len(people), asked=len(asked), repaired=repaired, garbage=_garbage(reports))
        counts["abnormal"] = sum(map(is_abnormal, people))
        through = reports.as_of if reports and row.asks else None
        cursor = None if following is None else {"after": following}
        return _step(row, findings, counts, through, cursor)

    def _limit(self, row: LookRow) -> int:
        """How many are looked at: a batch, twice; then a half of it and less, until whoever is not answered for is alone."""
        return max(1, self._source.batch >> max(0, int(row.unanswered) - 1))

    def _reports(self, asked: Sequence[SyncedPerson], *, is_last_try: bool) -> Reports | None:
        """What the source knows of people. Raises Unavailable.

        At last one who is not answered for does not hold up the night of all: theirs is garbage, if the source is there at all.
        """
        if not asked:
            return None
        if is_last_try:
            self._source.position()
        try:
            return self._source.reports([_asked(person) for person in asked])
        except Unavailable:
            if not is_last_try:
                raise
            return Reports({}, frozenset(person.person_id for person in asked), clock.now())

    def _changes(self, row: LookRow) -> Step:
        """The next page of what changed, of which only people who are enrolled here are of interest.

        Of whom garbage was, must be known: else somebody's change is lost and nobody could say whose, so everybody is asked for.
        """
        try:
            page = self._source.changes(str(row.position.get("cursor") or row.begins_at))
        except Unavailable:
            self._count_silence(row)
            raise
        if page.garbage > len(page.garbage_of):
            raise CursorLost
        people = list(_read([*page.of, *page.garbage_of]))
        reports = Reports(page.of, page.garbage_of, page.as_of)
        counts = Counter(asked=len(page.of) + page.garbage, garbage=page.garbage)
        cursor = {"cursor": page.cursor} if page.has_more else None
        findings = self._findings(people, reports)
        _take_back(row, people, findings)
        step = _step(row, findings, counts, page.as_of, cursor)
        return Step(step.done, step.cursor, [*step.changes, LookRow.next_position.set(page.cursor)])

    def _count_silence(self, row: LookRow) -> None:
        """Where the source is there and has no answer to what changed, everybody is asked for instead. Raises CursorLost."""
        if row.unanswered >= SILENCES:
            self._source.position()
            raise CursorLost
        store.update(row.own_key, [LookRow.unanswered.add(1)], LookRow.run.exists())

    def _findings(self, people: Sequence[SyncedPerson], reports: Reports) -> list[Finding]:
        return [found for person in people if (found := self._finding(person, reports)) is not None]

    def _finding(self, person: SyncedPerson, reports: Reports) -> Finding | None:
        """What is to be written about a person, if anything is.

        Who can't be judged, for what is stored of them or whatever else, is garbage too, and holds up nobody else.
        """
        report = reports.of.get(person.person_id)
        try:
            if report is not None:
                return self._judged(person, report) if _is_news(person, report) else None
        except Exception as error:  # one person holds up nobody else; what storage does not answer is raised again
            if store.is_passing(error):
                raise
            emit(Event.STATUS_FAILED, error=type(error).__name__, where=where(error))
        return Finding(person, None) if person.stale_since is None else None

    def _judged(self, person: SyncedPerson, report: Report) -> Finding:
        facts, now = self._source.with_report(person.person_id, report), clock.now()
        return Finding(person, report, would_turn(person, facts, now), would_recover(person, facts, now))


def _is_last_try(row: LookRow, limit: int) -> bool:
    """Whether one whom the source leaves without an answer is left out now; not where too much is garbage already."""
    return limit == 1 and row.unanswered > 1 and not is_too_much_garbage(int(row.garbage), int(row.asked))


def _read(person_ids: Iterator[str] | Sequence[str]) -> Iterator[SyncedPerson]:
    """The people, at half a read unit each: what changed a moment ago is looked at by whoever changed it."""
    keys = [store.Key(SyncedPerson, person_id, PERSON, consistent=False) for person_id in person_ids]
    rows = store.read_together(keys)
    for key in keys:
        try:
            person = rows.get(key)
        except Broken:
            emit(Event.ROW_BROKEN, table=SyncedPerson.Meta.table, count=1)
            continue
        if person is not None and person.verified_at is not None:
            yield person


def _asked(person: SyncedPerson) -> Asked:
    sealed = person.document_sealed, person.phone_sealed
    return Asked(person.person_id, person.known_phone, person.source_mark, *sealed)


def _is_open(person: SyncedPerson) -> bool:
    """Whether there was no usable word of a person last time: such a one is asked for also where only changes are read."""
    return person.stale_since is not None


def _is_asked_anyhow(person: SyncedPerson) -> bool:
    """Whether somebody is asked for by a run by changes too: what is kept of them is no night's, or their phone is in doubt."""
    return _is_open(person) or bool(person.phone_refuted) or person.source_mark is None


def _is_news(person: SyncedPerson, report: Report) -> bool:
    """Whether a report says anything that is not written yet. One with a mark is known by that, without a look at its facts."""
    if person.is_news_of_phone(report.has_phone):
        return True
    if report.mark is None:
        return is_outdated(person, report.facts, clock.now())
    return report.mark != person.source_mark or _is_open(person) or is_over(person)


def _repair(people: Sequence[SyncedPerson]) -> int:
    """Have lost effects of statuses done again: who has any is told by the row itself (design §1). Returns of how many."""
    lost = [person for person in people if _is_behind(person)]
    for person in lost:
        queues.send(RETRIES, {"keys": person.own_key.raw()})
    return len(lost)


def _is_behind(person: SyncedPerson) -> bool:
    at = person.status_at
    return person.effects_version < person.status_version and at is not None and clock.now() - at > EFFECTS_LATE


def _garbage(reports: Reports | None) -> int:
    return len(reports.garbage) if reports else 0


def _step(
    row: LookRow, findings: Sequence[Finding], counts: Counter[str], through: datetime | None, cursor: object
) -> Step:
    """Put aside what was found, and say what the row becomes with it."""
    store.write_all(_staged(row, found) for found in findings)
    turned, recovered = sum(found.turns for found in findings), sum(found.recovers for found in findings)
    counts += Counter(changed=len(findings), turned=turned, recovered=recovered)
    actions = [getattr(LookRow, name).add(amount) for name, amount in counts.items() if name != "people"]
    if row.unanswered:
        actions.append(LookRow.unanswered.add(-1))
    if through is not None:
        actions.append(LookRow.through.set(min(through, row.through or through)))
    return Step(counts["people"], cursor, actions)  # type: ignore[arg-type]  # it is a mapping or None


def _take_back(row: LookRow, people: Sequence[SyncedPerson], findings: Sequence[Finding]) -> None:
    """Forget what an earlier page said of people of whom this one says what is written already.

    Those whose phone is in doubt are asked for beside it (`_people`), and what was put aside of them says more.
    """
    kept = {found.person.person_id for found in findings} | {one.person_id for one in people if one.phone_refuted}
    same = (person for person in people if person.person_id not in kept)
    store.write_all(deletes=[StagedRow.key(_staged_run(row, person), person.person_id) for person in same])


def _staged_run(row: LookRow, person: SyncedPerson) -> str:
    return StagedRow.run_of(row.run_id, person.own_segment if row.segment == CHANGES else row.segment)


def _staged(row: LookRow, found: Finding) -> StagedRow:
    person = found.person
    report = None if found.report is None else raw_of(found.report)
    staged = StagedRow(_staged_run(row, person), person.person_id, report=report, expires_at=clock.now() + KEPT)
    staged.enrolment, staged.checked_at = int(person.enrolment), person.checked_at
    return staged
