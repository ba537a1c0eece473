"""Compares the tables of the code with those of the last release (`infra/released.json`).

CloudFormation refuses some changes of a table that lives, and others only when they come together. Who changes a table
so must raise its version in `chalicelib/core/names.py` (a new table beside the old one) or spread it over releases.
`python -m infra.released` writes the file when a release is made.
"""

import json
from pathlib import Path
from typing import Any

from infra.tables import Definition, table_properties

FILE = Path(__file__).parent / "released.json"
Schema = dict[str, Definition]


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
    """What CloudFormation would refuse to change, or to change in one update, of the tables that are in both."""
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
    expiry = [table.get("TimeToLiveSpecification", {}).get("AttributeName") for table in (before, after)]
    if all(expiry) and expiry[0] != expiry[1]:
        reasons.append("another attribute for expiry needs two updates an hour apart")
    return reasons


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
