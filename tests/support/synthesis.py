"""Cities synthesised once for all workers of a run, each in a process of its own: Chalice imports `app` once (trap 13)."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYNTHESIZE = """
import sys
from pathlib import Path
from infra.cdk.app import synthesize
synthesize(sys.argv[1], Path(sys.argv[2]))
"""


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def synthesis(folder: Path, city: str, script: str = SYNTHESIZE, root: Path = ROOT) -> Path:
    """The folder of a city's templates and package, made by the first that asks for it, of the sources under `root`."""
    with (folder / f"synth-{city}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / city / "manifest.json").exists():
            command = [sys.executable, "-c", script, city, str(folder)]
            done = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[-4000:]
    return folder / city
