"""Two real cities and a demo with every kind of event source, synthesised once for all workers of a run."""

import json
from pathlib import Path

import pytest

from chalicelib.core.city import load_city
from infra.expand import expanded
from tests.infra.templates import Synthesised
from tests.support.synthesis import shared_folder, synthesis

EVERY_KIND = """
import sys
from pathlib import Path
from infra.cdk.app import synthesize
from tests.infra.wired import WIRED
synthesize(sys.argv[1], Path(sys.argv[2]), WIRED)
"""


@pytest.fixture(scope="session")
def linyi(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """Linyi, in mainland China."""
    return Synthesised(synthesis(shared_folder(tmp_path_factory), "linyi"))


@pytest.fixture(scope="session")
def beijing(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """Beijing, in the same region."""
    return Synthesised(synthesis(shared_folder(tmp_path_factory), "beijing"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """The demo, in the partition `aws`, with a queue and a schedule beside the streams."""
    return Synthesised(synthesis(shared_folder(tmp_path_factory), "demo", EVERY_KIND))


@pytest.fixture(params=["linyi", "demo"])
def city(request: pytest.FixtureRequest) -> Synthesised:
    """A city of each partition."""
    found: Synthesised = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def plain(linyi: Synthesised, demo: Synthesised, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every template of both partitions, as CloudFormation's transform leaves it: without SAM."""
    folder = tmp_path_factory.mktemp("plain")
    for city in (linyi, demo):
        for stack in ("Account", "Data", "City"):
            template = city.template(stack)
            if "Transform" in template:
                template = expanded(template, load_city(city.name).region)
            (folder / f"{city.name}-{stack}.json").write_text(json.dumps(template))
    return folder
