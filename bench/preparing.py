"""What operations need before they can begin."""

from collections.abc import Iterator
from copy import copy
from datetime import timedelta
from secrets import token_bytes
from typing import TypeVar

from chalicelib.core import store
from chalicelib.core.counters import CounterRow
from chalicelib.core.crypto import encode
from chalicelib.core.store import Row
from chalicelib.groups.counting import NO_DEPARTMENT, OVERDUE, UNKNOWN, Metric, counter_of, scope_of
from chalicelib.groups.tables import MembershipRow
from chalicelib.people.tables.people import PersonRow
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson

ALL_SCOPES = ("health_code", "nucleic_acid", "vaccination", "travel")
COOLDOWN = timedelta(minutes=2)

DEPARTMENTS = 10
METRICS = (
    Metric.MEMBERS,
    Metric.ATTENTION,
    *(f"{Metric.STATE}{state}" for state in ("green", "red", "yellow", UNKNOWN)),
    *(f"{Metric.OVERDUE}{kind}" for kind in OVERDUE),
    *(f"{Metric.UNSHARED}{scope}" for scope in ALL_SCOPES),
)
"""What is counted of each department."""

RowT = TypeVar("RowT", bound=Row)


def known_person(city: TestCity) -> TestPerson:
    """Somebody of whom the source knows something of each kind."""
    person = city.person()
    city.fact(person, "nucleic_acid", "negative", "2022-11-20T08:00:00")
    city.fact(person, "vaccination", "2", "2021-06-01T09:00:00")
    city.fact(person, "high_risk_travel", "medium", "2022-11-18T12:00:00")
    return person


def membership(city: TestCity, person: TestPerson | None = None) -> tuple[Client, str]:
    """A member, and the organization."""
    owner, member = city.verified(), city.verified(person or known_person(city))
    org_id = city.book(owner)
    city.join(member, city.invite(owner, org_id), *ALL_SCOPES)
    return member, org_id


def full_book(city: TestCity, others: int) -> tuple[Client, str, list[MembershipRow]]:
    """The owner of a book, its id, and the rows of its members: one real, the others its likes."""
    owner, member = city.verified(), city.verified(known_person(city))
    org_id = city.book(owner)
    member_id = city.join(member, city.invite(owner, org_id), *ALL_SCOPES)
    row = stored_row(MembershipRow.of(org_id, member_id))
    likes = likes_of(row, others)
    store.write_all(likes)
    return owner, org_id, [row, *likes]


def likes_of(row: MembershipRow, count: int) -> list[MembershipRow]:
    """So many other members who are as this one is. They are not stored yet."""
    return [like(row, member_id=some_id(), person_id=some_id()) for _ in range(count)]


def counted_book(city: TestCity, members: int) -> tuple[Client, str]:
    """The owner of a book of ten departments and the organization itself, with the counters that so many members make."""
    owner = city.verified()
    org_id = city.book(owner)
    departments = [NO_DEPARTMENT, *(city.department(owner, org_id, f"Grade {number}") for number in range(DEPARTMENTS))]
    store.write_all(
        CounterRow(scope_of(org_id), counter_of(department_id, metric), amount=members // len(departments))
        for department_id in departments
        for metric in METRICS
    )
    return owner, org_id


def people_of(members: list[MembershipRow]) -> Iterator[PersonRow]:
    """The rows of people who are as the first member is."""
    person = stored_row(PersonRow.of(members[0].person_id))
    return (like(person, person_id=member.person_id) for member in members)


def stored_row(key: store.Key[RowT]) -> RowT:
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def like(row: RowT, **changes: str | None) -> RowT:
    other = copy(row)
    other.attribute_values = {**row.attribute_values, **changes}
    return other


def some_id() -> str:
    return encode(token_bytes(16))
