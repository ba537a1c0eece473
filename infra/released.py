"""Compares the tables of the code with those of the last release (`infra/released.json`).

CloudFormation refuses some changes of a table that lives, and others only when they come together. Who changes a table
so must raise its version in `chalicelib/core/names.py` (a new table beside the old one) or spread it over releases. Other
changes it carries out and something gets lost by them; those are obstacles too, until somebody means them (`MEANT`).
`python -m infra.released` writes the file when a release is made.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.tables import Definition, table_properties

FILE = Path(__file__).parent / "released.json"
Schema = dict[str, Definition]

MEANT: Mapping[str, str] = {}
"""Obstacles that the next release carries out all the same, each by its whole line, with the reason why it may. Emptied
once the release is made."""


def present() -> Schema:
    """The tables of the code, by name and version."""
    import app  # noqa: F401  declares every table
    from chalicelib.core import store
    from chalicelib.core.names import SCHEMA_VERSIONS

    names = {table: table.Meta.table for table in store.tables()}
    versioned = {table: f"{name}-v{SCHEMA_VERSIONS.get(name, 1)}" for table, name in names.items()}
    return {versioned[table]: table_properties(table, versioned[table]) for table in names}


def released() -> Schema:
    """The tables of the last release."""
    schema: Schema = json.loads(FILE.read_text())
    return schema


def obstacles(before: Schema, after: Schema) -> list[str]:
    """What of the tables that are in both can't be changed, not in one update, or not without losing something."""
    return [
        f"{name}: {reason}"
        for name in sorted(before.keys() & after.keys())
        for reason in _of_table(before[name], after[name])
    ]


def _of_table(before: Definition, after: Definition) -> list[str]:
    reasons = []
    if before["KeySchema"] != after["KeySchema"] or _retyped(before, after):
        reasons.append("keys can't be changed")
    if _by_name(before, "LocalSecondaryIndexes") != _by_name(after, "LocalSecondaryIndexes"):
        reasons.append("local indexes can't be added, changed or removed")
    old, new = _by_name(before, "GlobalSecondaryIndexes"), _by_name(after, "GlobalSecondaryIndexes")
    changed = [name for name in old.keys() & new.keys() if old[name] != new[name]]
    reasons += [f"global index {name} can't be changed, only removed and made anew" for name in sorted(changed)]
    if len(old.keys() ^ new.keys()) > 1:
        reasons.append("one global index can be added or removed per update, not more")
    return [*reasons, *_of_stream(before, after), *_of_expiry(before, after)]


def _of_stream(before: Definition, after: Definition) -> Iterator[str]:
    """A stream is where its table is, in the stack that is updated first, while the consumer of the last release still reads."""
    old, new = before.get("StreamSpecification"), after.get("StreamSpecification")
    if old and not new:
        yield "the stream ends before its consumer: take that out of infra/wiring.py one release earlier"
    elif old and old != new:
        yield "another view is another stream, and what was not consumed of the old one is lost"


def _of_expiry(before: Definition, after: Definition) -> Iterator[str]:
    old, new = (table.get("TimeToLiveSpecification", {}).get("AttributeName") for table in (before, after))
    if old and not new:
        yield "rows expire no longer, and are kept for longer than was promised"
    elif old and old != new:
        yield "another attribute for expiry needs two updates an hour apart"


def _by_name(table: Definition, kind: str) -> dict[str, Any]:
    return {index["IndexName"]: index for index in table.get(kind, [])}


def _retyped(before: Definition, after: Definition) -> bool:
    """Whether an attribute that both name has another type now."""
    old, new = (
        {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
        for table in (before, after)
    )
    return any(old[name] != new[name] for name in old.keys() & new.keys())


if __name__ == "__main__":
    FILE.write_text(json.dumps(present(), indent=2, sort_keys=True) + "\n")
