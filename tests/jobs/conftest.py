"""Fixtures of the functions beside the API."""

from collections.abc import Iterator

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import FrozenClock
from chalicelib.groups.tables.reminders import QUEUE
from tests.support import messages, nights
from tests.support.books import Book
from tests.support.city import TestCity
from tests.support.policies import set_policy
from tests.support.reminding import eight_in_the_morning
from tests.support.remote import Remote, remote_city


@pytest.fixture(autouse=True)
def tables(whole_run: object) -> None:
    """Every test here finds the worker's city, whichever of them is the first of its worker."""


@pytest.fixture
def morning(city: TestCity) -> Iterator[FrozenClock]:  # noqa: ARG001  the queue is the city's
    """It is eight in the morning, and no reminder waits."""
    messages.take(QUEUE)
    with clock.frozen(eight_in_the_morning()) as frozen:
        yield frozen
    messages.take(QUEUE)


@pytest.fixture
def school(city: TestCity, morning: FrozenClock) -> Book:  # noqa: ARG001  it is opened that morning
    """A book whose members are to be tested every second day."""
    book = Book.opened(city)
    set_policy(book, nucleic_acid_days=2)
    return book


@pytest.fixture
def segments() -> Iterator[tuple[str, ...]]:
    """Two segments of the test's own."""
    with nights.few_segments() as names:
        yield names


@pytest.fixture
def segment() -> Iterator[str]:
    """The one segment of a city of the test's own."""
    with nights.few_segments(1) as (name,):
        yield name


@pytest.fixture
def remote(city: TestCity, segment: str) -> Iterator[Remote]:  # noqa: ARG001  its people are synced in it
    """A city that asks the reference service."""
    with remote_city(city) as found:
        yield found
