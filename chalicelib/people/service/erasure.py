"""Erasing oneself (PIPL art. 47): at once for every reader, then swept from what nobody reads."""

from collections.abc import Callable
from typing import Any

from chalicelib.core import store
from chalicelib.core.errors import Conflict
from chalicelib.core.log import Event, emit
from chalicelib.core.store import Transaction
from chalicelib.people.access import Account, Person
from chalicelib.people.errors import Held, OwnsOrganizations
from chalicelib.people.service.certificates import certificates_until
from chalicelib.people.service.sessions import end_sessions
from chalicelib.people.tables.declarations import DeclarationRow
from chalicelib.people.tables.dependants import DependantRow, GuardianRow
from chalicelib.people.tables.logins import AccountRow
from chalicelib.people.tables.papers import PaperPassRow
from chalicelib.people.tables.people import LifeTrace, PersonRow
from chalicelib.people.tables.privacy import AccessTrace, LedgerRow, ledger_entry, living
from chalicelib.people.tables.reminders import RemindedRow
from chalicelib.people.tables.status import StatusRow

KEPT_AFTER_ERASURE = frozenset(
    {"person_id", "sk", "enrolment", "books", "memberships", "places", "staffed", "status_version", "effects_version"}
)
"""What is left of a PERSON row: a keyed id, counters and versions. Everything else is removed."""

SWEPT = (
    StatusRow.PREFIX,
    PaperPassRow.PREFIX,
    DeclarationRow.PREFIX,
    DependantRow.PREFIX,
    GuardianRow.PREFIX,
    RemindedRow.SK,
)
"""What lies in a person's partition of a life alone, by the beginnings of the sort keys."""


class JoinedMeanwhile(Conflict):
    """A membership or a book appeared while the person was being erased; asking again finds it."""


class Erasure:
    """Ends a person's life in the city. A later proof of identity starts a new one that knows nothing of the old."""

    def __init__(self) -> None:
        """Start without reactions; features above register theirs."""
        self._blocks: list[Callable[[str], list[Held]]] = []
        self._on_erasing: list[Callable[[Person], None]] = []

    def blocks_erasure(self, hook: Callable[[str], list[Held]]) -> None:
        """Register who may hold a person back; called with person_id."""
        self._blocks.append(hook)

    def on_person_erasing(self, *hooks: Callable[[Person], None]) -> None:
        """Register what must be gone before the answer, such as memberships that administrators read."""
        self._on_erasing.extend(hooks)

    def erase(self, account: Account) -> None:
        """Erase the caller, verified or not. Raises OwnsOrganizations with the list, or JoinedMeanwhile if something raced."""
        if account.person is None:
            _forget_phone(account)
        else:
            self._erase_person(Person(account, account.person))
        end_sessions(account.phone_mac)
        emit(Event.PERSON_ERASED)

    def _erase_person(self, person: Person) -> None:
        held = [one for hook in self._blocks for one in hook(person.person_id)]
        if held:
            raise OwnsOrganizations.listing(held)
        for hook in self._on_erasing:
            hook(person)
        self._end_life(person)

    def _end_life(self, person: Person) -> None:
        """One transaction: new enrolment, nothing left on the row, no account, an entry for the sweep and for restores."""
        row = person.row
        gone = [name for name in PersonRow.get_attributes() if name not in KEPT_AFTER_ERASURE]
        actions = [PersonRow.get_attributes()[name].remove() for name in gone]
        same = (PersonRow.enrolment == row.enrolment) & (PersonRow.books == 0) & (PersonRow.memberships == 0)
        for counted in (PersonRow.places, PersonRow.staffed):
            same &= counted.does_not_exist() | (counted == 0)
        for counter in (PersonRow.dependants, PersonRow.guardians):
            same &= counter.does_not_exist() | (counter == 0)
        transaction = Transaction()
        settled = PersonRow.effects_version.set(PersonRow.status_version | 0)  # nothing of the old life is to be told
        transaction.update(row.own_key, [PersonRow.enrolment.add(1), settled, *actions], same, JoinedMeanwhile())
        transaction.delete(AccountRow.of(person.account.phone_mac))
        transaction.delete(person.account.session.own_key)
        transaction.put(ledger_entry("ERASURE", [living(person.person_id, person.enrolment)]))
        transaction.commit()


def _forget_phone(account: Account) -> None:
    """Remove the account of a phone on which nobody proved identity. Codes and limits go by themselves within two days."""
    transaction = Transaction()
    nobodys = AccountRow.person_id.does_not_exist()
    transaction.delete(AccountRow.of(account.phone_mac), nobodys, JoinedMeanwhile())
    transaction.delete(account.session.own_key)
    transaction.commit()


def sweep_erased(entry: LedgerRow) -> int:
    """Remove what lies of the ended lives in an ERASURE entry: access log, certificates, and what `SWEPT` names.

    Returns how many rows; twice, none. Consent receipts stay for their retention period: they prove that what was done was
    agreed to, and hold no name.
    """
    removed = 0
    for life in entry.people or ():
        person_id, enrolment = life.rsplit(".", 1)
        old = [row.own_key for row in store.query_all(AccessTrace, person_id) if row.enrolment <= int(enrolment)]
        store.write_all(deletes=old)
        single: list[store.Key[Any]] = [
            *certificates_until(person_id, int(enrolment)),
            *rows_of_lives_until(person_id, int(enrolment)),
        ]
        for key in single:
            store.delete(key)
        removed += len(old) + len(single)
    return removed


def rows_of_lives_until(person_id: str, enrolment: int) -> list[store.Key[LifeTrace]]:
    """Where what `SWEPT` names of a person's lives lies, up to one of these."""
    rows = (row for kind in SWEPT for row in store.query_all(LifeTrace, person_id, LifeTrace.sk.startswith(kind)))
    return [row.own_key for row in rows if row.enrolment <= enrolment]
