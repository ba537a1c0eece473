"""checkov, in an environment of its own: it pins an old boto3. Made once, when a test first asks for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

VERSION = "3.3.30"
FOLDER = (
    Path(__file__).resolve().parents[2]
    / ".cache"
    / f"checkov-{VERSION}-{sys.version_info.major}.{sys.version_info.minor}"
)


class NotInstalledError(Exception):
    """checkov could not be fetched."""


def findings(folder: Path) -> list[tuple[str, str]]:
    """Rule and logical id of everything that checkov finds in the templates of a folder.

    Raises NotInstalledError.
    """
    command = [str(_installed()), "--framework", "cloudformation", "--compact", "--quiet", "--skip-download"]
    done = subprocess.run(
        [*command, "-o", "json", "-d", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
    )
    report = json.loads(done.stdout)
    assert report["summary"]["resource_count"] > 0
    assert report["summary"]["parsing_errors"] == 0
    return [(one["check_id"], one["resource"].rpartition(".")[2]) for one in report["results"]["failed_checks"]]


def _installed() -> Path:
    python = FOLDER / "bin" / "python"
    made = FOLDER / ".made"
    if not made.exists():
        steps = [
            [sys.executable, "-m", "venv", "--clear", "--without-pip", str(FOLDER)],
            [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), f"checkov=={VERSION}"],
        ]
        for step in steps:
            done = subprocess.run(step, check=False, capture_output=True, text=True)
            if done.returncode != 0:
                raise NotInstalledError(" ".join(done.stderr.split()))
        made.touch()
    return FOLDER / "bin" / "checkov"
