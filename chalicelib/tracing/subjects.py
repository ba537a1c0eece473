"""Whom or what a proposal is about, as stored now: an officer, a source, a book's next owner or a place's next manager."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core import ids, store
from chalicelib.core.errors import Broken, Conflict
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.groups.errors import OwnerChanged
from chalicelib.groups.service.succession import hand_over
from chalicelib.groups.tables import OrganizationRow
from chalicelib.health.sources import same_source, stored_source
from chalicelib.health.tables import SourceRow
from chalicelib.people.service.roles import Role, role_change, same_holder, verified_person
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.errors.places import PlaceChanged, PlaceNotFound
from chalicelib.places.service.places import stored_place
from chalicelib.places.service.succession import hand_over_place
from chalicelib.places.tables import PlaceRow
from chalicelib.tracing.decision import Decision
from chalicelib.tracing.errors import BookGone, PlaceGone, SubjectErased
from chalicelib.tracing.keys import SourceKey, end_all
from chalicelib.tracing.tables import Naming, ProposalRow

WHY_FORCED = "handed_over_by_city"
"""The reason in the access logs of old and new owner where two operators decided."""


class Subject(Protocol):
    """Whom or what a proposal is about."""

    naming: Naming

    @property
    def person(self) -> PersonRow | None:
        """The person, in one life, if it is one."""
        ...

    @property
    def shown(self) -> str:
        """What is shown of it; identifies no person."""
        ...

    @property
    def source(self) -> str | None:
        """The source's name, if it is one."""
        ...

    @property
    def book(self) -> OrganizationRow | None:
        """The group book that it is about, if it is one's owner."""
        ...

    @property
    def place(self) -> PlaceRow | None:
        """The place that it is about, if it is one's manager."""
        ...

    @property
    def is_granted(self) -> bool:
        """Whether it is named now."""
        ...

    @property
    def decided_at(self) -> datetime | None:
        """When that was decided last; None is never."""
        ...

    def decide(self, transaction: Transaction, decision: Decision) -> None:
        """Add what the decision writes; the transaction raises Conflict if the subject changed since it was read."""
        ...


@dataclass(frozen=True)
class Officer:
    """A verified person, in one life."""

    person: PersonRow
    naming = Naming.OFFICER
    source = book = place = None

    @property
    def shown(self) -> str:
        """The masked document, as lists show it."""
        return self.person.document_mask or ""

    @property
    def is_granted(self) -> bool:
        """Whether the person is an officer."""
        return Role.OFFICER in (self.person.roles or ())

    @property
    def decided_at(self) -> datetime | None:
        """When the person's roles changed last."""
        return self.person.roles_at

    def decide(self, transaction: Transaction, decision: Decision) -> None:
        """Change the role on the person's row, in this life only."""
        actions = role_change(self.person, Role.OFFICER, decision.at, granted=decision.granted)
        transaction.update(self.person.own_key, actions, same_holder(self.person), Conflict())


@dataclass(frozen=True)
class Source:
    """A source by name, with what was decided of it last."""

    source: str
    before: SourceRow | None
    naming = Naming.SOURCE
    person = book = place = None

    @property
    def shown(self) -> str:
        """Its name."""
        return self.source

    @property
    def is_granted(self) -> bool:
        """Whether it may deliver facts."""
        return self.before is not None and bool(self.before.granted)

    @property
    def decided_at(self) -> datetime | None:
        """When it was granted or revoked last."""
        return self.before.at if self.before is not None else None

    def decide(self, transaction: Transaction, decision: Decision) -> None:
        """Put its row; with a source its keys end, so that naming it anew brings none of them back."""
        row = SourceRow(
            SourceRow.KIND,
            self.source,
            granted=decision.granted,
            proposal=decision.proposal_id,
            confirmed_by=decision.confirmed_by,
            at=decision.at,
        )
        transaction.put(row, same_source(self.before), Conflict())
        if not decision.granted:
            end_all(transaction, self.source, decision.at, decision.confirmed_by)


