"""Proving identity: name, document and the session's phone are compared with the health source (R1.1, R1.2, R3.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import canonical, clock, store, tokens
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, keyed_id
from chalicelib.core.errors import Conflict
from chalicelib.core.fields import FieldCipher
from chalicelib.core.log import Event, emit
from chalicelib.core.ports import HealthSource, IdentityClaim
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.people.access import Account
from chalicelib.people.errors import IdentityMismatch, SessionEnded, TooManyIdentityTries
from chalicelib.people.service.enrolling import described
from chalicelib.people.service.limits import DAY, Window, count_one, day_window, seconds_left
from chalicelib.people.service.sessions import account_use, end_sessions, held_as, new_session, release
from chalicelib.people.tables.logins import AccountRow, SessionRow, phone_subject
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import ledger_entry, living

PersonHook = Callable[[str, int], None]
"""What wants to know of a verified person: called with person_id and enrolment after identity was proved."""


@dataclass(frozen=True)
class ProvedIdentity:
    """Masks of who was proved, and the token that replaces the session's."""

    name: str
    document: str
    token: str


class ChangedMeanwhile(Conflict):
    """The same identity or account was changed by another request at the same moment."""


class Identity:
    """Binds people to the phones they log in with."""

    def __init__(self, source: HealthSource, macs: IdentityMacs, cipher: FieldCipher) -> None:
        """Take who knows people, who makes their ids, and who encrypts their names."""
        self._source = source
        self._macs = macs
        self._cipher = cipher
        self._on_verified: list[PersonHook] = []

    def on_person_verified(self, hook: PersonHook) -> None:
        """Register what happens once a person is verified; called in order, after everything is stored."""
        self._on_verified.append(hook)

    def prove(self, account: Account, name: str, document_type: DocumentType, number: str) -> ProvedIdentity:
        """Compare a claim with the source and bind the person to this phone on a full match.

        Raises InvalidName, InvalidDocument or SourceUnavailable before anything is counted, TooManyIdentityTries, and
        IdentityMismatch, which is the same answer after the same calls whatever differs (T-04).
        """
        claim = self._claim(
            account, canonical.person_name(name), document_type, canonical.document(document_type, number)
        )
        self._source.require_ready()
        count_try(account, claim)
        if not self._source.confirms(claim):
            raise IdentityMismatch
        bearer, person = self._bind(account, claim)
        for hook in self._on_verified:
            hook(claim.person_id, int(person.enrolment))
        return ProvedIdentity(person.name_mask or "", person.document_mask or "", tokens.seal_bearer(bearer))

    def _claim(self, account: Account, name: str, document_type: DocumentType, number: str) -> IdentityClaim:
        person_id = self._macs.person_id(document_type, number)
        return IdentityClaim(
            person_id=person_id,
            name_mac=self._macs.name_mac(person_id, name),
            phone_mac=account.phone_mac,
            document_type=document_type,
            document_number=number,
            name=name,
            phone=tokens.open_for(account.bearer, account.session.phone_sealed),
        )

    def _bind(self, account: Account, claim: IdentityClaim) -> tuple[tokens.Bearer, PersonRow]:
        """Move the person to this account and give the session a new secret, all in one transaction."""
        person_key, account_key = PersonRow.of(claim.person_id), AccountRow.of(account.phone_mac)
        rows = store.read_together([person_key, account_key])
        before, here = rows.get(person_key), rows.get(account_key)
        if is_somebody_else(before, claim):
            raise IdentityMismatch
        person = self._person_row(claim, before)
        bearer = tokens.new_bearer(account.phone_mac, claim.person_id)
        proved_at: datetime = account.session.proved_at
        transaction = Transaction()
        _put_person(transaction, person, before)
        _set_account(transaction, account_key, here, person)
        _release_old_phone(transaction, before, claim)
        _release_other_person(transaction, here, claim)
        transaction.delete(account.session.own_key, SessionRow.subject.exists(), SessionEnded())
        transaction.put(new_session(bearer, claim.phone, person, proved_at))
        transaction.put(ledger_entry("IDENTITY_PROVED", [living(claim.person_id, int(person.enrolment))]))
        transaction.commit()
        _end_what_is_over(before, here, bearer, claim)
        return bearer, person

    def _person_row(self, claim: IdentityClaim, before: PersonRow | None) -> PersonRow:
        """The person as proved now; what others keep on the row (counters, enrolment) stays."""
        row = PersonRow(claim.person_id, "PERSON")
        for name in PersonRow.get_attributes() if before is not None else ():
            setattr(row, name, getattr(before, name))
        row.enrolment = before.enrolment if before is not None else 1
        row.moves = before.moves + (before.account != claim.phone_mac) if before is not None else 0
        row.account = claim.phone_mac
        for name, value in described(claim, self._macs, self._cipher).items():
            setattr(row, name, value)
        return row


