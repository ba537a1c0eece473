"""After a restore: what two operators decided since the backup holds again, above all that somebody is no officer any more.

Decisions on one subject stand in the ledger in the order in which they were made, and the subject keeps the moment of
the last. So each is carried out only where it is the later one, and a second run finds none.
"""

from chalicelib.core import store
from chalicelib.core.errors import Broken
from chalicelib.core.store import Transaction
from chalicelib.health.sources import stored_source
from chalicelib.people.service.restore import lives_in
from chalicelib.people.service.roles import verified_person
from chalicelib.people.tables.privacy import LedgerRow
from chalicelib.tracing.service import GRANTING
from chalicelib.tracing.subjects import Decision, Officer, Source, Subject
from chalicelib.tracing.tables import ProposalRow


def decide_again(entry: LedgerRow, *, write: bool) -> int:
    """Carry out a decision again where it is missing, and let nobody confirm its proposal twice. Raises Broken.

    Returns how many rows are behind. Somebody whose life is not the one that was named is left alone.
    """
    if not entry.proposal or not entry.principal:
        raise Broken
    decision = Decision(entry.proposal, entry.kind in GRANTING, entry.principal, entry.at)
    behind = [one for one in _subjects(entry) if one.decided_at is None or one.decided_at < entry.at]
    for subject in behind if write else ():
        transaction = Transaction()
        subject.decide(transaction, decision)
        transaction.commit()
    return len(behind) + _close_again(decision, write=write)


def _subjects(entry: LedgerRow) -> list[Subject]:
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
