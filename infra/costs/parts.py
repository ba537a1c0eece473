"""How many of what a city has. What the code says without the CDK is read from it; the rest a test compares with a template."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from chalicelib.core.city_secrets import SECRETS
from infra.grants import RIGHTS

CONFIG = Path(__file__).parents[2] / ".chalice/config.json"

PARTS: Mapping[str, int] = {
    "key": 4,
    "secret": len(SECRETS),
    "metric": 20,
    "alarm": 121,
    "dashboard": 1,
    "firewall": 1,
    "firewall_rule": 2,
}
"""What costs by being there, by its price's name (tests/infra/test_parts.py)."""

FUNCTIONS = tuple(RIGHTS)


def tables() -> int:
    """The number of tables."""
    import app  # noqa: F401  declares all of them
    from chalicelib.core import store

    return len(list(store.tables()))


@cache
def memory_mb(function: str) -> int:
    """What `.chalice/config.json` gives a function of `app.py`, in MB."""
    config = json.loads(CONFIG.read_text(encoding="utf-8"))
    own = config.get("lambda_functions", {}).get(function.replace("_", "-"), {})
    return int(own.get("lambda_memory_size", config["lambda_memory_size"]))
