"""Who lets a parked run be written: an officer, who knows what is true, and an operator, who knows what the source did (T-36).

Each says so alone, in any order, and it stands in the ledger; with the second word the run goes on. Either may discard it: then
nothing of it is written, and what is shown grows old until a run can be believed.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chalicelib.core import clock, ids, store, tokens
from chalicelib.core.store import Transaction
from chalicelib.core.work import run_of, start
from chalicelib.health.errors import SyncRunDecided, SyncRunNotFound
from chalicelib.health.tables.sync import SETTLE, Phase, SettleRow, SyncRunRow, run_at
from chalicelib.people.access import Person
from chalicelib.people.service.privacy import Listed
from chalicelib.people.tables.privacy import ledger_entry, living

RELEASED, DISCARDED = "SYNC_RELEASED", "SYNC_DISCARDED"
"""What the ledger calls the decisions."""

_SCOPE = "sync runs"


class SyncRuns:
    """Runs of the sync as an officer sees and decides them: how large, and nothing about anybody."""

    def listed(self, limit: int, cursor: str | None) -> Listed[SyncRunRow]:
        """One page of runs, newest first. Raises InvalidCursor."""
        start_key = tokens.open_cursor(_SCOPE, cursor)
        page = store.query(SyncRunRow, SyncRunRow.RUN, limit=limit, start=start_key, newest_first=True)
        following = tokens.seal_cursor(_SCOPE, page.next_key)
        return Listed([row for row in page.rows if row.expires_at > clock.now()], following)

    def release(self, officer: Person, run_id: str) -> SyncRunRow:
        """Let a parked run be written, as far as officers decide. Again changes nothing. Raises SyncRunNotFound, SyncRunDecided."""
        word = {"officer": officer.person_id, "officer_at": clock.now()}
        return _release(run_id, word, [living(officer.person_id, officer.enrolment)])

    def discard(self, officer: Person, run_id: str) -> SyncRunRow:
        """Let nothing of a parked run be written. Again changes nothing. Raises SyncRunNotFound, SyncRunDecided."""
        return _discard(run_id, [living(officer.person_id, officer.enrolment)])


def release_as_operator(run_id: str, principal: str) -> SyncRunRow:
    """Let a parked run be written, as far as operators decide. Raises SyncRunNotFound, SyncRunDecided."""
    return _release(run_id, {"operator": principal, "operator_at": clock.now()}, (), principal=principal)


def discard_as_operator(run_id: str, principal: str) -> SyncRunRow:
    """Let nothing of a parked run be written. Raises SyncRunNotFound, SyncRunDecided."""
    return _discard(run_id, (), principal=principal)


def ask_to_settle(run: SyncRunRow) -> None:
    """Have done what follows of a decision on a run."""
    work = SettleRow(run_of(SETTLE, run.run_id), ids.new_id(), started_at=clock.now(), expires_at=run.expires_at)
    start(work)


def _release(run_id: str, word: Mapping[str, Any], people: Sequence[str], **actor: str) -> SyncRunRow:
    run = _stored(run_id)
    who = next(iter(word))
    if run.phase == Phase.PARKED and getattr(run, who) is None:
        unsaid = SyncRunRow.get_attributes()[who].does_not_exist()
        transaction = Transaction()
        waits = SyncRunRow.phase == Phase.PARKED.value
        transaction.update(run.own_key, store.assign(SyncRunRow, word), waits & unsaid, SyncRunDecided())
        transaction.put(ledger_entry(RELEASED, people, run=run_id, **actor))
        with suppress(SyncRunDecided):  # by somebody else at the same moment, perhaps the same way
            transaction.commit()
        run = _stored(run_id)
    if getattr(run, who) is None:
        raise SyncRunDecided
    if run.is_released and run.phase == Phase.PARKED:
        ask_to_settle(run)
    return run


def _discard(run_id: str, people: Sequence[str], **actor: str) -> SyncRunRow:
    run = _stored(run_id)
    if run.phase == Phase.PARKED:
        decided = store.assign(SyncRunRow, {"phase": Phase.DISCARDED.value, "done_at": clock.now()})
        transaction = Transaction().update(
            run.own_key, decided, SyncRunRow.phase == Phase.PARKED.value, SyncRunDecided()
        )
        transaction.put(ledger_entry(DISCARDED, people, run=run_id, **actor))
        with suppress(SyncRunDecided):
            transaction.commit()
        run = _stored(run_id)
    if run.phase != Phase.DISCARDED:
        raise SyncRunDecided
    ask_to_settle(run)
    return run


def _stored(run_id: str) -> SyncRunRow:
    run = run_at(run_id)
    if run is None or run.expires_at <= clock.now():
        raise SyncRunNotFound
    return run
