"""A browser, and a city that it can reach. Skipped where this machine has none, an error where CI has none."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from infra.local.city import LocalCity
from tests.support.browser import FLAGS, NAMES, PHONE, Phone, executable
from tests.support.site import Site

OpenPhone = Callable[..., Phone]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of this run."""
    found = executable()
    if found is None:
        missing = f"no browser here: none of {', '.join(NAMES)} is on PATH and CHROMIUM names none"
        if os.environ.get("CI") == "true":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=[*FLAGS, *root])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A local city of this module, with an owner."""
    with LocalCity("demo", state=tmp_path_factory.mktemp("city")) as city:
        yield Site(city.url)


@pytest.fixture
def phone(browser: Browser) -> Iterator[OpenPhone]:
    """Opens phones; when the test is over none of them may have had a fault."""
    opened: list[Phone] = []

    def open_phone(language: str = "en", viewport: ViewportSize = PHONE, *, dark: bool = False) -> Phone:
        opened.append(Phone(browser, language, viewport, dark=dark))
        return opened[-1]

    yield open_phone
    for one in opened:
        one.close()
