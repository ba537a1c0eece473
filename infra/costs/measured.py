"""What `python -m bench --write` measured of each operation, in `measured.json` beside this file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.costs.usage import USES

FILE = Path(__file__).with_name("measured.json")
WRITES_IT = "`python -m bench --write` writes it"


class UnusableFigures(Exception):
    """What was measured is not there or not whole; the text says how to make it."""


@dataclass(frozen=True)
class Measured:
    """One operation: units of DynamoDB, sequential round trips, calls by service, bytes, and milliseconds of CPU."""

    read: float
    write: float
    round_trips: int
    calls: Mapping[str, int]
    stored: Mapping[str, int]
    """Bytes that stay, by table."""
    answered: int
    """Bytes of the answer, uncompressed, with its headers."""
    logged: int
    """Bytes in the event log."""
    cpu_ms: float
    """In the process that was measured; the one figure that differs from machine to machine."""

    def counts(self) -> tuple[object, ...]:
        """What is the same on every machine and at every run."""
        return self.read, self.write, self.round_trips, dict(self.calls), sorted(self.stored)


def measured(file: Path = FILE) -> dict[str, Measured]:
    """What was measured, by the operation's name. Raises UnusableFigures unless every operation of a city's usage is there."""
    try:
        found = {name: Measured(**figures) for name, figures in json.loads(file.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UnusableFigures(f"{file.name} can't be read; {WRITES_IT}") from error
    if missing := {use.operation for use in USES} - found.keys():
        raise UnusableFigures(f"{file.name} lacks {', '.join(sorted(missing))}; {WRITES_IT}")
    return found
