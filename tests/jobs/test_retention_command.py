"""What operators see of what is past its time, and of the hour's text messages (B13, T-03)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import infra.cli.retention as command
from chalicelib.core import clock, ids, store
from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.retention import GRACE, Found
from chalicelib.core.settings import settings
from chalicelib.people.service import budget
from chalicelib.people.service import retention as service
from chalicelib.people.service.limits import hour_window
from chalicelib.people.service.retention import tonight
from chalicelib.people.tables.logins import CountRow
from chalicelib.people.tables.privacy import ledger_shards
from chalicelib.people.tables.retention import RetentionRow
from chalicelib.people.tables.times import LedgerTime, ReceiptTime
from chalicelib.places.tables import SWEEPS, VisitSweepRow
from infra.calls import FunctionFailed
from infra.cli.main import app as cli
from tests.support.retention import Owner, forget, put, run
from tests.support.rows import stored

pytestmark = pytest.mark.jobs

CITY = "demo"


@pytest.fixture
def told(emulator: str) -> Any:
    """Runs a command for the city."""

    def told(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--city", CITY, "--endpoint-url", emulator, *words])

    return told


@pytest.fixture
def segment(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The night's only segment, which is no other test's."""
    name = ids.new_id()
    monkeypatch.setattr(service, "segments_of", lambda _: [name])
    forget()
    yield name
    forget()


def last(**counts: dict[str, int]) -> None:
    """Let the latest sweep have found this."""
    row = RetentionRow.new(RetentionRow.of(tonight(), is_dry=False), is_dry=False)
    row.segment, row.done, row.total, row.done_at = "9999-12-30", 2, 2, clock.now()
    for name, count in counts.items():
        setattr(row, name, count)
    store.put(row)


@pytest.fixture
def nights() -> Iterator[None]:
    """The latest report goes again."""
    yield
    store.delete(RetentionRow.key("sweep#retention", "9999-12-30"))
    store.delete(VisitSweepRow.key(SWEEPS, "9999-12-30"))


@pytest.mark.usefixtures("nights")
def test_the_report_says_what_went_with_the_check_ins_and_fails_while_something_is_left(told: Any) -> None:
    last(looked={"alerts": 5}, removed={"alerts": 2}, late={"alerts": 1})
    visits = VisitSweepRow(SWEEPS, "9999-12-30", at=clock.now(), removed={"2022-04-05": 3}, left={}, total=3)
    visits.expires_at = clock.now() + timedelta(days=1)
    store.put(visits)
    done = told("retention", "report")
    assert done.exit_code == 0
    assert done.output.splitlines()[:3] == [
        "9999-12-30: done",
        "  alerts: 5 looked at, 2 removed, 1 late, 0 left",
        "  checkins: 0 looked at, 3 removed, 0 late, 0 left",
    ]

    last(left={"alerts": 4})
    done = told("--json", "retention", "report")
    assert (done.exit_code, json.loads(done.output)["nights"][0]["left"]) == (1, {"alerts": 4})

    last()
    visits.left = {"2022-04-06": 2}
    store.put(visits)
    done = told("--json", "retention", "report")
    assert (done.exit_code, json.loads(done.output)["nights"][0]["left"]) == (1, {"checkins": 2})


@pytest.mark.usefixtures("nights")
def test_a_night_that_did_not_end_fails_the_report(told: Any) -> None:
    row = RetentionRow.new(RetentionRow.key("sweep#retention", "9999-12-30"), is_dry=False)
    row.add(Found(over=1))
    row.total = 11
    store.put(row)
    done = told("retention", "report")
    assert (done.exit_code, done.output.splitlines()[0]) == (1, "9999-12-30: not at its end, 0 of 11 steps")


@pytest.mark.usefixtures("nights")
def test_the_ledger_and_proposals_are_looked_at_and_stay(told: Any) -> None:
    last()
    kept = settings().city.retention.ledger
    shard = ledger_shards(tonight() - timedelta(days=kept + command.LATE_DAYS))[3]
    rows = [put(LedgerTime, shard, ids.new_id(), until=clock.now() - GRACE)]
    rows += [put(DecisionsTable, "PROPOSAL", ids.new_id(), until=clock.now() - GRACE) for _ in range(2)]
    put(LedgerTime, shard, ids.new_id())

    done = told("--json", "retention", "report")

    assert (done.exit_code, json.loads(done.output)["late"]) == (1, {"ledger": 1, "proposals": 2})
    assert None not in [stored(key) for key in rows]
    assert "DynamoDB is late with " in told("retention", "report").output
    store.write_all(deletes=rows)
    assert told("retention", "report").exit_code == 0


def test_a_dry_run_removes_nothing_and_a_run_does(told: Any, segment: str) -> None:
    key = put(ReceiptTime, Owner.of(segment).person_id, "1")

    dry = told("--json", "retention", "run", "--dry-run")
    assert (dry.exit_code, json.loads(dry.output)["dry"], json.loads(dry.output)["removed"]["consents"]) == (0, True, 1)
    assert stored(key) is not None

    done = told("retention", "run")
    assert (done.exit_code, "  consents: 1 looked at, 1 removed, 0 late, 0 left" in done.output) == (0, True)
    assert stored(key) is None
    again = told("retention", "run", "--dry-run")
    assert ("a dry run" in again.output, "consents" in again.output) == (True, False)


def test_a_run_goes_through_a_night_that_was_done(told: Any, segment: str) -> None:
    run()
    key = put(ReceiptTime, Owner.of(segment).person_id, "1")
    assert told("retention", "run").exit_code == 0
    assert stored(key) is None


def test_a_run_that_comes_to_no_end_or_fails_says_so(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_function: str, _event: object) -> None:
        raise FunctionFailed("Unavailable")

    monkeypatch.setattr(command, "call", lambda *_: None)
    monkeypatch.setattr(command, "report_of", lambda *_, **__: None)
    done = told("retention", "run")
    assert (done.exit_code, "NotAtItsEnd" in done.output) == (1, True)
    monkeypatch.setattr(command, "call", failing)
    done = told("retention", "run")
    assert (done.exit_code, "Unavailable" in done.output) == (1, True)


def test_the_budget_is_told_shard_by_shard_and_fails_once_it_is_spent(
    told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = settings().city.sms.hourly_budget
    data = json.loads(told("--json", "sms-budget").output)
    assert (data["budget"], len(data["shards"]), sum(one["budget"] for one in data["shards"])) == (whole, 16, whole)
    used = data["used"]
    key = CountRow.of(budget.subjects()[2], hour_window(clock.now()))
    store.update(key, [CountRow.counted.add(7), CountRow.expires_at.set(clock.now())])
    try:
        done = told("sms-budget")
        assert (done.exit_code, done.output.startswith(f"{used + 7} of {whole} text messages")) == (0, True)
        monkeypatch.setattr(budget, "_part", lambda _: 0)
        assert told("sms-budget").exit_code == 1
    finally:
        store.update(key, [CountRow.counted.add(-7)])
