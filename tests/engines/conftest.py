"""The engines that every test here runs on. Tables come from the rows themselves; keys and secrets are the emulator's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from infra.engines.dynamodb_local import DynamoDbLocal, Unobtainable
from infra.local.provision import provision
from infra.rehearsal.unsupported import IS_OLD
from tests.support.anew import pump_of, search_and_drop
from tests.support.city import TestCity
from tests.support.engines import storing_at

MINISTACK, DYNAMODB_LOCAL = "ministack", "dynamodb-local"


@dataclass(frozen=True)
class Engine:
    """What a test runs on."""

    name: str
    city: TestCity

    @property
    def is_aws_own(self) -> bool:
        """Whether it is AWS's, whose word holds where engines disagree."""
        return self.name == DYNAMODB_LOCAL

    def skip_if_old(self, what: str) -> None:
        """Leave a test to the other engine where this one is the last ministack for Python 3.11, which does not know `what`."""
        if IS_OLD and not self.is_aws_own:
            pytest.skip(f"ministack 1.4.21 {what}")


@contextmanager
def started(log: Path) -> Iterator[str]:
    """A DynamoDB Local of the block's own; gives its address. Where it can't be had tests are skipped, but not in CI."""
    engine = DynamoDbLocal(log)
    try:
        engine.__enter__()
    except Unobtainable as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    try:
        yield engine.url
    finally:
        engine.stop()


@pytest.fixture(scope="session")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """DynamoDB Local's address."""
    with started(tmp_path_factory.mktemp("dynamodb-local") / "engine.log") as url:
        yield url


@pytest.fixture(scope="module")
def on_dynamodb_local(
    dynamodb_local: str, whole_run: TestCity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, TestCity]]:
    """DynamoDB Local's address and the city on it, whose tables are one file's; at the end they are searched for people."""
    with storing_at(dynamodb_local):
        provision()
        pump = pump_of(tmp_path_factory.mktemp("pump") / "positions.json", seed=11)
    yield dynamodb_local, replace(whole_run, pump=pump)
    with storing_at(dynamodb_local):
        search_and_drop(whole_run.canaries)


@pytest.fixture(params=[MINISTACK, DYNAMODB_LOCAL])
def engine(request: pytest.FixtureRequest, emulator: str, whole_run: TestCity) -> Iterator[Engine]:
    """One engine after the other, with the city on it."""
    is_local = request.param == DYNAMODB_LOCAL
    url, city = request.getfixturevalue("on_dynamodb_local") if is_local else (emulator, whole_run)
    with storing_at(url):
        yield Engine(request.param, city)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.engines)
