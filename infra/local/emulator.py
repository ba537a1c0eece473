"""The emulator of AWS (ministack) as a child process on one loopback port.

It keeps its state in a folder and writes it there only when it ends in peace, so it is asked to end and given time.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlencode

from chalicelib.core.aws import LOCAL_CREDENTIALS
from infra.local.ports import HOST, PortTaken, is_free

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
GRACE_SECONDS = 30.0
"""How long it may take to write its state; 10,000 people take about one second."""

POLL_SECONDS = 0.05
_INHERITED = ("PATH", "HOME", "LD_LIBRARY_PATH", "SYSTEMROOT")
SMS_PATH = "/_ministack/sns/sms-messages"


class EmulatorError(Exception):
    """The emulator ended, or did not come up; the text says what to do about it."""


class Emulator:
    """One running emulator. `with Emulator(...)` starts it and ends it by its process id."""

    def __init__(self, port: int, state: Path, log: Path) -> None:
        """Take the port to listen on, the folder that keeps the state, and the file for what it has to say."""
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self._state = state
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it answers. Raises PortTaken or EmulatorError."""
        if not is_free(self.port):
            raise PortTaken(self.port, "AWS_PORT")
        self._state.mkdir(parents=True, exist_ok=True)
        try:
            self._spawn()
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it; it saves its state first."""
        self.stop()

    @property
    def pid(self) -> int | None:
        """The child's process id, which is also its process group; None when it is not running."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end, wait until its state is written, and kill it if that takes longer than any state needs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its Lambda functions run in processes of their own
        if process.stdin:
            process.stdin.close()

    def keeps_sms(self) -> bool:
        """Whether it keeps text messages; ministack before 1.5 only logs them."""
        return self._get(SMS_PATH) is not None

    def sms(self, region: str) -> dict[str, list[dict[str, Any]]]:
        """The text messages that it was given in a region, by phone, each phone's oldest first."""
        answer = self._get(f"{SMS_PATH}?{urlencode({'region': region})}")
        return {} if answer is None else dict(answer["sms_messages"])

    def _spawn(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.emulated"],
                cwd=ROOT,
                env=surroundings(self.port, self._state),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the terminal must not reach it before the pump is done
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise EmulatorError(f"the emulator ended while it was starting; see {self._log}")
            if self._get("/_ministack/health") is not None:
                return
            time.sleep(POLL_SECONDS)
        raise EmulatorError(f"the emulator did not answer within {START_SECONDS:.0f} s; see {self._log}")

    def _get(self, path: str) -> dict[str, Any] | None:
        """What it answers to a question of its own, or None if it does not answer or does not know the question."""
        connection = HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()
        return cast("dict[str, Any]", json.loads(body)) if response.status == HTTPStatus.OK else None


def surroundings(port: int, state: Path) -> dict[str, str]:
    """All that the emulator is told. Little is inherited: a variable of some shell could open ports or change its ways."""
    told = {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state.resolve()),
        "TMPDIR": str(state.resolve()),
        "LOG_LEVEL": "WARNING",  # at INFO it would log text messages with their phone numbers
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",  # it would otherwise tidy up containers on this machine
        "PYTHONUNBUFFERED": "1",
        "AWS_SECRET_ACCESS_KEY": LOCAL_CREDENTIALS["aws_secret_access_key"],  # by which it checks links to files
    }
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | told
