"""Who calls: an account, a verified person, or one who proved the phone again just now. Read in one batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib.core import clock
from chalicelib.core.settings import settings
from chalicelib.core.store import Key, Rows
from chalicelib.core.tokens import Bearer
from chalicelib.people.errors import DependantNotFound, IdentityRequired, OfficerRequired, SessionEnded, StepUpRequired
from chalicelib.people.service.roles import Role
from chalicelib.people.tables.dependants import DependantRow
from chalicelib.people.tables.logins import AccountRow, SessionRow
from chalicelib.people.tables.people import PersonRow


@dataclass(frozen=True)
class Account:
    """A phone that logged in. `person` is None until identity is proved on it."""

    bearer: Bearer
    session: SessionRow
    person: PersonRow | None

    @property
    def phone_mac(self) -> str:
        """The keyed form of the phone."""
        return self.bearer.subject


@dataclass(frozen=True)
class Person:
    """A verified person who calls, in their present life (`enrolment`)."""

    account: Account
    row: PersonRow

    @property
    def person_id(self) -> str:
        """The city's id; it never leaves the service."""
        return self.row.person_id

    @property
    def enrolment(self) -> int:
        """Which life this is."""
        return int(self.row.enrolment)


@dataclass(frozen=True)
class Guardian:
    """A person who calls about somebody whom they were bound to."""

    person: Person
    binding: DependantRow


class OfSession:
    """What every decision about a session goes by. A revoked one is dead at its next request, for rows are read consistently."""

    def keys(self, bearer: Bearer, path: Mapping[str, str]) -> list[Key[Any]]:
        """The session, and its person if it has one."""
        return account_keys(bearer)


class LoggedIn(OfSession):
    """Admits any live session."""

    name = "account"

    def admit(self, bearer: Bearer, rows: Rows, path: Mapping[str, str]) -> Account:
        """The account behind the session. Raises SessionEnded."""
        return account_of(bearer, rows)


class ProvedLately(OfSession):
    """Admits a session whose SMS code was entered within the city's step-up time, with or without a person.

    Identity is proved on such a session alone: an old one says no more than that somebody had this phone a month ago.
    """

    name = "account, stepped up"

    def admit(self, bearer: Bearer, rows: Rows, path: Mapping[str, str]) -> Account:
        """The account. Raises SessionEnded or StepUpRequired."""
        return proved_lately(account_of(bearer, rows))


class Verified(OfSession):
    """Admits people who proved their identity."""

    name = "person"

    def admit(self, bearer: Bearer, rows: Rows, path: Mapping[str, str]) -> Person:
        """The person. Raises SessionEnded or IdentityRequired."""
        return person_of(bearer, rows)


class SteppedUp(OfSession):
    """Admits people who entered an SMS code within the city's step-up time."""

    name = "person, stepped up"

    def admit(self, bearer: Bearer, rows: Rows, path: Mapping[str, str]) -> Person:
        """The person. Raises SessionEnded, IdentityRequired or StepUpRequired."""
        return stepped_up(person_of(bearer, rows))


class OfGuardian:
    """Admits who has the dependant in the path; what they may do for them is the service's to decide."""

    name = "guardian"

    def keys(self, bearer: Bearer, path: Mapping[str, str]) -> list[Key[Any]]:
        """The session, its person, and their binding."""
        own = [DependantRow.of(bearer.person_id, path["dependant_id"])] if bearer.person_id else []
        return [*account_keys(bearer), *own]

    def admit(self, bearer: Bearer, rows: Rows, path: Mapping[str, str]) -> Guardian:
        """The guardian. Raises SessionEnded, IdentityRequired or DependantNotFound."""
        person = person_of(bearer, rows)
        binding = rows.get(DependantRow.of(person.person_id, path["dependant_id"]))
        if binding is None or binding.enrolment != person.enrolment:
            raise DependantNotFound
        return Guardian(person, binding)


class Officer(OfSession):
    """Admits health officers. A revoked one is none at their next request."""

    name = "officer"

    def admit(self, bearer: Bearer, rows: Rows, path: Mapping[str, str]) -> Person:
        """The officer. Raises SessionEnded, IdentityRequired or OfficerRequired."""
        return officer_of(bearer, rows)


class SteppedUpOfficer(OfSession):
    """Admits health officers who entered an SMS code within the city's step-up time."""

    name = "officer, stepped up"

    def admit(self, bearer: Bearer, rows: Rows, path: Mapping[str, str]) -> Person:
        """The officer. Raises SessionEnded, IdentityRequired, OfficerRequired or StepUpRequired."""
        return stepped_up(officer_of(bearer, rows))


def account_keys(bearer: Bearer) -> list[Key[Any]]:
    """What every admission reads in one batch, consistently: the session, and its person, or whether there is one by now."""
    whose: Key[Any] = AccountRow.of(bearer.subject) if bearer.person_id is None else PersonRow.of(bearer.person_id)
    return [SessionRow.of(bearer), whose]


def account_of(bearer: Bearer, rows: Rows) -> Account:
    """The account behind a session. Raises SessionEnded if the session, or the life it was for, is over.

    A session of nobody is over as soon as somebody proves identity on its phone: its holder may be another one.
    """
    session = rows.get(SessionRow.of(bearer))
    if session is None or session.expires_at <= clock.now() or session.person_id != bearer.person_id:
        raise SessionEnded
    if bearer.person_id is None:
        here = rows.get(AccountRow.of(bearer.subject))
        if here is not None and here.person_id is not None:
            raise SessionEnded
        return Account(bearer, session, None)
    person = rows.get(PersonRow.of(bearer.person_id))
    if person is None or person.account != bearer.subject or _life(person) != _life(session):
        raise SessionEnded
    return Account(bearer, session, person)


def _life(row: PersonRow | SessionRow) -> tuple[float | None, float | None]:
    """What must not have changed since a session was opened: the person's life in the city, and their phone in it."""
    return row.enrolment, row.moves


def person_of(bearer: Bearer, rows: Rows) -> Person:
    """The verified person behind a session. Raises SessionEnded or IdentityRequired."""
    account = account_of(bearer, rows)
    if account.person is None:
        raise IdentityRequired
    return Person(account, account.person)


def officer_of(bearer: Bearer, rows: Rows) -> Person:
    """The health officer behind a session. Raises SessionEnded, IdentityRequired or OfficerRequired."""
    caller = person_of(bearer, rows)
    if Role.OFFICER not in (caller.row.roles or ()):
        raise OfficerRequired
    return caller


def stepped_up(person: Person) -> Person:
    """The same person, if the session's last SMS code is fresh enough. Raises StepUpRequired."""
    proved_lately(person.account)
    return person


def proved_lately(account: Account) -> Account:
    """The same account, if the session's last SMS code is fresh enough. Raises StepUpRequired."""
    limit = timedelta(minutes=settings().city.sessions.step_up_minutes)
    if clock.now() - account.session.proved_at > limit:
        raise StepUpRequired
    return account


account = LoggedIn()
stepped_up_account = ProvedLately()
person = Verified()
stepped_up_person = SteppedUp()
guardian = OfGuardian()
officer = Officer()
stepped_up_officer = SteppedUpOfficer()
