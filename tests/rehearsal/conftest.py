"""Two cities deployed side by side on one emulator."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.local.emulator import Emulator
from infra.local.ports import free_port
from infra.rehearsal.city import RehearsedCity
from tests.acceptance.conftest import RunningCity
from tests.support.people import crowd
from tests.support.synthesis import shared_folder, synthesis

CITIES = ("linyi", "beijing")


@dataclass
class DeployedCity(RunningCity):
    """A deployed city as tests use it: the same calls as on a local one, through API Gateway."""

    rehearsed: RehearsedCity | None = field(default=None)

    @property
    def outbox_url(self) -> str:
        """Where its carrier shows what it took."""
        assert self.rehearsed is not None
        return self.rehearsed.outbox_url


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, DeployedCity]]:
    """The cities by name."""
    folder: Path = tmp_path_factory.mktemp("rehearsal")
    with ExitStack() as running:
        emulator = running.enter_context(Emulator(free_port(), folder / "state", folder / "emulator.log"))
        cities, everybody = {}, crowd()
        for name in CITIES:
            made = synthesis(shared_folder(tmp_path_factory), name)
            city = running.enter_context(RehearsedCity(name, made, emulator.url, folder / f"{name}-rehearsed"))
            cities[name] = DeployedCity(city.url, emulator.url, name, folder, everybody, rehearsed=city)
        yield cities
