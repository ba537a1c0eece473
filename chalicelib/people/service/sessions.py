"""Sessions: opened by an SMS code, ended by signing out, by moving to another phone, by erasure, or by time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.expressions.update import Action

from chalicelib.core import clock, store, tokens
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.ports import HealthSource
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.core.tokens import Bearer
from chalicelib.people.access import Account, account_keys, account_of
from chalicelib.people.errors import SessionEnded
from chalicelib.people.service.codes import Codes, Purpose
from chalicelib.people.tables.logins import AccountRow, SessionRow, phone_subject
from chalicelib.people.tables.people import PersonRow


@dataclass(frozen=True)
class OpenedSession:
    """A token for the phone to keep, and when it ends (aware UTC)."""

    token: str
    expires_at: datetime


class Sessions:
    """Opens and ends sessions."""

    def __init__(self, codes: Codes, macs: IdentityMacs, source: HealthSource) -> None:
        """Take the codes that open sessions, the ids of phones, and the source that may refute a phone."""
        self._codes = codes
        self._macs = macs
        self._source = source

    def log_in(self, phone: str, code: str) -> OpenedSession:
        """Open a session with the code that was sent to a canonical phone. Raises CodeRefused.

        The account's person comes along only while the phone is surely still theirs (design §7, "Phones change hands").
        """
        phone_mac = self._macs.phone_mac(phone)
        taken = self._codes.take(phone_mac, Purpose.LOG_IN, code)
        person = self._person_of(phone_mac)
        bearer = tokens.new_bearer(phone_mac, person.person_id if person else None)
        session = new_session(bearer, phone, int(person.enrolment) if person else None, clock.now())
        transaction = Transaction()
        taken.spend(transaction)
        transaction.put(session)
        transaction.update(AccountRow.of(phone_mac), account_use(person))
        transaction.commit()
        return OpenedSession(tokens.seal_bearer(bearer), session.expires_at)

    def _person_of(self, phone_mac: str) -> PersonRow | None:
        key = AccountRow.of(phone_mac)
        row = store.read_together([key]).get(key)
        if row is None or row.person_id is None or _is_unused(row):
            return None
        person_key = PersonRow.of(row.person_id)
        person = store.read_together([person_key]).get(person_key)
        theirs = person is not None and person.account == phone_mac and person.enrolment == row.enrolment
        if not theirs or not self._source.confirms_phone(row.person_id, phone_mac):
            return None
        return person

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


def new_session(bearer: Bearer, phone: str, enrolment: int | None, proved_at: datetime) -> SessionRow:
    """The row of a new session; the phone inside opens only with the bearer's secret."""
    key = SessionRow.of(bearer)
    return SessionRow(
        key.hash_value,
        key.range_value,
        person_id=bearer.person_id,
        enrolment=enrolment,
        phone_sealed=tokens.seal_for(bearer, phone),
        proved_at=proved_at,
        expires_at=clock.now() + timedelta(days=settings().city.sessions.days),
    )


def account_use(person: PersonRow | None) -> list[Action]:
    """What a log-in changes on the account: it was used, and whose it is now."""
    used = AccountRow.last_used_at.set(clock.now())
    if person is None:
        return [used, AccountRow.person_id.remove(), AccountRow.enrolment.remove()]
    return [used, AccountRow.person_id.set(person.person_id), AccountRow.enrolment.set(person.enrolment)]


def end_sessions(phone_mac: str) -> None:
    """Remove every session of a phone; those opened meanwhile are new log-ins and stay."""
    sessions = store.query_all(SessionRow, phone_subject(phone_mac), SessionRow.sk.startswith("SESSION#"))
    store.write_all(deletes=[session.own_key for session in sessions])


def _is_unused(row: AccountRow) -> bool:
    return bool(clock.now() - row.last_used_at > timedelta(days=settings().city.identity.unused_days))
