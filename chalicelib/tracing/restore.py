"""After a restore: what two operators decided since the backup holds again, above all that somebody is no officer any more.

Decisions on one subject stand in the ledger in the order in which they were made, and the subject keeps the moment of
the last. So each is carried out only where it is the later one, and a second run finds none.

Every function may put entries into the ledger, but two operators alone may name an officer or a source (B3). So what
was granted is granted again only where the ledger has its proposal too, by another operator; taking away needs none.
"""

from collections.abc import Iterator
from datetime import timedelta

from chalicelib.core import ids, store
from chalicelib.core.errors import Broken
from chalicelib.core.store import Transaction
from chalicelib.health.sources import stored_source
from chalicelib.people.service.restore import lives_in
from chalicelib.people.service.roles import verified_person
from chalicelib.people.tables.privacy import LedgerRow, ledger_shards
from chalicelib.tracing.decision import Decision
from chalicelib.tracing.service import GRANTING, LEDGER_KINDS, PROPOSED, WAITS
from chalicelib.tracing.subjects import Officer, Source, Subject
from chalicelib.tracing.tables import ProposalRow

SAME_REQUEST = timedelta(minutes=1)
"""A proposal's id and its ledger entry's are made in one command, the entry's after it; never so far apart."""

_WHAT = {kind: [act.value, naming.value] for (naming, act), kind in LEDGER_KINDS.items()}


class Unproposed(Broken):
    """The ledger says that something was granted, but not that another operator proposed just this before."""


def decide_again(entry: LedgerRow, *, write: bool) -> int:
    """Carry out a decision again where it is missing, and let nobody confirm its proposal twice. Raises Broken, Unproposed.

    Returns how many rows are behind. Somebody whose life is not the one that was named is left alone.
    """
    if not entry.proposal or not entry.principal:
        raise Broken
    if entry.kind in GRANTING:
        proposal_of(entry)
    decision = Decision(entry.proposal, entry.kind in GRANTING, entry.principal, entry.at)
    behind = [one for one in _subjects(entry) if one.decided_at is None or one.decided_at < entry.at]
    for subject in behind if write else ():
        transaction = Transaction()
        subject.decide(transaction, decision)
        transaction.commit()
    return len(behind) + _close_again(decision, write=write)


def close_again(entry: LedgerRow, *, write: bool) -> int:
    """Close the proposal of a key that was added since the backup, so that nobody confirms it twice. Raises Broken.

    The key itself is not put back: it may have been lost since. Its operators add it anew, or another one.
    """
    if not entry.proposal or not entry.principal:
        raise Broken
    return _close_again(Decision(entry.proposal, granted=True, confirmed_by=entry.principal, at=entry.at), write=write)


def proposal_of(entry: LedgerRow) -> LedgerRow:
    """What the ledger says of the proposal that a decision carried out, also from before the backup. Raises Unproposed."""
    found = next((one for one in _proposed(entry.proposal or "") if _stands_behind(one, entry)), None)
    if found is None:
        raise Unproposed
    return found


def _proposed(proposal_id: str) -> Iterator[LedgerRow]:
    """The entries of the minute in which a proposal's id was made: no more can be asked for by the ledger's keys."""
    try:
        since = ids.time_of(proposal_id)
        until = since + SAME_REQUEST
    except (OverflowError, ValueError) as error:
        raise Unproposed from error
    in_time = LedgerRow.entry_id.between(ids.first_id(since), ids.first_id(until))
    for day in sorted({since.date(), until.date()}):
        for shard in ledger_shards(day):
            yield from store.query_all(LedgerRow, shard, in_time)


def _stands_behind(proposed: LedgerRow, entry: LedgerRow) -> bool:
    """Whether another operator proposed just what was decided, before it was and not too long before."""
    same = (proposed.kind, proposed.proposal, proposed.what) == (PROPOSED, entry.proposal, _WHAT[entry.kind])
    same_subject = _about(proposed) == _about(entry)
    by_another = bool(proposed.principal) and proposed.principal != entry.principal
    return same and same_subject and by_another and proposed.at < entry.at <= proposed.at + WAITS


def _about(entry: LedgerRow) -> tuple[str | None, str | None, list[str]]:
    return entry.source, entry.org_id, entry.people or []


def _subjects(entry: LedgerRow) -> list[Subject]:
    """Who or what is to be named again. A book has an entry of its own for that, as one that its owner hands over has."""
    if entry.org_id:
        return []
    if entry.source:
        return [Source(entry.source, stored_source(entry.source))]
    found = [(verified_person(person_id), enrolment) for person_id, enrolment in lives_in(entry)]
    return [Officer(person) for person, enrolment in found if person is not None and person.enrolment == enrolment]


def _close_again(decision: Decision, *, write: bool) -> int:
    key = ProposalRow.of(decision.proposal_id)
    row = store.read_together([key]).get(key)
    if row is None or row.confirmed_at is not None:
        return 0
    if write:
        confirmed = [ProposalRow.confirmed_by.set(decision.confirmed_by), ProposalRow.confirmed_at.set(decision.at)]
        store.update(key, confirmed, ProposalRow.kind.exists())
    return 1
