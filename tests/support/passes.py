"""Passes as people's phones draw them."""

from chalicelib.core import store
from chalicelib.health.service.passes import Passes
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.service.status import Status
from chalicelib.people.tables.people import PersonRow
from tests.support.books import person_key
from tests.support.people import TestPerson


def pass_of(person: TestPerson, enrolment: int | None = None) -> str:
    """A pass of this moment; also for a life that there never was or that is over, for which no city would draw one."""
    key = person_key(person)
    row = store.read_together([key]).get(key) if enrolment is None else None
    row = row or PersonRow(key.hash_value, key.range_value, enrolment=enrolment or 1)
    return Passes(Status(RegistrySource())).issue(row)
