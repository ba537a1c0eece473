"""Sessions: opened by an SMS code, ended by signing out, by moving to another phone, by erasure, or by time."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.core import clock, store, tokens
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import HealthSource
from chalicelib.core.settings import settings
from chalicelib.core.store import Key, Transaction
from chalicelib.core.tokens import Bearer
from chalicelib.people.access import Account, account_keys, account_of
from chalicelib.people.errors import SessionEnded
from chalicelib.people.service.codes import Codes, Purpose, TakenCode
from chalicelib.people.tables.logins import AccountRow, LoginsTable, SessionRow, phone_subject
from chalicelib.people.tables.people import PersonRow

ATTEMPTS = 3
"""How often a log-in is begun while another request binds the phone to somebody, or sets it free."""


@dataclass(frozen=True)
class OpenedSession:
    """A token for the phone to keep, and when it ends (aware UTC)."""

    token: str
    expires_at: datetime


class MovedMeanwhile(Conflict):
    """Whose phone it is changed at the same moment."""


@dataclass(frozen=True)
class _Holder:
    """The person who logs in with a phone, and when they last did."""

    phone_mac: str
    person: PersonRow
    last_used_at: datetime

    @property
    def is_long_unseen(self) -> bool:
        return clock.now() - self.last_used_at > timedelta(days=settings().city.identity.unused_days)


class Sessions:
    """Opens and ends sessions."""

    def __init__(self, codes: Codes, macs: IdentityMacs, source: HealthSource) -> None:
        """Take the codes that open sessions, the ids of phones, and the source that may refute a phone."""
        self._codes = codes
        self._macs = macs
        self._source = source

    def log_in(self, phone: str, code: str) -> OpenedSession:
        """Open a session with the code that was sent to a canonical phone. Raises CodeRefused.

        The account's person comes along only while the phone is surely still theirs (design §7, "Phones change hands");
        otherwise phone and person let go of each other, which ends the sessions that the person has on it. Raises
        MovedMeanwhile if whose phone it is changed at the same moment, again and again.
        """
        phone_mac = self._macs.phone_mac(phone)
        taken = self._codes.take(phone_mac, Purpose.LOG_IN, code)
        for _ in range(ATTEMPTS - 1):
            with suppress(MovedMeanwhile):
                return self._opened(phone, phone_mac, taken)
        return self._opened(phone, phone_mac, taken)

    def _opened(self, phone: str, phone_mac: str, taken: TakenCode) -> OpenedSession:
        """Open it for whoever holds the phone now. Raises MovedMeanwhile if that changed since it was read."""
        account = _stored_account(phone_mac)
        holder = _holder_of(phone_mac, account)
        person = holder.person if holder and self._is_still_theirs(holder) else None
        bearer = tokens.new_bearer(phone_mac, person.person_id if person else None)
        session = new_session(bearer, phone, person, clock.now())
        transaction = Transaction()
        taken.spend(transaction)
        transaction.put(session)
        transaction.update(AccountRow.of(phone_mac), account_use(person), held_as(account), MovedMeanwhile())
        if holder is not None and person is None:
            release(transaction, holder.person.own_key, phone_mac)
        transaction.commit()
        if holder is not None and person is None:
            end_sessions(phone_mac, but=bearer)
        return OpenedSession(tokens.seal_bearer(bearer), session.expires_at)

    def _is_still_theirs(self, holder: "_Holder") -> bool:
        """Whether the phone is surely still the holder's: they used it lately, and the source confirms it now."""
        return not holder.is_long_unseen and self._source.confirms_phone(holder.person.person_id, holder.phone_mac)

    def step_up(self, account: Account, code: str) -> None:
        """Renew the session's proof of the phone with a code for stepping up. Raises CodeRefused or SessionEnded."""
        taken = self._codes.take(account.phone_mac, Purpose.STEP_UP, code)
        transaction = Transaction()
        taken.spend(transaction)
        proved = [SessionRow.proved_at.set(clock.now())]
        transaction.update(SessionRow.of(account.bearer), proved, SessionRow.subject.exists(), SessionEnded())
        transaction.commit()

    def sign_out(self, account: Account) -> None:
        """End this session."""
        store.delete(account.session.own_key)

    def sign_out_everywhere(self, account: Account) -> None:
        """End every session of this phone."""
        end_sessions(account.phone_mac)

    def is_known_device(self, bearer: Bearer | None, phone: str) -> bool:
        """Whether a request comes from a live session of this very phone, which failed challenges don't lock out."""
        if bearer is None or bearer.subject != self._macs.phone_mac(phone):
            return False
        try:
            account_of(bearer, store.read_together(account_keys(bearer)))
        except SessionEnded:
            return False
        return True


