"""The health source of a city that asks a service of the health authority: who is who live, what is known by a mirror (R-18, R-19).

The service knows people by their documents and never learns how the city calls them. Whoever proves their identity is
compared with it at that moment, and what it knows of them is kept before anything follows of that: nobody is normal for
want of an answer. After that only the nightly sync asks.
"""

import hmac
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta

from chalicelib.core import canonical, clock, store
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, derive_key
from chalicelib.core.errors import GatebookError, Unavailable
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.core.ports import Fact, IdentityClaim, Kinship
from chalicelib.core.reports import Asked, Changes, Report, Reports
from chalicelib.core.settings import settings
from chalicelib.health.errors import SourceSilent
from chalicelib.health.remote import contract, reading
from chalicelib.health.remote.client import Client, Garbage, PartT
from chalicelib.health.remote.mirror import Mirror
from chalicelib.health.service.registry import RegistrySource
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import LedgerRow


class RemoteSource:
    """Asks the service, and answers from the mirror of what it said."""

    batch = contract.BATCH

    def __init__(self, name: str, client: Client, macs: IdentityMacs, cipher: FieldCipher) -> None:
        """Take the source's name, who speaks with it, who makes ids of documents, and who opens sealed ones."""
        self._name, self._client, self._macs, self._cipher = name, client, macs, cipher
        self._mirror = Mirror(name)

    def require_ready(self) -> None:
        """A service is there or not at the moment of the question; which one that is the city file says."""

    def confirms(self, claim: IdentityClaim) -> bool:
        """Whether the service knows all of it as one person's. Then what it knows of them is kept before this is said.

        Raises SourceUnavailable.
        """
        answer = self._identity(claim, claim.phone)
        if not (answer.matches and answer.has_phone):
            return False
        self._keep_first(claim)
        return True

    def confirms_phone(self, person_id: str, phone_mac: str) -> bool:
        """Whether the last sync, or the proof of identity since, left this phone the person's."""
        key = PersonRow.of(person_id)
        person = store.read_together([key]).get(key)
        held = None if person is None or person.phone_refuted else person.account
        return held is not None and hmac.compare_digest(held, phone_mac)

    def kinship(self, dependant: IdentityClaim, guardian_id: str) -> Kinship | None:
        """How the service knows somebody for whom another would act. Raises SourceUnavailable."""
        answer = self._identity(dependant, dependant.phone)
        if not answer.matches:
            return None
        guardians = {self._person_id(one) for one in answer.guardians}
        kinship = Kinship(guardian_id in guardians, has_phone=bool(dependant.phone) and answer.has_phone)
        if kinship.is_guardian or kinship.has_phone:
            self._keep_first(dependant)
        return kinship

    def facts_of(self, person_id: str) -> list[Fact]:
        """What the mirror holds, as far as it can be read."""
        return RegistrySource().facts_of(person_id)

    def all_facts_of(self, person_id: str) -> list[Fact]:
        """All that the mirror holds. Raises Broken, also for whom the last report was garbage."""
        return self._mirror.facts(person_id)

    def position(self) -> str | None:
        """Where what changes from now on begins. Raises SourceUnavailable."""
        return self._usable("/position", contract.PositionQuestion(), contract.PositionAnswer).cursor

    def reports(self, people: Sequence[Asked]) -> Reports:
        """What the service knows of these people. An answer that is none is garbage for each of them."""
        asked = {}
        for one in people:
            if (person := self._person(one)) is not None:
                asked[person.ref] = one, person
        everybody = frozenset(one.person_id for one in people)
        try:
            found = self._people(asked) if asked else Reports({}, frozenset(), clock.now())
        except Garbage:
            return Reports({}, everybody, clock.now())
        return Reports(found.of, everybody - found.of.keys(), found.as_of)

    def changes(self, cursor: str) -> Changes:
        """A page of what changed. Raises CursorLost, SourceUnavailable."""
        question = contract.ChangesQuestion(cursor=cursor, limit=self.batch)
        answer = self._usable("/changes", question, contract.ChangesAnswer)
        macs = IdentityMacs(_derived())
        if answer.has_more and answer.cursor == cursor:
            raise SourceSilent  # it would be read for ever
        rows = [(None, None) if one is None else (_id_of(macs, one), self._changed(one)) for one in answer.people]
        bad = frozenset(person_id for person_id, report in rows if person_id is not None and report is None)
        of = {
            person_id: report
            for person_id, report in rows
            if person_id is not None and report is not None and person_id not in bad
        }
        garbage = sum(person_id is None or report is None for person_id, report in rows)
        try:
            as_of = reading.as_of(answer.as_of)
        except Garbage:
            raise SourceSilent from None
        return Changes(of, garbage, answer.cursor, answer.has_more, as_of, bad)

    def with_report(self, person_id: str, report: Report) -> Sequence[Fact]:
        """What others reported here, and the report."""
        return self._mirror.with_report(person_id, report)

    def keep(self, person_id: str, report: Report) -> None:
        """Store what is new, and empty what is over."""
        self._mirror.keep(person_id, report)

    def distrust(self, person_id: str) -> None:
        """Let nothing be computed of what is known until a report can be used again."""
        self._mirror.distrust(person_id)

    def forget_erased(self, entry: LedgerRow) -> None:
        """Remove what was kept of people whose life here is over, unless another one began."""
        for life in entry.people or ():
            person_id = life.rsplit(".", 1)[0]
            key = PersonRow.of(person_id)
            person = store.read_together([key]).get(key)
            if person is None or person.verified_at is None:
                self._mirror.forget(person_id)

    def _identity(self, claim: IdentityClaim, phone: str) -> contract.IdentityAnswer:
        question = contract.IdentityQuestion(name=claim.name, phone=phone or None, **_document(claim))
        return self._usable("/identity", question, contract.IdentityAnswer)

    def _keep_first(self, claim: IdentityClaim) -> None:
        """Keep what is known of somebody before they are bound: well for want of any fact is nobody, nor by data of last week.

        Raises SourceUnavailable if that can't be said, or was too long ago.
        """
        asked = contract.Person(ref=_ref(), phone=claim.phone or None, **_document(claim))
        try:
            found = self._people({asked.ref: (Asked(claim.person_id, None), asked)})
            report = found.of[claim.person_id]
        except (Garbage, KeyError):
            raise SourceSilent from None
        if clock.now() - found.as_of > timedelta(hours=settings().city.freshness.limit_hours):
            raise SourceSilent
        self.keep(claim.person_id, report)

    def _people(self, asked: dict[str, tuple[Asked, contract.Person]]) -> Reports:
        """What a batch comes to. Raises SourceUnavailable, Garbage."""
        question = contract.PeopleQuestion(people=[person for _, person in asked.values()])
        answer = self._client.ask("/people", question, contract.PeopleAnswer)
        found, garbage = reading.reports(self._name, asked, answer)
        return Reports(found, frozenset(garbage), reading.as_of(answer.as_of))

    def _usable(self, path: str, question: contract.Part, answer: type[PartT]) -> PartT:
        try:
            return self._client.ask(path, question, answer)
        except Garbage:
            raise SourceSilent from None

    def _person(self, asked: Asked) -> contract.Person | None:
        """How the service knows somebody; None of whom the city holds no document that opens."""
        place = f"people|{asked.person_id}|PERSON"
        try:
            opened = self._cipher.open(FieldClass.DOCUMENT, place, asked.document_sealed or b"")
            sealed = asked.phone_sealed
            phone = None if sealed is None else self._cipher.open(FieldClass.PHONE, place, sealed)
        except Unavailable:
            raise
        except GatebookError:
            return None
        type_, _, number = opened.partition(":")
        return contract.Person(ref=_ref(), document_type=type_, document_number=number, phone=phone)

    def _changed(self, one: contract.ChangedPerson) -> Report | None:
        try:
            return reading.report(self._name, one.facts, has_phone=None) if one.known else None
        except reading.BadFact:
            return None

    def _person_id(self, document: contract.Document) -> str | None:
        return _id_of(self._macs, document)


def _document(claim: IdentityClaim) -> dict[str, str]:
    return {"document_type": claim.document_type.value, "document_number": claim.document_number}


def _ref() -> str:
    return secrets.token_urlsafe(12)


def _derived() -> Callable[[str], bytes]:
    """What gives the identity key that a page of changes is read with: it is asked for once."""
    key = derive_key("identity")
    return lambda _: key


def _id_of(macs: IdentityMacs, document: contract.Document) -> str | None:
    """The id of somebody by their document; None for what is no document."""
    try:
        type_ = DocumentType(document.document_type)
        return macs.person_id(type_, canonical.document(type_, document.document_number))
    except (ValueError, GatebookError):
        return None
