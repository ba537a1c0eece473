"""Dependants: people for whom somebody else may act, as a source or a code to their own phone confirms (R0.4, R2.5; design §7).

Name, document and the right to act are refused by one answer, whichever is missing, so that nobody tries people out.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.core import canonical, clock, store
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, pairwise_id
from chalicelib.core.fields import FieldCipher
from chalicelib.core.ports import HealthSource, IdentityClaim, Kinship
from chalicelib.core.store import Action, Transaction
from chalicelib.people.access import Guardian, Person
from chalicelib.people.errors import (
    DependantActsAlone,
    DependantMismatch,
    DependantNotFound,
    DependantsFull,
    GuardianNotFound,
    GuardiansFull,
)
from chalicelib.people.service import bindings
from chalicelib.people.service.bindings import BindingChanged, Relation
from chalicelib.people.service.codes import Asking, Codes, Purpose, TakenCode
from chalicelib.people.service.enrolling import described
from chalicelib.people.service.identity import PersonHook, count_try, is_somebody_else
from chalicelib.people.tables.dependants import DependantRow, GuardianRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import in_full, ledger_entry, living

MOST_DEPENDANTS, MOST_GUARDIANS = 5, 10
"""Of one person: a family, and no register of strangers (design §7)."""

WHAT, WHY = ("binding",), "dependant"
"""What the access logs of the dependant and of their other guardians say of a new one."""


@dataclass(frozen=True)
class Claimed:
    """Whom somebody would act for, as they typed it."""

    name: str
    document_type: DocumentType
    document_number: str
    phone: str | None = None


@dataclass(frozen=True)
class Bound:
    """A dependant as their guardian sees them, whether the guardian may act for them now, and whether this request bound them."""

    row: DependantRow
    acts: bool
    is_new: bool = False


class Dependants:
    """Binds people to those who act for them, and unbinds them again, by either side."""

    def __init__(self, source: HealthSource, codes: Codes, macs: IdentityMacs, cipher: FieldCipher) -> None:
        """Take who knows people, who sends codes, who makes ids, and who encrypts names."""
        self._source, self._codes, self._macs, self._cipher = source, codes, macs, cipher
        self._on_verified: list[PersonHook] = []

    def on_person_verified(self, hook: PersonHook) -> None:
        """Register what happens once a dependant is enrolled; called in order, after everything is stored."""
        self._on_verified.append(hook)

    def send_code(self, caller: Person, claimed: Claimed, asking: Asking) -> int:
        """Send a code to the phone that the source holds for a dependant, by which they let the caller act for them.

        Returns seconds until the next may be asked for. Raises InvalidName, InvalidDocument, InvalidPhone, SourceUnavailable,
        TooManyIdentityTries, DependantMismatch, TooManyCodes, TooManyTries or SmsBudgetSpent.
        """
        claim = self._claim(claimed)
        if not self._known(caller, claim).has_phone:
            raise DependantMismatch
        return self._codes.send(claim.phone, Purpose.DEPENDANT, asking, about=_about(caller, claim))

    def bind(self, caller: Person, claimed: Claimed, relation: Relation, code: str | None = None) -> Bound:
        """Let the caller act for somebody; who is bound already stays so.

        Raises InvalidName, InvalidDocument, InvalidPhone, SourceUnavailable, TooManyIdentityTries, DependantMismatch,
        CodeRefused, DependantActsAlone, DependantsFull, GuardiansFull, or BindingChanged if something raced.
        """
        claim = self._claim(claimed)
        until = _until(claim, relation)
        kinship = self._known(caller, claim)
        bound = bindings.dependants_of(caller.row)
        for row, person in bound:
            if person.person_id == claim.person_id:
                return Bound(row, bindings.acts_for(row, person))
        taken = None if kinship.is_guardian else self._taken(caller, claim, code, kinship)
        if len(bound) >= MOST_DEPENDANTS:
            raise DependantsFull(fields={"limit": MOST_DEPENDANTS})
        # a phone that the source does not hold for them may be anybody's, and would be told of them
        known = claim if kinship.has_phone else replace(claim, phone="")
        row, person = self._bind(caller, known, _Terms(relation, until), taken)
        return Bound(row, bindings.acts_for(row, person), is_new=True)

    def own(self, caller: Person) -> list[Bound]:
        """Whom the caller acts for, or still sees."""
        return [Bound(row, bindings.acts_for(row, person)) for row, person in bindings.dependants_of(caller.row)]

    def unbind(self, caller: Guardian) -> None:
        """Act for a dependant no more. Raises DependantNotFound or BindingChanged if that happened meanwhile."""
        bindings.end(caller.binding)

    def guardians(self, caller: Person) -> list[GuardianRow]:
        """Who acts for the caller, or still sees them."""
        return bindings.guardians_of(caller.row)

    def dismiss(self, caller: Person, guardian_id: str) -> None:
        """Let a guardian act for the caller no more. Raises GuardianNotFound, or BindingChanged if something raced."""
        key = GuardianRow.of(caller.person_id, guardian_id)
        row = store.read_together([key]).get(key)
        if row is None or row.enrolment != caller.enrolment:
            raise GuardianNotFound
        try:
            bindings.end(row)
        except DependantNotFound:
            raise GuardianNotFound from None

    def forget(self, person: Person) -> None:
        """End every binding of somebody whose life ends."""
        bindings.end_all(person.person_id)

    def _claim(self, claimed: Claimed) -> IdentityClaim:
        name = canonical.person_name(claimed.name)
        number = canonical.document(claimed.document_type, claimed.document_number)
        phone = canonical.phone(claimed.phone) if claimed.phone else ""
        person_id = self._macs.person_id(claimed.document_type, number)
        return IdentityClaim(
            person_id=person_id,
            name_mac=self._macs.name_mac(person_id, name),
            phone_mac=self._macs.phone_mac(phone),
            document_type=claimed.document_type,
            document_number=number,
            name=name,
            phone=phone,
        )

    def _known(self, caller: Person, claim: IdentityClaim) -> Kinship:
        """How the source knows somebody, counted before it is asked; nobody is their own dependant.

        Raises SourceUnavailable, TooManyIdentityTries or DependantMismatch.
        """
        self._source.require_ready()
        count_try(caller.account, claim)
        kinship = self._source.kinship(claim, caller.person_id)
        if kinship is None or claim.person_id == caller.person_id:
            raise DependantMismatch
        return kinship

    def _taken(self, caller: Person, claim: IdentityClaim, code: str | None, kinship: Kinship) -> TakenCode:
        """The dependant's word, where the source names no guardian. Raises DependantMismatch or CodeRefused."""
        if code is None or not kinship.has_phone:
            raise DependantMismatch
        return self._codes.take(claim.phone_mac, Purpose.DEPENDANT, code, about=_about(caller, claim))

    def _bind(
        self, caller: Person, claim: IdentityClaim, terms: "_Terms", taken: TakenCode | None
    ) -> tuple[DependantRow, PersonRow]:
        """Store the binding on both sides while both lives go on, and tell the dependant and their other guardians."""
        key = PersonRow.of(claim.person_id)
        before = store.read_together([key]).get(key)
        if is_somebody_else(before, claim):
            raise DependantMismatch
        if terms.relation is Relation.CHILD and before is not None and before.account is not None:
            raise DependantActsAlone
        transaction = Transaction()
        if taken is not None:
            taken.spend(transaction)
        person = self._enrol(transaction, claim, before)
        row = _put_binding(transaction, caller, person, terms)
        _tell(transaction, caller, person, () if person.guardians == 1 else bindings.guardians_of(person))
        transaction.commit()
        if before is None or before.verified_at is None:
            for hook in self._on_verified:
                hook(person.person_id, int(person.enrolment))
        return row, person

    def _enrol(self, transaction: Transaction, claim: IdentityClaim, before: PersonRow | None) -> PersonRow:
        """Count one more guardian of the dependant, who is enrolled without an account if they were not yet."""
        if before is not None and before.verified_at is not None:
            same = (PersonRow.enrolment == before.enrolment) & PersonRow.verified_at.exists()
            if before.guardians >= MOST_GUARDIANS:
                raise GuardiansFull(fields={"limit": MOST_GUARDIANS})
            transaction.update(before.own_key, [PersonRow.guardians.add(1), *_asked_now()], same, BindingChanged())
            before.guardians += 1
            return before
        phone_mac = claim.phone_mac if claim.phone else None
        known: dict[str, Any] = {**described(claim, self._macs, self._cipher), "phone_mac": phone_mac, "guardians": 1}
        if before is None:
            person = PersonRow(claim.person_id, "PERSON", enrolment=1, **known)
            transaction.put(person, PersonRow.person_id.does_not_exist(), BindingChanged())
            return person
        same = (PersonRow.enrolment == before.enrolment) & PersonRow.verified_at.does_not_exist()
        transaction.update(before.own_key, store.assign(PersonRow, known), same, BindingChanged())
        for name, value in known.items():
            setattr(before, name, value)
        return before


