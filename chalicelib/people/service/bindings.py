"""Bindings between two people: which hold, what may be done by them, and how they end (R0.4, R2.5)."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pynamodb.attributes import NumberAttribute

from chalicelib.core import clock, store
from chalicelib.core.errors import Conflict
from chalicelib.core.settings import settings
from chalicelib.core.store import Key, Transaction
from chalicelib.people.errors import DependantActsAlone, DependantNotFound
from chalicelib.people.tables.dependants import BindingRow, DependantRow, GuardianRow
from chalicelib.people.tables.people import PeopleTable, PersonRow

OF_AGE = 14
"""Years from which on nobody acts for somebody as for a child (PIPL art. 31)."""


class Relation(StrEnum):
    """What a dependant is to their guardian."""

    CHILD = "child"
    PARENT = "parent"
    OTHER = "other"


class BindingChanged(Conflict):
    """One of the two was erased, or bound and unbound, at the same moment."""


def of_age(born: date) -> datetime:
    """The moment at which somebody is no child any more: the city's midnight; who was born on 29 February on 1 March."""
    year = born.year + OF_AGE
    leaps = (born.month, born.day) == (2, 29)
    day = date(year, 3, 1) if leaps else date(year, born.month, born.day)
    return clock.midnight(settings().city.time_zone, day)


def acts_for(row: DependantRow, person: PersonRow | None) -> bool:
    """Whether the guardian may act for the dependant now: show their code, print a pass, join and check in for them.

    Not any more once a child is of age, or the dependant has an account of their own.
    """
    if person is None or not _same_lives(row, person) or person.account is not None:
        return False
    return not _is_over(row)


def is_shown(row: DependantRow, person: PersonRow | None) -> bool:
    """Whether the guardian still sees the dependant. A child's binding ends with the right to act, a grown one's when unbound."""
    if row.relation == Relation.CHILD:
        return acts_for(row, person)
    return person is not None and _same_lives(row, person) and not _is_over(row)


def _same_lives(row: BindingRow, other: PersonRow) -> bool:
    return other.verified_at is not None and other.enrolment == row.other_enrolment


def present(row: DependantRow) -> tuple[PersonRow, bool]:
    """The dependant of a binding as they are now, and whether the guardian may act. Raises DependantNotFound if it is over."""
    key = PersonRow.of(row.other_id)
    person = store.read_together([key]).get(key)
    if person is None or not is_shown(row, person):
        raise DependantNotFound
    return person, acts_for(row, person)


def acted_for(row: DependantRow) -> PersonRow:
    """The dependant of a binding, for whom the guardian may act now.

    Raises DependantNotFound if the binding is over, or DependantActsAlone.
    """
    person, acts = present(row)
    if not acts:
        raise DependantActsAlone
    return person


def check_binding(transaction: Transaction, row: DependantRow) -> None:
    """Let a transaction be carried out only while a binding lasts, or fail with DependantNotFound."""
    transaction.check(row.own_key, DependantRow.bound_at == row.bound_at, DependantNotFound())


def binding_of(guardian: PersonRow, dependant_id: str) -> DependantRow:
    """A guardian's binding to the dependant whom they know by this id. Raises DependantNotFound."""
    key = DependantRow.of(guardian.person_id, dependant_id)
    row = store.read_together([key]).get(key)
    if row is None or row.enrolment != guardian.enrolment:
        raise DependantNotFound
    return row


def dependants_of(guardian: PersonRow) -> list[tuple[DependantRow, PersonRow]]:
    """Whom a guardian sees, with their rows as they are now. A binding that is over is removed on the way."""
    prefix = DependantRow.sk.startswith(DependantRow.PREFIX)
    rows = list(store.query_all(DependantRow, guardian.person_id, prefix))
    people = _others(rows)
    shown: list[tuple[DependantRow, PersonRow]] = []
    for row, person in zip(rows, people, strict=True):
        if row.enrolment == guardian.enrolment and person is not None and is_shown(row, person):
            shown.append((row, person))
        else:
            _end_quietly(row)
    return shown


def guardians_of(dependant: PersonRow) -> list[GuardianRow]:
    """Who may act for somebody, or sees them, as it is now."""
    prefix = GuardianRow.sk.startswith(GuardianRow.PREFIX)
    rows = list(store.query_all(GuardianRow, dependant.person_id, prefix))
    return [
        row
        for row, person in zip(rows, _others(rows), strict=True)
        if row.enrolment == dependant.enrolment and person is not None and _same_lives(row, person)
        if not (_is_over(row) or (row.relation == Relation.CHILD and dependant.account is not None))
    ]


def _is_over(row: BindingRow) -> bool:
    """Whether the dependant was bound as a child, and is none any more."""
    return row.until is not None and row.until <= clock.now()


def _others(rows: Sequence[BindingRow]) -> list[PersonRow | None]:
    """The other ones of bindings, each in the life that they have now."""
    keys = [PersonRow.of(row.other_id) for row in rows]
    found = store.read_together(keys)
    return [found.get(key) for key in keys]


def end(row: DependantRow | GuardianRow) -> None:
    """End a binding for both. Raises DependantNotFound if it ended meanwhile, or BindingChanged."""
    own, other = (row.person_id, int(row.enrolment)), (row.other_id, int(row.other_enrolment))
    guardian, dependant = (own, other) if isinstance(row, DependantRow) else (other, own)
    transaction = Transaction()
    transaction.delete(row.own_key, type(row).bound_at == row.bound_at, DependantNotFound())
    transaction.delete(row.twin)
    _count_down(transaction, *guardian, PersonRow.dependants)
    _count_down(transaction, *dependant, PersonRow.guardians)
    transaction.commit()


def _count_down(transaction: Transaction, person_id: str, life: int, counter: NumberAttribute) -> None:
    """Count one less for somebody who still lives the life in which a binding counts; after a restore they may not."""
    key = PersonRow.of(person_id)
    person = store.read_together([key]).get(key)
    if person is not None and person.enrolment == life and getattr(person, str(counter.attr_name)) > 0:
        same = (PersonRow.enrolment == life) & (counter > 0)
        transaction.update(key, [counter.add(-1)], same, BindingChanged())


def _end_quietly(row: DependantRow | GuardianRow) -> None:
    """End what is over, unless somebody else is at it just now."""
    try:
        end(row)
    except (DependantNotFound, BindingChanged):
        return


def end_all(person_id: str) -> None:
    """End every binding of somebody whose life ends, whichever side they are on; damaged rows go too."""
    damaged: list[Key[Any]] = []
    prefixes = DependantRow.sk.startswith(DependantRow.PREFIX), GuardianRow.sk.startswith(GuardianRow.PREFIX)
    for dependant in list(store.query_all(DependantRow, person_id, prefixes[0], on_broken=damaged.append)):
        _end_quietly(dependant)
    for guardian in list(store.query_all(GuardianRow, person_id, prefixes[1], on_broken=damaged.append)):
        _end_quietly(guardian)
    for key in damaged:
        counter = PersonRow.dependants if key.row is DependantRow else PersonRow.guardians
        there = PeopleTable.sk.exists()
        transaction = Transaction().delete(key, there, BindingChanged())
        transaction.update(PersonRow.of(person_id), [counter.add(-1)], counter > 0, BindingChanged()).commit()
