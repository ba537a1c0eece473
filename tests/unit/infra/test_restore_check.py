"""The command `restore-check`: what it says, and with which exit code."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner

from chalicelib.core.errors import Unavailable
from infra.cli import restoring
from infra.cli.main import app
from infra.restore import Failure, Ledger, Replayed

SINCE = ["--since", "2022-11-22T03:00:00Z"]
LOCAL = ["--city", "demo", "--endpoint-url", "http://127.0.0.1:9"]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the replay answers, how it was called, and what stands in the way of it."""
    told: dict[str, Any] = {"done": Replayed(), "write": None, "ledger": None, "replay": None}

    def replay(ledger: Ledger, *, write: bool, watch: Any) -> Replayed:
        told.update(entries=ledger.entries, write=write)
        if told["done"].entries:
            watch(told["done"])
        if told["replay"]:
            raise told["replay"]
        return told["done"]  # type: ignore[no-any-return]

    def ledger_since(_: datetime) -> Ledger:
        if told["ledger"]:
            raise told["ledger"]
        return Ledger([])

    monkeypatch.setattr(restoring, "replay", replay)
    monkeypatch.setattr(restoring, "ledger_since", ledger_since)
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
    answers["done"] = Replayed(
        Counter(ERASURE=1), Counter(), [Failure("2026-11-22#3/01m80rx4gwcwrhc33nvcddv4ez", "Broken")]
    )

    code, text = run(*SINCE, *LOCAL, "--replay", "--yes")

    assert code == 1
    assert "2026-11-22#3/01m80rx4gwcwrhc33nvcddv4ez: Broken" in text


OUTAGES = [Unavailable(), EndpointConnectionError(endpoint_url="there")]


@pytest.mark.parametrize("outage", OUTAGES, ids=["Unavailable", "EndpointConnectionError"])
@pytest.mark.parametrize("options", [(), ("--replay", "--yes")], ids=["count", "replay"])
def test_a_ledger_that_does_not_answer_is_nothing_begun(
    answers: dict[str, Any], outage: Exception, options: tuple[str, ...]
) -> None:
    answers["ledger"] = outage

    assert run(*SINCE, *LOCAL, *options) == (2, f"demo can't be looked at ({type(outage).__name__}).\n")


@pytest.mark.parametrize("outage", OUTAGES, ids=["Unavailable", "EndpointConnectionError"])
def test_an_outage_later_is_nothing_begun_only_if_nothing_was_written(
    answers: dict[str, Any], outage: Exception
) -> None:
    answers["replay"] = outage

    assert run(*SINCE, *LOCAL)[0] == 2
    code, text = run(*SINCE, *LOCAL, "--replay", "--yes")
    assert code == 1
    assert text == f"demo stopped midway ({type(outage).__name__}); the same command goes on.\n"


@pytest.mark.parametrize(
    "since", ["yesterday", "2026-11-22T03:00:00", "", "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z"]
)
def test_a_moment_without_its_zone_or_out_of_all_time_is_none(answers: dict[str, Any], since: str) -> None:
    assert run("--since", since, *LOCAL)[0] == 2
    assert answers["write"] is None


def test_an_unknown_city_is_not_begun(answers: dict[str, Any]) -> None:
    assert run(*SINCE, "--city", "atlantis", "--endpoint-url", "http://127.0.0.1:9")[0] == 2
    assert answers["write"] is None
