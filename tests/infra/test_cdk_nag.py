"""cdk-nag's AwsSolutions over both partitions. What it finds is put right or acknowledged, with an end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.acknowledged import outdated, unacknowledged

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_nothing_is_found_that_is_not_acknowledged(plain: Path) -> None:
    command = [sys.executable, "-m", "tests.infra.nag", str(plain)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = [(rule, resource) for rule, resource in json.loads(done.stdout.strip().splitlines()[-1])]

    assert unacknowledged("cdk-nag", found) == []
    assert outdated("cdk-nag", found) == []
