"""Two real cities and a demo with every kind of event source, synthesised once for all workers of a run."""

import pytest

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
