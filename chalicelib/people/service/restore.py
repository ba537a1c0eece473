"""After a restore: lives that ended since the backup was taken end again (design §4, R-28).

A restored PERSON row is the old life, with the old enrolment and the old phone: sessions from the backup would open it,
and a new life begun as number 1 would find what the old one left. So it is moved past every life that the ledger calls
ended, also where no row came back. Each function says how many rows are not as they must be, and with `write` makes them
so; a second run finds none.
"""

from datetime import timedelta
from typing import Any

from chalicelib.core import store
from chalicelib.core.errors import Broken
from chalicelib.core.store import Key
from chalicelib.people.service.certificates import Statement, certificates_until, completion, counted, under_way
from chalicelib.people.service.erasure import KEPT_AFTER_ERASURE, rows_of_lives_until
from chalicelib.people.service.privacy import disclosures_of
from chalicelib.people.service.sessions import without_phone
from chalicelib.people.tables.certificates import CertificateRow
from chalicelib.people.tables.logins import AccountRow, SessionRow, phone_subject
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import AccessTrace, LedgerRow

SAME_PROOF = timedelta(minutes=1)
"""A row and its ledger entry are made in one request; further apart they are of two."""


def lives_in(entry: LedgerRow) -> list[tuple[str, int]]:
    """The lives that an entry is about, by person_id and enrolment."""
    pairs = [life.split(".")[:2] for life in entry.people or ()]
    return [(person_id, int(enrolment)) for person_id, enrolment in pairs]


def end_lives_again(entry: LedgerRow, *, write: bool) -> int:
    """Move the people of an ERASURE entry past it; what was theirs at that time goes, their accounts and sessions too."""
    return sum(_end_life_again(person_id, enrolment, write=write) for person_id, enrolment in lives_in(entry))


def _end_life_again(person_id: str, enrolment: int, *, write: bool) -> int:
    key = PersonRow.of(person_id)
    person = store.read_together([key]).get(key)
    logins = _logins(person, enrolment)
    log = [row.own_key for row in store.query_all(AccessTrace, person_id) if row.enrolment <= enrolment]
    is_behind = person is None or person.enrolment <= enrolment
    left = [*logins, *log, *certificates_until(person_id, enrolment), *rows_of_lives_until(person_id, enrolment)]
    if write:
        store.write_all(deletes=left)
        if is_behind:  # last, since it names the phone under which the rest was found
            _move_past(key, enrolment)
    return len(left) + is_behind


def _logins(person: PersonRow | None, enrolment: int) -> list[Key[Any]]:
    """Account and sessions of an ended life, on the phone that the row names."""
    if person is None or person.account is None or person.enrolment > enrolment:
        return []
    subject = phone_subject(person.account)
    found: list[AccountRow | SessionRow] = [
        *store.query_all(AccountRow, subject, AccountRow.sk == "ACCOUNT"),
        *store.query_all(SessionRow, subject, SessionRow.sk.startswith("SESSION#")),
    ]
    return [row.own_key for row in found if row.person_id == person.person_id and (row.enrolment or 0) <= enrolment]


def _move_past(key: Key[PersonRow], enrolment: int) -> None:
    """What erasure leaves of a PERSON row, in the next life. A row that is there keeps its counters."""
    gone = {name: None for name in PersonRow.get_attributes() if name not in KEPT_AFTER_ERASURE}
    actions = store.assign(PersonRow, {"enrolment": enrolment + 1, **gone})
    counters = PersonRow.books, PersonRow.memberships, PersonRow.places, PersonRow.staffed
    actions += [kept.set(kept | 0) for kept in (*counters, PersonRow.status_version)]
    actions.append(PersonRow.effects_version.set(PersonRow.status_version | 0))
    store.update(key, actions, PersonRow.person_id.does_not_exist() | (PersonRow.enrolment <= enrolment))


def forget_older_phones(entry: LedgerRow, *, write: bool) -> int:
    """Take the phone off people who proved their identity again since the backup: it may be somebody else's by now.

    They prove it once more. Without a phone no session opens the row (design §7, "Phones change hands").
    """
    behind = 0
    for person_id, enrolment in lives_in(entry):
        key = PersonRow.of(person_id)
        person = store.read_together([key]).get(key)
        if person is None or person.account is None or person.enrolment != enrolment or person.verified_at is None:
            continue
        if person.verified_at < entry.at - SAME_PROOF:
            behind += 1
            if write:
                store.update(key, without_phone(), PersonRow.account == person.account)
    return behind


def disclose_again(entry: LedgerRow, *, write: bool) -> int:
    """Write a disclosure into the access logs that lost it (B1); lives that ended get none."""
    rows = disclosures_of(entry)
    people = store.read_together(PersonRow.of(row.person_id) for row in rows)
    wanted = [row for row in rows if _enrolment(people.get(PersonRow.of(row.person_id))) == row.enrolment]
    found = store.read_together(row.own_key for row in wanted)
    missing = [row for row in wanted if found.get(row.own_key) is None]
    if write:
        store.write_all(missing)
    return len(missing)


def certify_again(entry: LedgerRow, *, write: bool) -> int:
    """Issue the certificate again that the entry of a swept book tells of, to the life for which it was. Raises Broken."""
    if entry.since is None or not entry.org_id or not entry.organization:
        raise Broken
    statement = Statement(entry.org_id, entry.organization, entry.since, entry.at, counted(entry.what or ()))
    return sum(_certify_again(person_id, enrolment, statement, write=write) for person_id, enrolment in lives_in(entry))


def _certify_again(person_id: str, enrolment: int, statement: Statement, *, write: bool) -> bool:
    person, key = PersonRow.of(person_id), CertificateRow.of(person_id, statement.org_id)
    rows = store.read_together([person, key])
    stored, present = rows.get(key), _enrolment(rows.get(person))
    if (stored is not None and stored.seal == statement.seal()) or (present is not None and present > enrolment):
        return False
    if write:
        row = under_way(person_id, enrolment, statement.org_id, statement.organization, statement.deleted_at)
        for name, value in completion(statement).items():
            setattr(row, name, value)
        store.put(row)
    return True


def _enrolment(person: PersonRow | None) -> int | None:
    return None if person is None else int(person.enrolment)
