"""The package of today's code: built as a deployment builds it, weighed, and thrown away."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.package import INCOMPLETE, MAX_BYTES, TOO_LARGE

ROOT = Path(__file__).parents[1]
SECONDS = 180
PACKAGED = """
import sys
from pathlib import Path
from chalice import api
from infra.package import slim
root, folder = sys.argv[1:]
api.package_app(project_dir=root, output_dir=folder, stage="dev", chalice_config={})
slim(Path(folder, "deployment.zip"))
"""
"""What infra.cdk.functions does, without the templates. In a process of its own: Chalice imports the app and wants a region."""

HINT = "`make synth CITY=demo` builds it and says why it can't"


@dataclass(frozen=True)
class Package:
    """How many bytes it has, or None and why it could not be weighed."""

    size: int | None
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it is heavier than it may be."""
        return self.size is not None and self.size > MAX_BYTES


def package() -> Package:
    """Build and weigh it. Chalice fetches wheels for Lambda the first time, so without a network there may be none."""
    with TemporaryDirectory(prefix="gatebook-bench-") as folder:
        try:
            ended = subprocess.run(
                [sys.executable, "-c", PACKAGED, str(ROOT), folder], check=False, capture_output=True, text=True,
                cwd=folder, timeout=SECONDS,
                env={**os.environ, "AWS_DEFAULT_REGION": "cn-north-1", "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Package(None, f"not built within {SECONDS} s; {HINT}")
        return _weighed(Path(folder, "deployment.zip"), ended)


def _weighed(built: Path, ended: "subprocess.CompletedProcess[str]") -> Package:
    """What was built. `slim` refuses a package that is too large after it wrote it, so that its size is known all the same."""
    is_whole = INCOMPLETE not in ended.stdout + ended.stderr
    too_large = TOO_LARGE in ended.stderr
    if built.exists() and is_whole and (ended.returncode == 0 or too_large):
        return Package(built.stat().st_size)
    return Package(None, f"not built; {HINT}")
