"""What the tests of places share."""

from collections.abc import Callable

import pytest

from chalicelib.core import settings
from chalicelib.core.city import City
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody
from tests.support.events import Events
from tests.support.places import OpenedPlace

PlacesPolicy = Callable[..., City]


@pytest.fixture(scope="module")
def somebody(whole_run: TestCity) -> Client:
    """One verified person for all tests of a module."""
    return anybody(whole_run)


@pytest.fixture
def manager(city: TestCity, somebody: Client) -> Client:  # noqa: ARG001  the city searches the answers afterwards
    """A verified person who may have other places."""
    return somebody


@pytest.fixture
def place(manager: Client) -> OpenedPlace:
    """A new place."""
    return OpenedPlace.by(manager)


@pytest.fixture
def places_policy(monkeypatch: pytest.MonkeyPatch) -> PlacesPolicy:
    """Gives the city another policy for places for one test: `places_policy(max_per_manager=1)`."""

    def change(**values: object) -> City:
        city = settings.settings().city
        changed = city.model_copy(update={"places": city.places.model_copy(update=values)})
        monkeypatch.setattr(settings, "load_city", lambda _: changed)
        return changed

    return change


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The lines of the event log."""
    return Events(monkeypatch)
