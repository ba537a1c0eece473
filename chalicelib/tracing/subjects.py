"""Whom or what a proposal is about, as stored now: a person who is or becomes an officer, or a source."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.errors import Broken, Conflict
from chalicelib.core.store import Transaction
from chalicelib.health.sources import same_source, stored_source
from chalicelib.health.tables import SourceRow
from chalicelib.people.service.roles import Role, role_change, same_holder, verified_person
from chalicelib.people.tables.people import PersonRow
from chalicelib.tracing.errors import SubjectErased
from chalicelib.tracing.tables import Naming, ProposalRow


@dataclass(frozen=True)
class Decision:
    """What two operators decided: of which proposal, granted or revoked, whose confirmation, when (aware)."""

    proposal_id: str
    granted: bool
    confirmed_by: str
    at: datetime


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
    source = None

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
    person = None

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
        """Put its row."""
        row = SourceRow(
            SourceRow.KIND,
            self.source,
            granted=decision.granted,
            proposal=decision.proposal_id,
            confirmed_by=decision.confirmed_by,
            at=decision.at,
        )
        transaction.put(row, same_source(self.before), Conflict())


def subject_of(proposal: ProposalRow) -> Subject:
    """The subject of a stored proposal. Raises SubjectErased if the life is over, Broken if the row names nobody."""
    if proposal.naming == Naming.SOURCE and proposal.source:
        return Source(proposal.source, stored_source(proposal.source))
    if proposal.naming != Naming.OFFICER or not proposal.person_id:
        raise Broken
    person = verified_person(proposal.person_id)
    if person is None or person.enrolment != proposal.enrolment:
        raise SubjectErased
    return Officer(person)
