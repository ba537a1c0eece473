"""The command behind `make load`, as a user types it: bounded, and every accepted visit is there once."""

import subprocess
import sys

import pytest

from bench.load import MOST_SECONDS

pytestmark = pytest.mark.jobs


def test_a_second_of_load_loses_and_doubles_nothing() -> None:
    command = [sys.executable, "-m", "bench.load", "--seconds", "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MOST_SECONDS)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "errors 0, lost 0, doubled 0" in run.stdout
    assert "of 201" in run.stdout
