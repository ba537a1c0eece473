"""Fixtures of every suite. One emulator per worker, in its process; canaries are on for the whole run (H4)."""

import gc
import os
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import botocore.session
import pytest

from tests.support.freshness import fresh_no_later_than_now
from tests.support.rights import Guard, functions_act, guarded
from tests.support.seam import Seam, seam
from tests.support.tracing import untraced

if TYPE_CHECKING:
    from tests.support.city import TestCity

CITY: pytest.StashKey["TestCity"] = pytest.StashKey()
"""The city of this worker, once a test asked for it."""

OF_THE_CITY: pytest.StashKey[set[ModuleType]] = pytest.StashKey()
"""The files whose tests use that city."""

UNMEASURED = ("slow", "architecture", "jobs", "engines", "browser", "acceptance")
"""Marks of tests that run without a tracer."""

os.environ["CITY"] = "demo"

botocore.session.create_loader = cache(botocore.session.create_loader)
"""Descriptions of services are parsed once a worker, not with each client that some test has made anew (0.1 s each)."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Slow tests go the same ways again and again, and some suites look at the code only; others measure coverage."""
    with untraced() if any(map(item.get_closest_marker, UNMEASURED)) else nullcontext():
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files begin first, and before them the rehearsal, which takes longest, so that the workers end together."""
    items.sort(key=lambda item: [item.get_closest_marker(mark) is None for mark in ("rehearsal", "slow")])


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported to collect the tests stays: collecting garbage around it for minutes costs a tenth of them."""
    gc.collect()
    gc.freeze()
    functions = (item for item in session.items if isinstance(item, pytest.Function))
    session.config.stash[OF_THE_CITY] = {item.module for item in functions if "whole_run" in item.fixturenames}


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the emulator that this worker's tests share."""
    from infra.process import working_for
    from tests.support.inprocess import emulator_in_process

    with (
        emulator_in_process(tmp_path_factory.mktemp("emulator")) as url,
        working_for("demo", url),  # whatever a test without tables made this process hold is forgotten
    ):
        yield url


@pytest.fixture(scope="session")
def rights(emulator: str) -> Iterator[Guard]:  # noqa: ARG001  the guard lies over its clients
    """Every function of this process has the rights that it has in a deployed city, and no others."""
    import app

    with guarded() as guard, functions_act(app):
        yield guard


@pytest.fixture(scope="session")
def whole_run(
    rights: Guard, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["TestCity"]:
    """The city of this worker, whose tables begin empty in each file of tests."""
    import app
    from infra.local.provision import provision
    from tests.support.anew import pump_of
    from tests.support.city import InProcess, RecordedSms, TestCity
    from tests.support.client import Client

    provision()
    sms = RecordedSms()
    app.services.replace(app.compose(sms=sms))
    city = TestCity(Client(InProcess(app.app)), sms, pump_of(tmp_path_factory.mktemp("pump") / "positions.json", 7))
    request.config.stash[CITY] = city
    yield city
    assert rights.refused == []


@pytest.fixture(scope="module", autouse=True)
def own_rows(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a file's tests left in tables, streams and queues is searched for people, and then gone: no other file's see it."""
    yield
    city = request.config.stash.get(CITY, None)
    if city is not None and request.module in request.config.stash[OF_THE_CITY]:
        from tests.support.anew import begin_anew

        begin_anew(city, tmp_path_factory.mktemp("pump") / "positions.json")


@pytest.fixture(autouse=True)
def same_surroundings() -> Iterator[None]:
    """A variable that a test leaves behind would be another test's: the emulator and AWS's clients read them at any time."""
    before = _variables()
    yield
    assert _variables() == before


def _variables() -> dict[str, str]:
    """All but those that pytest and Chalice set by themselves."""
    return {name: os.environ[name] for name in os.environ.keys() - {"PYTEST_CURRENT_TEST", "AWS_EXECUTION_ENV"}}


@pytest.fixture
def city(
    whole_run: "TestCity", rights: Guard, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator["TestCity"]:
    """The worker's city for one test; afterwards its answers, output and logs are searched for people."""
    now = time.time_ns() // 10**6  # as the emulator's clock goes, also where a test stopped the city's
    whole_run.pump.skip_until(now)  # other tests' changes are theirs to deliver
    whole_run.sms.faults.clear()
    answers_before = len(whole_run.api.answers)
    with fresh_no_later_than_now():
        yield whole_run
    refused, rights.refused[:] = list(rights.refused), []
    assert refused == [], "infra/grants.py does not list what a function of app.py did"
    output = capfd.readouterr()
    answers = "\n".join(f"{answer.headers} {answer.text}" for _, answer in whole_run.api.answers[answers_before:])
    searched = "\n".join((output.out, output.err, caplog.text, answers))
    del whole_run.api.answers[answers_before:]
    assert whole_run.canaries.leaks(searched.encode()) == []


@pytest.fixture
def faults() -> Iterator[Seam]:
    """The seam under every AWS call, for tests that count or break them."""
    with seam() as installed:
        yield installed
