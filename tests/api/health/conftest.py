"""Somebody who proved their identity just now."""

import pytest

from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    """Somebody whom the source knows."""
    return city.person()


@pytest.fixture
def client(city: TestCity, person: TestPerson) -> Client:
    """Their session; identity is proved now."""
    return city.verified(person)
