"""What two operators decide (B3, B16): officers, sources, owners of books, managers of places.

One proposes, another confirms, in the ledger.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import canonical, clock, ids, store
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, encode
from chalicelib.core.errors import Broken
from chalicelib.core.log import Event, emit
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.groups.errors import OwnerChanged, TooManyBooks
from chalicelib.health.sources import source_name, stored_source
from chalicelib.people.service.roles import verified_person
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry, living
from chalicelib.places.errors.places import PlaceChanged, TooManyPlaces
from chalicelib.tracing.decision import Decision
from chalicelib.tracing.errors import (
    AlreadyNamed,
    BookGone,
    NobodyVerified,
    NotNamed,
    OwnProposal,
    PlaceGone,
    ProposalDone,
    ProposalExpired,
    SourceNotNamed,
    SubjectErased,
    UnknownProposal,
)
from chalicelib.tracing.keys import ADDED, SourceKey
from chalicelib.tracing.subjects import (
    BookOwner,
    Officer,
    PlaceManager,
    Source,
    Subject,
    living_book,
    open_place,
    subject_of,
)
from chalicelib.tracing.tables import Act, Naming, ProposalRow

WAITS = timedelta(days=7)
"""How long a proposal may be confirmed: over a weekend and a few days off, but not until nobody remembers its reason."""

TICK = timedelta(microseconds=1)
"""The least by which one decision is later than another, as stored."""

PROPOSED = "NAMING_PROPOSED"
"""What the ledger calls a proposal."""

LEDGER_KINDS = {
    (Naming.OFFICER, Act.GRANT): "OFFICER_GRANTED",
    (Naming.OFFICER, Act.REVOKE): "OFFICER_REVOKED",
    (Naming.SOURCE, Act.GRANT): "SOURCE_GRANTED",
    (Naming.SOURCE, Act.REVOKE): "SOURCE_REVOKED",
    (Naming.OWNER, Act.GRANT): "OWNER_GRANTED",
    (Naming.MANAGER, Act.GRANT): "MANAGER_GRANTED",
}
"""What the ledger calls what was carried out, of all but keys of sources (`tracing.keys`)."""

GRANTING = frozenset(kind for (_, act), kind in LEDGER_KINDS.items() if act is Act.GRANT)


@dataclass(frozen=True)
class Proposal:
    """A proposal as operators see it.

    `subject` identifies no person, and is None where it can't be confirmed any more: the person erased themself, or the book
    is gone or has another owner.
    """

    proposal_id: str
    act: Act
    naming: Naming
    subject: str | None
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime


class Namings:
    """Takes proposals and carries out those that a second operator confirms. Operators are told apart by principal."""

    def __init__(self, macs: IdentityMacs) -> None:
        """Take who makes the ids of people."""
        self._macs = macs

    def propose_officer(self, act: Act, document_type: DocumentType, number: str, by: str) -> Proposal:
        """Store that `by` wants the holder of a document to be an officer, or to be none any more.

        Raises InvalidDocument, NobodyVerified, AlreadyNamed or NotNamed.
        """
        return _propose(act, Officer(self._holder(document_type, number)), by)

    def propose_owner(self, org_id: str, document_type: DocumentType, number: str, by: str) -> Proposal:
        """Store that `by` wants a group book to go to the holder of a document, whoever owns it.

        Raises BookGone, InvalidDocument, NobodyVerified, TooManyBooks, or AlreadyNamed for who owns it already.
        """
        book, person = living_book(org_id), self._holder(document_type, number)
        subject = BookOwner(person, book)
        if not subject.is_granted and person.books >= settings().city.books.max_per_person:
            raise TooManyBooks
        return _propose(Act.GRANT, subject, by)

    def propose_manager(self, place_id: str, document_type: DocumentType, number: str, by: str) -> Proposal:
        """Store that `by` wants a place to go to the holder of a document, whoever manages it.

        Raises PlaceGone, InvalidDocument, NobodyVerified, TooManyPlaces, or AlreadyNamed for who manages it already.
        """
        place, person = open_place(place_id), self._holder(document_type, number)
        subject = PlaceManager(person, place)
        if not subject.is_granted and person.places >= settings().city.places.max_per_manager:
            raise TooManyPlaces
        return _propose(Act.GRANT, subject, by)

    def _holder(self, document_type: DocumentType, number: str) -> PersonRow:
        number = canonical.document(document_type, number)
        person = verified_person(self._macs.person_id(document_type, number))
        if person is None:
            raise NobodyVerified
        return person

    def propose_source(self, act: Act, name: str, by: str) -> Proposal:
        """Store that `by` wants a source to deliver facts, or none any more. Raises InvalidSourceName, AlreadyNamed or NotNamed."""
        name = source_name(name)
        return _propose(act, Source(name, stored_source(name)), by)

    def propose_key(self, name: str, public_key: bytes, by: str, *, replaces: bool) -> Proposal:
        """Store that `by` wants a source to sign with a raw public key, and where it `replaces` them to end its others soon.

        Raises InvalidSourceName, SourceNotNamed, or AlreadyNamed for a key that the source ever had.
        """
        name = source_name(name)
        source = stored_source(name)
        if source is None or not source.granted:
            raise SourceNotNamed
        return _propose(Act.GRANT, SourceKey(name, encode(public_key), replaces=replaces), by)

    def waiting(self) -> list[Proposal]:
        """What waits for somebody's confirmation, oldest first. What can't be read is left out, and logged."""
        rows = store.query_all(ProposalRow, ProposalRow.KIND)
        seen = [_seen(row) for row in rows if row.confirmed_at is None and row.expires_at > clock.now()]
        if broken := seen.count(None):
            emit(Event.ROW_BROKEN, table=ProposalRow.Meta.table, count=broken)
        return [one for one in seen if one is not None]

    def confirm(self, proposal_id: str, by: str) -> Proposal:
        """Carry a proposal out, once, in the name of another operator than its proposer.

        Raises UnknownProposal, ProposalDone, ProposalExpired, OwnProposal, SubjectErased, AlreadyNamed or NotNamed; for a
        book also BookGone, OwnerChanged and TooManyBooks; for a place PlaceGone, PlaceChanged and TooManyPlaces; for a key
        SourceNotNamed and KeyKnown; and Conflict if the subject changed at the same moment.
        """
        row = _confirmable(proposal_id, by)
        subject, act = subject_of(row), _act(row)
        _refuse_without_effect(act, subject)
        decision = Decision(proposal_id, act is Act.GRANT, by, _moment_after(subject.decided_at))
        transaction = Transaction()
        confirmed = [ProposalRow.confirmed_by.set(by), ProposalRow.confirmed_at.set(decision.at)]
        waits = ProposalRow.kind.exists() & ProposalRow.confirmed_at.does_not_exist()
        transaction.update(row.own_key, confirmed, waits, ProposalDone())
        subject.decide(transaction, decision)
        entry = _entry(LEDGER_KINDS.get((subject.naming, act), ADDED), subject, proposal_id, by)
        entry.at = decision.at
        transaction.put(entry)
        transaction.commit()
        return _shown(row, subject.shown)


def _propose(act: Act, subject: Subject, by: str) -> Proposal:
    _refuse_without_effect(act, subject)
    now, person, (container_id, _, term) = clock.now(), subject.person, _container(subject)
    row = ProposalRow(
        ProposalRow.KIND,
        ids.new_id(),
        act=act.value,
        naming=subject.naming.value,
        person_id=person.person_id if person else None,
        enrolment=person.enrolment if person else None,
        source=subject.source,
        public_key=subject.public_key if isinstance(subject, SourceKey) else None,
        replaces=subject.replaces if isinstance(subject, SourceKey) else None,
        org_id=container_id,
        term=term,
        proposed_by=by,
        proposed_at=now,
        expires_at=now + WAITS,
    )
    transaction = Transaction()
    transaction.put(row)
    transaction.put(_entry(PROPOSED, subject, row.decision_id, by, what=[act.value, subject.naming.value]))
    transaction.commit()
    return _shown(row, subject.shown)


def _entry(kind: str, subject: Subject, proposal_id: str, by: str, **more: Any) -> LedgerRow:
    """What the ledger says of one operator's part in naming a subject."""
    person = subject.person
    people = [living(person.person_id, int(person.enrolment))] if person else []
    if isinstance(subject, SourceKey):
        more["run"] = subject.key_id
    org_id, organization, _ = _container(subject)
    more |= {"org_id": org_id, "organization": organization}
    return ledger_entry(kind, people, principal=by, proposal=proposal_id, source=subject.source, **more)


