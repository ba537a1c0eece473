"""The command `restore-check`: what it says, and with which exit code."""

import json
from collections import Counter
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli import restoring
from infra.cli.main import app
from infra.restore import Replayed

SINCE = ["--since", "2026-11-22T03:00:00Z"]
LOCAL = ["--city", "demo", "--endpoint-url", "http://127.0.0.1:9"]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the replay answers, and how it was called."""
    told: dict[str, Any] = {"done": Replayed(), "write": None}

    def replay(entries: Any, *, write: bool, watch: Any) -> Replayed:
        told.update(entries=entries, write=write)
        if told["done"].entries:
            watch(told["done"])
        return told["done"]  # type: ignore[no-any-return]

    monkeypatch.setattr(restoring, "replay", replay)
    monkeypatch.setattr(restoring, "entries_since", lambda moment: moment)
    return told


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["restore-check", *arguments], input=answer)
    return result.exit_code, result.output


def test_nothing_behind_is_success(answers: dict[str, Any]) -> None:
    assert run(*SINCE, *LOCAL) == (0, "The ledger has nothing to replay since then.\n")
    assert answers["write"] is False


def test_what_is_behind_is_counted_and_is_no_success(answers: dict[str, Any]) -> None:
    answers["done"] = Replayed(Counter(ERASURE=2), Counter(ERASURE=9))

    code, text = run(*SINCE, *LOCAL, "--json")

    assert code == 1
    assert json.loads(text) == {"replayed": False, "kinds": {"ERASURE": {"entries": 2, "rows": 9}}, "failed": []}


def test_carrying_it_out_is_asked_about_first(answers: dict[str, Any]) -> None:
    answers["done"] = Replayed(Counter(ERASURE=2), Counter(ERASURE=9))

    assert run(*SINCE, *LOCAL, "--replay", answer="n\n")[0] == 1
    assert answers["write"] is None
    assert run(*SINCE, *LOCAL, "--replay", answer="y\n")[0] == 0
    assert answers["write"] is True


def test_an_entry_that_failed_is_named(answers: dict[str, Any]) -> None:
    answers["done"] = Replayed(Counter(ERASURE=1), Counter(), ["01m80rx4gwcwrhc33nvcddv4ez"])

    code, text = run(*SINCE, *LOCAL, "--replay", "--yes")

    assert code == 1
    assert "01m80rx4gwcwrhc33nvcddv4ez" in text


@pytest.mark.parametrize("since", ["yesterday", "2026-11-22T03:00:00", ""])
def test_a_moment_without_its_zone_is_none(answers: dict[str, Any], since: str) -> None:
    assert run("--since", since, *LOCAL)[0] == 2
    assert answers["write"] is None


def test_an_unknown_city_is_not_begun(answers: dict[str, Any]) -> None:
    assert run(*SINCE, "--city", "atlantis", "--endpoint-url", "http://127.0.0.1:9")[0] == 2
    assert answers["write"] is None
