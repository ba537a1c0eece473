"""Imports point one way, and a cold start loads only what it must (design §3, §9)."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import ROOT, shipped

pytestmark = pytest.mark.architecture

LOADED = Path(__file__).with_name("loaded_modules.txt")
IMPORTED_WHERE_USED = {"boto3", "cryptography", "jwt", "phonenumbers", "qrcode", "stdnum"}
TOKEN_LIBRARY = "jwt"
TOKEN_MODULE = "chalicelib/core/jws.py"

IMPORT_APP = """
import json, sys
before = set(sys.modules)
sys.path.insert(0, ".")
import app
from chalicelib.core import aws, settings, store
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
held = {one.__qualname__: one.cache_info().currsize for one in (aws._client, settings.settings, store.connection)}
print(json.dumps({"loaded": sorted(loaded), "held": held}))
"""


@cache
def fresh_import() -> dict[str, Any]:
    """What a new process holds after `import app`, with nothing of a city or of AWS in its environment."""
    environment = {name: value for name, value in os.environ.items() if name != "CITY" and not name.startswith("AWS_")}
    ended = subprocess.run(
        [sys.executable, "-I", "-c", IMPORT_APP], cwd=ROOT, env=environment, capture_output=True, check=True, text=True
    )
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def test_imports_keep_every_contract_of_pyproject() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-logo"],
        cwd=ROOT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_one_module_alone_knows_the_token_library() -> None:
    importers = {
        module.path for module in shipped() for name in module.imports() if name.partition(".")[0] == TOKEN_LIBRARY
    }
    assert importers == {TOKEN_MODULE}


def test_import_app_loads_exactly_the_listed_packages() -> None:
    own_and_standard = {"app", "chalicelib", *sys.stdlib_module_names}
    loaded = [name for name in fresh_import()["loaded"] if name not in own_and_standard and not name.startswith("_")]
    listed = [line for line in LOADED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert loaded == sorted(listed) == listed
    assert IMPORTED_WHERE_USED.isdisjoint(loaded)


def test_import_app_asks_nobody_anything() -> None:
    """No settings read, no client made: a synthesis and a test client import it without a city (notes on Chalice, 7, 16)."""
    assert set(fresh_import()["held"].values()) == {0}