@dataclass(frozen=True)
class BookOwner:
    """A verified person, in one life, as the next owner of a group book."""

    person: PersonRow
    book: OrganizationRow
    naming = Naming.OWNER
    source = place = None
    decided_at = None

    @property
    def shown(self) -> str:
        """The book's id, and the masked document of whom it goes to."""
        return f"{self.book.org_id} to {self.person.document_mask or ''}"

    @property
    def is_granted(self) -> bool:
        """Whether the person owns the book."""
        return bool(self.book.owner_id == self.person.person_id)

    def decide(self, transaction: Transaction, decision: Decision) -> None:  # noqa: ARG002  the ledger says who decided
        """Hand the book over, as if its owner had offered it and the person accepted."""
        hand_over(transaction, self.book, self.person, actor=settings().city.title.zh, why=WHY_FORCED)


@dataclass(frozen=True)
class PlaceManager:
    """A verified person, in one life, as the next manager of a place."""

    person: PersonRow
    place: PlaceRow
    naming = Naming.MANAGER
    source = book = None
    decided_at = None

    @property
    def shown(self) -> str:
        """The place's id, and the masked document of whom it goes to."""
        return f"{self.place.place_id} to {self.person.document_mask or ''}"

    @property
    def is_granted(self) -> bool:
        """Whether the person manages the place."""
        return bool(self.place.manager_id == self.person.person_id)

    def decide(self, transaction: Transaction, decision: Decision) -> None:  # noqa: ARG002  the ledger says who decided
        """Hand the place over, as if its manager had offered it and the person accepted."""
        hand_over_place(transaction, self.place, self.person, actor=settings().city.title.zh, why=WHY_FORCED)


def open_place(place_id: str) -> PlaceRow:
    """A place as stored now. Raises PlaceGone if there is none with this id, or it was closed."""
    try:
        ids.to_bytes(place_id)
        return stored_place(place_id)
    except (ValueError, PlaceNotFound) as error:
        raise PlaceGone from error


def living_book(org_id: str) -> OrganizationRow:
    """A group book as stored now. Raises BookGone if there is none with this id, or it was deleted."""
    try:
        ids.to_bytes(org_id)
    except ValueError as error:
        raise BookGone from error
    key = OrganizationRow.of(org_id)
    book = store.read_together([key]).get(key)
    if book is None or book.deleted_at is not None:
        raise BookGone
    return book


def subject_of(proposal: ProposalRow) -> Subject:
    """The subject of a stored proposal. Raises Broken if the row names nobody.

    Raises SubjectErased if the life is over, BookGone or PlaceGone if the book or place is, and OwnerChanged or PlaceChanged
    if it was handed over since.
    """
    if proposal.naming == Naming.SOURCE and proposal.source:
        return Source(proposal.source, stored_source(proposal.source))
    if proposal.naming == Naming.SOURCE_KEY and proposal.source and proposal.public_key:
        return SourceKey(proposal.source, proposal.public_key, replaces=bool(proposal.replaces))
    if proposal.naming == Naming.OFFICER:
        return Officer(_person_of(proposal))
    if not proposal.org_id:
        raise Broken
    return _of_container(proposal, proposal.org_id)


def _of_container(proposal: ProposalRow, container_id: str) -> Subject:
    """Who becomes the owner of a book, or the manager of a place."""
    if proposal.naming == Naming.MANAGER:
        place = open_place(container_id)
        if place.term != proposal.term:
            raise PlaceChanged
        return PlaceManager(_person_of(proposal), place)
    if proposal.naming != Naming.OWNER:
        raise Broken
    book = living_book(container_id)
    if book.owner_term != proposal.term:
        raise OwnerChanged
    return BookOwner(_person_of(proposal), book)


def _person_of(proposal: ProposalRow) -> PersonRow:
    if not proposal.person_id:
        raise Broken
    person = verified_person(proposal.person_id)
    if person is None or person.enrolment != proposal.enrolment:
        raise SubjectErased
    return person
