"""Two cities deployed side by side on one emulator."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.local.emulator import Emulator
from infra.local.ports import free_port
from infra.rehearsal.city import RehearsedCity
from tests.acceptance.conftest import RunningCity
from tests.support import processes
from tests.support.people import crowd
from tests.support.synthesis import shared_folder, synthesis

pytest.register_assert_rewrite(
    *(f"tests.rehearsal.{name}" for name in ("alerting", "deploying", "triggers", "visiting"))
)

CITIES = ("linyi", "beijing")


@dataclass
class DeployedCity(RunningCity):
    """A deployed city as tests use it: the same calls as on a local one, through API Gateway."""

    rehearsed: RehearsedCity | None = field(default=None)
    is_deployed: bool = True

    @property
    def outbox_url(self) -> str:
        """Where its carrier shows what it took."""
        assert self.rehearsed is not None
        return self.rehearsed.outbox_url


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever looks at a city's first night comes before those who call its jobs: there is one night a day."""
    here = [place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    ordered = sorted((items[place] for place in here), key=lambda item: "refreshes_every_day" not in item.name)
    for place, item in zip(here, ordered, strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def emulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator that both are deployed to. It leaves no process behind, its functions' included."""
    folder = tmp_path_factory.mktemp("emulator")
    with Emulator(free_port(), folder / "state", folder / "emulator.log") as emulator:
        leader = emulator.pid
        yield emulator
    if leader is not None and processes.can_be_asked():
        assert processes.is_gone(leader), "the emulator ended without its functions"


@pytest.fixture(scope="session")
def stage(emulator_process: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, DeployedCity]]:
    """The cities by name."""
    folder: Path = tmp_path_factory.mktemp("rehearsal")
    emulator = emulator_process
    with ExitStack() as running:
        cities, everybody = {}, crowd()
        shared = shared_folder(tmp_path_factory)
        with ThreadPoolExecutor() as both:
            made_of = dict(zip(CITIES, both.map(lambda name: synthesis(shared, name), CITIES), strict=True))
        for name, made in made_of.items():
            city = running.enter_context(RehearsedCity(name, made, emulator.url, folder / f"{name}-rehearsed"))
            cities[name] = DeployedCity(city.url, emulator.url, name, folder, _crowd=everybody, rehearsed=city)
            (person,) = cities[name].people(1)
            nobody_asked = cities[name].log_in(person.phone).put("/v1/me/identity", person.claim())
            assert nobody_asked.code == "source_unavailable"
            assert cities[name].source.source == f"cdc-{name}", "it is registered by being asked for"
        yield cities


@pytest.fixture(scope="module")
def run_city(stage: dict[str, DeployedCity]) -> Callable[[str], RunningCity]:
    """What acceptance files ask for: here a deployed city instead of a local one."""
    return stage.__getitem__
