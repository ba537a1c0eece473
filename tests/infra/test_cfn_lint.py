"""cfn-lint: whether CloudFormation would take the templates, as they are given to it."""

import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.core.city import load_city
from tests.infra.templates import Synthesised

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_cloudformation_would_take_every_template_in_every_partition(linyi: Synthesised, demo: Synthesised) -> None:
    """One call: reading what cfn-lint knows of AWS takes it longer than looking at six templates for two regions."""
    regions = [load_city(city.name).region for city in (linyi, demo)]
    templates = [str(path) for city in (linyi, demo) for path in sorted(city.folder.glob("*.template.json"))]
    assert len(templates) == 6

    tool = str(Path(sys.prefix, "bin", "cfn-lint"))
    command = [tool, "--format", "parseable", "--regions", *regions, "--", *templates]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
