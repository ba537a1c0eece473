"""The folder that keeps a local city between two starts: `.local/<city>/`.

What it holds fits one schema. A folder of another schema, or one that was cut short while it was first written, is put
aside under another name: a start never fails for it, and nothing is thrown away.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from chalicelib.core import clock
from chalicelib.core.store import tables
from infra.tables import table_definition, ttl_attribute

_SCHEMA = "schema"
_EMULATOR_FILES = ("dynamodb.json", "kms.json", "secretsmanager.json")
"""What the emulator writes of a city when it ends, one after the other; some without the others are worth nothing."""


class CityRuns(Exception):
    """Another process serves this city from the same folder."""


class StateFolder:
    """The files of one local city."""

    def __init__(self, folder: Path) -> None:
        """Take the city's folder; it is made by `prepare`."""
        self.folder = folder
        self.emulator = folder / "aws"
        self.emulator_log = folder / "emulator.log"
        self.outbox = folder / "outbox.jsonl"
        self.positions = folder / "streams.json"
        self.demo = folder / "demo"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out until the block ends. Raises CityRuns if one is in already."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CityRuns(f"a city is running from {self.folder} already; stop it first") from error
            yield

    def prepare(self) -> Path | None:
        """Make the folder ready for this schema. Returns where an unusable former one was put, or None."""
        aside = None
        if self.folder.exists() and not self._is_usable():
            aside = self.folder.with_name(f"{self.folder.name}.old-{clock.now():%Y%m%d-%H%M%S-%f}")
            self.folder.rename(aside)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / _SCHEMA).write_text(schema_fingerprint())
        return aside

    def _is_usable(self) -> bool:
        schema = self.folder / _SCHEMA
        found = [(self.emulator / name).exists() for name in _EMULATOR_FILES]
        return schema.is_file() and schema.read_text() == schema_fingerprint() and len(set(found)) == 1


def schema_fingerprint() -> str:
    """A hash of all table definitions and the emulator's version: what a stored city must match to be used again."""
    definitions = [[table_definition(table, table.Meta.table), ttl_attribute(table)] for table in tables()]
    text = json.dumps([version("ministack"), definitions], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