def _container(subject: Subject) -> tuple[str | None, str | None, int | None]:
    """Id, name and term of the book or the place that it is about, if it is one's owner or manager."""
    if subject.book is not None:
        return subject.book.org_id, subject.book.name, int(subject.book.owner_term)
    if subject.place is not None:
        return subject.place.place_id, subject.place.name, int(subject.place.term)
    return None, None, None


def _refuse_without_effect(act: Act, subject: Subject) -> None:
    if act is Act.GRANT and subject.is_granted:
        raise AlreadyNamed
    if act is Act.REVOKE and not subject.is_granted:
        raise NotNamed


def _confirmable(proposal_id: str, by: str) -> ProposalRow:
    row = _stored(proposal_id)
    if row.confirmed_at is not None:
        raise ProposalDone
    if row.expires_at <= clock.now():
        raise ProposalExpired
    if row.proposed_by == by:
        raise OwnProposal
    return row


def _stored(proposal_id: str) -> ProposalRow:
    try:
        ids.to_bytes(proposal_id)
    except ValueError as error:
        raise UnknownProposal from error
    key = ProposalRow.of(proposal_id)
    row = store.read_together([key]).get(key)
    if row is None:
        raise UnknownProposal
    return row


def _moment_after(last: datetime | None) -> datetime:
    """Now, or just after the last decision on the same subject where another operator's clock is ahead of this one.

    So what the ledger says of one subject is in the order in which it was decided, which a replay relies on.
    """
    return clock.now() if last is None else max(clock.now(), last + TICK)


def _act(row: ProposalRow) -> Act:
    """What a stored proposal does. Raises Broken."""
    try:
        return Act(row.act)
    except ValueError as error:
        raise Broken from error


def _seen(row: ProposalRow) -> Proposal | None:
    """The proposal, or None if it, or whom it is about, can't be read."""
    try:
        return _shown(row, _subject_shown(row))
    except Broken:
        return None


def _subject_shown(row: ProposalRow) -> str | None:
    try:
        return subject_of(row).shown
    except (BookGone, OwnerChanged, PlaceChanged, PlaceGone, SubjectErased):
        return None


def _shown(row: ProposalRow, subject: str | None) -> Proposal:
    return Proposal(
        row.decision_id, _act(row), Naming(row.naming), subject, row.proposed_by, row.proposed_at, row.expires_at
    )
