"""cfn-lint, cdk-nag and checkov over a city, after SAM's transform. What they find is put right or acknowledged, with an end."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import clock
from infra.expand import expanded
from tests.infra import checkov
from tests.infra.templates import Synthesised

pytestmark = [pytest.mark.checkers, pytest.mark.slow, pytest.mark.timeout(900)]

ACKNOWLEDGED: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "acknowledged.toml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def plain(linyi: Synthesised, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The templates of Linyi without SAM."""
    folder = tmp_path_factory.mktemp("plain")
    for stack in ("Account", "Data", "City"):
        template = linyi.template(stack)
        template = expanded(template, "cn-north-1") if "Transform" in template else template
        (folder / f"{stack}.json").write_text(json.dumps(template))
    return folder


def covers(entry: dict[str, Any], rule: str, resource: str) -> bool:
    pattern = entry.get("resource", ".*")
    return rule.startswith(entry["rule"]) and re.fullmatch(pattern, resource) is not None


def check(tool: str, found: list[tuple[str, str]]) -> None:
    entries = ACKNOWLEDGED[tool]
    assert [one for one in found if not any(covers(entry, *one) for entry in entries)] == []
    assert [entry["rule"] for entry in entries if not any(covers(entry, *one) for one in found)] == []


def cdk_nag(folder: Path) -> list[tuple[str, str]]:
    command = [sys.executable, "-m", "tests.infra.nag", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return [(rule, resource) for rule, resource in json.loads(done.stdout.strip().splitlines()[-1])]


def checkov_or_skip(folder: Path) -> list[tuple[str, str]]:
    try:
        return checkov.findings(folder)
    except checkov.NotInstalledError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"checkov could not be fetched, so its rules were not checked: {error}")


@pytest.mark.parametrize(("tool", "run"), [("cdk-nag", cdk_nag), ("checkov", checkov_or_skip)])
def test_nothing_is_found_that_is_not_acknowledged(
    plain: Path, tool: str, run: Callable[[Path], list[tuple[str, str]]]
) -> None:
    check(tool, run(plain))


def test_cloudformation_would_take_the_templates(city: Synthesised) -> None:
    region = "cn-north-1" if city.name == "linyi" else "ap-southeast-1"
    templates = sorted(str(path) for path in city.folder.glob("*.template.json"))
    command = [str(Path(sys.prefix, "bin", "cfn-lint")), "--format", "parseable", "--regions", region, "--", *templates]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_every_acknowledgement_has_a_reason_and_has_not_expired() -> None:
    today = clock.now().date()
    for entry in [one for entries in ACKNOWLEDGED.values() for one in entries]:
        assert entry.keys() <= {"rule", "resource", "reason", "expires"}
        assert len(entry["reason"]) > 20
        assert isinstance(entry["expires"], date)
        assert entry["expires"] > today, f"{entry['rule']} must be looked at again"