def new_session(bearer: Bearer, phone: str, person: PersonRow | None, proved_at: datetime) -> SessionRow:
    """The row of a new session; the phone inside opens only with the bearer's secret."""
    key = SessionRow.of(bearer)
    return SessionRow(
        key.hash_value,
        key.range_value,
        person_id=bearer.person_id,
        enrolment=person.enrolment if person else None,
        moves=person.moves if person else None,
        phone_sealed=tokens.seal_for(bearer, phone),
        proved_at=proved_at,
        expires_at=clock.now() + timedelta(days=settings().city.sessions.days),
    )


def account_use(person: PersonRow | None) -> list[Action]:
    """What a log-in changes on the account: it was used, and whose it is now."""
    kept_for = timedelta(days=settings().city.identity.unused_days)
    used = [AccountRow.last_used_at.set(clock.now()), AccountRow.expires_at.set(clock.now() + kept_for)]
    if person is None:
        return [*used, AccountRow.person_id.remove(), AccountRow.enrolment.remove()]
    return [*used, AccountRow.person_id.set(person.person_id), AccountRow.enrolment.set(person.enrolment)]


def held_as(account: AccountRow | None) -> Condition:
    """That the account is still whose it was when it was read; None is one that was not there."""
    if account is None or account.person_id is None:
        nobody: Condition = AccountRow.person_id.does_not_exist()
        return nobody
    same: Condition = (AccountRow.person_id == account.person_id) & (AccountRow.enrolment == account.enrolment)
    return same


def end_sessions(phone_mac: str, but: Bearer | None = None) -> None:
    """Remove every session of a phone, unreadable ones too; those opened meanwhile are new log-ins and stay."""
    kept = SessionRow.of(but).range_value if but else None
    sessions = store.query_all(LoginsTable, phone_subject(phone_mac), LoginsTable.sk.startswith("SESSION#"))
    store.write_all(deletes=[session.own_key for session in sessions if session.sk != kept])


def release(transaction: Transaction, person: Key[PersonRow], phone_mac: str) -> None:
    """Let go of a phone: the person has no account until they prove identity again, and no session of theirs is left."""
    transaction.update(person, without_phone(), PersonRow.account == phone_mac, MovedMeanwhile())


def without_phone() -> list[Action]:
    """What takes the phone off a person: the number goes too, for nothing about them may be sent to whoever has it by now."""
    kept = (PersonRow.account, PersonRow.phone_mac, PersonRow.phone_sealed, PersonRow.phone_mask)
    return [attribute.remove() for attribute in kept]


def _stored_account(phone_mac: str) -> AccountRow | None:
    key = AccountRow.of(phone_mac)
    return store.read_together([key]).get(key)


def _holder_of(phone_mac: str, account: AccountRow | None) -> _Holder | None:
    if account is None or account.person_id is None:
        return None
    person_key = PersonRow.of(account.person_id)
    person = store.read_together([person_key]).get(person_key)
    if person is None or person.account != phone_mac or person.enrolment != account.enrolment:
        return None
    return _Holder(phone_mac, person, account.last_used_at)
