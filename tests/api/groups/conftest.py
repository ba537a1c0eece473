"""What the tests of group books share."""

from collections.abc import Callable

import pytest

from chalicelib.core import settings
from chalicelib.core.city import City, load_city
from tests.support.books import Book
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody
from tests.support.events import Events

Policy = Callable[..., City]


@pytest.fixture(scope="module")
def somebody(whole_run: TestCity) -> Client:
    """One verified person for all tests of a module; making one costs more than most tests do."""
    return anybody(whole_run)


@pytest.fixture
def owner(city: TestCity, somebody: Client) -> Client:  # noqa: ARG001  the city searches the answers afterwards
    """A verified person who may have other books."""
    return somebody


@pytest.fixture
def book(city: TestCity, owner: Client) -> Book:
    """A new book."""
    return Book.opened(city, owner)


@pytest.fixture
def books_policy(monkeypatch: pytest.MonkeyPatch) -> Policy:
    """Gives the city another policy for books for one test: `books_policy(max_per_person=2)`."""

    def change(**numbers: object) -> City:
        city = settings.settings().city
        changed = city.model_copy(update={"books": city.books.model_copy(update=numbers)})
        monkeypatch.setattr(settings, "load_city", lambda _: changed)
        return changed

    return change


@pytest.fixture
def policy_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the city follow another city's file for one test."""

    def follow(name: str) -> None:
        other = load_city(name)
        monkeypatch.setattr(settings, "load_city", lambda _: other)

    return follow


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The lines of the event log."""
    return Events(monkeypatch)
