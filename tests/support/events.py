"""What the service says in its event log."""

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest


class Events:
    """Keeps every line of the event log, and lets it go on to where the canary search finds it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[dict[str, Any]] = []
        monkeypatch.setattr("chalicelib.core.log.sys", SimpleNamespace(stdout=self))

    def write(self, line: str) -> None:
        """Take a line as standard output would."""
        self.lines.append(json.loads(line))
        sys.stdout.write(line)

    def of(self, event: str) -> list[dict[str, Any]]:
        """The lines about one kind of event, oldest first."""
        return [line for line in self.lines if line["event"] == event]


def said(capfd: pytest.CaptureFixture[str], event: str) -> list[dict[str, Any]]:
    """The lines about an event in what was captured so far, which goes back to where the canary search finds it."""
    output = capfd.readouterr()
    sys.stdout.write(output.out)
    sys.stderr.write(output.err)
    lines = [json.loads(line) for line in output.out.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == event]