def is_somebody_else(before: PersonRow | None, claim: IdentityClaim) -> bool:
    """Whether the document already stands for a person of another name.

    Passport numbers are unique within the country that issued them only, so a second holder must not get what is the
    first one's. Whoever changes their name gets another passport; other documents keep their number.
    """
    if before is None or before.name_mac is None or claim.document_type is not DocumentType.PASSPORT:
        return False
    return bool(before.name_mac != claim.name_mac)


def _put_person(transaction: Transaction, person: PersonRow, before: PersonRow | None) -> None:
    """Write only what proving changes, so that counters changed at the same moment are not lost."""
    if before is None:
        transaction.put(person, PersonRow.person_id.does_not_exist(), ChangedMeanwhile())
        return
    changed = (
        "account", "moves", "name_mask", "document_mask", "phone_mask", "name_mac", "name_keys", "name_sealed",
        "document_sealed", "phone_sealed", "phone_mac", "verified_at", "checked_at", "phone_refuted", "source_mark", "segment",
    )  # fmt: skip
    actions = store.assign(PersonRow, {name: getattr(person, name) for name in changed})
    unchanged = PersonRow.enrolment == before.enrolment
    unchanged &= PersonRow.account == before.account if before.account else PersonRow.account.does_not_exist()
    transaction.update(before.own_key, actions, unchanged, ChangedMeanwhile())


def _set_account(
    transaction: Transaction, key: store.Key[AccountRow], here: AccountRow | None, person: PersonRow
) -> None:
    """Make the account the person's, unless somebody else took it since it was read."""
    transaction.update(key, account_use(person), held_as(here), ChangedMeanwhile())


def _release_old_phone(transaction: Transaction, before: PersonRow | None, claim: IdentityClaim) -> None:
    """The phone that the person used before keeps its account but not the person; its sessions are void at once."""
    if before is not None and before.account not in {None, claim.phone_mac}:
        transaction.update(AccountRow.of(before.account), account_use(None))


def _end_what_is_over(
    before: PersonRow | None, here: AccountRow | None, bearer: tokens.Bearer, claim: IdentityClaim
) -> None:
    """Remove the sessions that the change made void: they would keep for a month who had which phone."""
    if before is not None and before.account not in {None, claim.phone_mac}:
        end_sessions(before.account)
        emit(Event.PERSON_MOVED)
    if here is not None and here.person_id not in {None, claim.person_id}:
        end_sessions(claim.phone_mac, but=bearer)


def _release_other_person(transaction: Transaction, here: AccountRow | None, claim: IdentityClaim) -> None:
    """Whoever had this phone before (it was given out again) no longer logs in with it."""
    if here is not None and here.person_id not in {None, claim.person_id}:
        key = PersonRow.of(here.person_id)
        if (row := store.read_together([key]).get(key)) is not None and row.account == claim.phone_mac:
            release(transaction, key, claim.phone_mac)


def count_try(account: Account, claim: IdentityClaim) -> None:
    """Count before comparing: five tries a day for a caller and a document, twenty for a caller, never per document alone."""
    policy, subject = settings().city.identity, phone_subject(account.phone_mac)
    today = f"identity#{day_window(clock.now())}"
    this_document = f"{today}#{keyed_id('identity-try', claim.person_id)}"
    too_many = TooManyIdentityTries(seconds_left(DAY))
    transaction = Transaction()
    count_one(transaction, Window(subject, this_document, policy.tries_per_document_day, DAY), too_many)
    count_one(transaction, Window(subject, today, policy.tries_per_caller_day, DAY), too_many)
    transaction.commit()