@dataclass(frozen=True)
class _Terms:
    """What the dependant is to the guardian, and until when."""

    relation: Relation
    until: datetime | None


def _until(claim: IdentityClaim, relation: Relation) -> datetime | None:
    """Until when somebody is a child, whatever else they are to the guardian: a grandchild takes over at 14 too (R0.4).

    None for who is grown, and where the document states no birth date. Raises DependantActsAlone for who is said to be a child
    and is none any more.
    """
    born = canonical.birth_date(claim.document_type, claim.document_number)
    until = None if born is None else bindings.of_age(born)
    if until is None or until > clock.now():
        return until
    if relation is Relation.CHILD:
        raise DependantActsAlone
    return None


def _about(caller: Person, claim: IdentityClaim) -> str:
    """What a code is about: this guardian and this dependant, though one phone may be that of several."""
    return pairwise_id(caller.person_id, claim.person_id)


def _asked_now() -> list[Action]:
    """That the source was asked of somebody a moment ago: what a run of the sync put aside of them before is older (R-20)."""
    return [PersonRow.checked_at.set(clock.now()), PersonRow.source_mark.remove()]


def _put_binding(transaction: Transaction, caller: Person, person: PersonRow, terms: _Terms) -> DependantRow:
    """The two rows, and one more on the guardian's count while their life goes on."""
    said: dict[str, Any] = {"relation": terms.relation.value, "until": terms.until, "bound_at": clock.now()}
    theirs = DependantRow.between(caller.person_id, person.person_id)
    row = DependantRow(
        theirs.hash_value,
        theirs.range_value,
        enrolment=caller.enrolment,
        other_id=person.person_id,
        other_enrolment=person.enrolment,
        name_mask=person.name_mask,
        document_mask=person.document_mask,
        **said,
    )
    twin = GuardianRow(
        row.twin.hash_value,
        row.twin.range_value,
        enrolment=person.enrolment,
        other_id=caller.person_id,
        other_enrolment=caller.enrolment,
        name_mask=caller.row.name_mask,
        **said,
    )
    counted = PersonRow.dependants.does_not_exist() | (PersonRow.dependants < MOST_DEPENDANTS)
    same = (PersonRow.enrolment == caller.enrolment) & counted
    transaction.update(caller.row.own_key, [PersonRow.dependants.add(1)], same, BindingChanged())
    transaction.put(row, DependantRow.person_id.does_not_exist(), BindingChanged()).put(twin)
    return row


def _tell(transaction: Transaction, caller: Person, person: PersonRow, others: list[GuardianRow] | tuple[()]) -> None:
    """Have the new guardian written into the access logs of the dependant and of who acted for them before (B1)."""
    lives = {living(person.person_id, int(person.enrolment))}
    lives |= {living(one.other_id, int(one.other_enrolment)) for one in others}
    shown = [in_full(life, WHAT) for life in sorted(lives)]
    transaction.put(ledger_entry("DISCLOSURE", shown, actor=caller.row.name_mask or "", what=list(WHAT), why=WHY))
