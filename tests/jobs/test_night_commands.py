"""What operators do about the nights: see how they went, catch up, release and discard (T-36)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result

import app
from chalicelib.core import clock, store
from chalicelib.core.city_secrets import CURRENT, HEALTH_SOURCE_KEY, SESSION_KEY
from chalicelib.core.jobs import JobRow, last_run, run_key
from chalicelib.core.rotation import version_of
from chalicelib.core.settings import settings
from chalicelib.health.service.status import Status
from chalicelib.health.service.sync.looking import KEPT
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.sync import Phase, SyncRunRow
from infra.cli.main import app as cli
from infra.wiring import SCHEDULES
from tests.support import nights
from tests.support.nights import latest, lose, parked, resident, settle, work_off, worst_fact
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.jobs

Run = Callable[..., Result]


@pytest.fixture
def run(emulator: str) -> Run:
    """An operator's command for the worker's city."""

    def command(*words: str, typed: str = "") -> Result:
        whole = ["--city", settings().city_name, "--endpoint-url", emulator, *words]
        return CliRunner().invoke(cli, whole, input=typed)

    return command


@pytest.fixture
def segments() -> Iterator[tuple[str, ...]]:
    """Two segments of the test's own. What jobs did on days to come is forgotten: other tests look at their latest run."""
    with nights.few_segments() as names:
        yield names
    today = clock.local_day(settings().city.time_zone, clock.now()).isoformat()
    rows = [row for job in SCHEDULES for row in store.query_all(JobRow, run_key(job.name))]
    store.write_all(deletes=[row.own_key for row in rows if row.segment > today])


def test_a_night_is_begun_by_catching_up_and_seen_by_numbers(run: Run, segments: tuple[str, ...]) -> None:
    settle([resident(segments[0]), resident(segments[1])])
    assert "No night" in run("sync", "list").output

    done = run("jobs", "catch-up")
    assert (done.exit_code, "sync: done" in done.output) == (0, True), done.output
    assert run("sync", "list").exit_code == 1, "its pieces go on by themselves"
    work_off()

    (night, *_) = json.loads(run("--json", "sync", "list").stdout)
    assert (night["phase"], night["people"], night["looked"], night["written"]) == ("done", 2, 2, 2)
    assert "2 people, 0 changed" in run("sync", "list").output
    again = run("--json", "jobs", "catch-up")
    assert (again.exit_code, [one["job"] for one in json.loads(again.stdout) if one["job"] == "sync"]) == (0, [])


def test_a_night_is_watched_to_its_end(run: Run, segments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    settle([resident(segments[0]), resident(segments[1])])
    nothing = run("sync", "watch")
    assert (nothing.exit_code, "No night was synced yet" in nothing.stderr) == (1, True)

    begun = run("--json", "jobs", "run", "sync")
    assert (begun.exit_code, json.loads(begun.stdout)["state"]) == (0, "looking")
    assert "`sync watch` says how it goes on" in run("jobs", "run", "sync").stdout
    short = run("--json", "sync", "watch", "--minutes", "0")
    assert (short.exit_code, json.loads(short.stdout)["phase"]) == (1, "looking")

    monkeypatch.setattr("infra.cli.syncing.sleep", lambda _: work_off())
    whole = run("--json", "sync", "watch")
    night = json.loads(whole.stdout)
    assert (whole.exit_code, night["phase"], night["looked"], night["written"]) == (0, "done", 2, 2)
    assert "sync: done, 2" in run("jobs", "run", "sync").stdout


def test_watching_ends_where_somebody_must_decide(run: Run) -> None:
    run_id = parked()
    seen = run("sync", "watch")
    assert (seen.exit_code, seen.stdout.startswith(f"{run_id}: parked")) == (1, True)


def test_a_missed_night_is_told_and_made_up_for(run: Run, segments: tuple[str, ...]) -> None:
    settle([resident(segments[0])])
    run("jobs", "catch-up")
    work_off()
    assert run("jobs", "status").exit_code == 0
    with clock.frozen(clock.now() + timedelta(days=3)):
        late = run("jobs", "status")
        assert (late.exit_code, "sync: late" in late.output) == (1, True), late.output
        assert run("jobs", "catch-up").exit_code == 0
        work_off()
        assert run("jobs", "status").exit_code == 0


def test_a_parked_night_is_released_by_an_operator_once_an_officer_did(run: Run, segments: tuple[str, ...]) -> None:
    people = [resident(segments[0]) for _ in range(7)]
    settle(people)
    for person in people:
        lose(person, worst_fact())
    run("jobs", "catch-up")
    work_off()
    status = run("jobs", "status")
    assert (status.exit_code, "sync: parked" in status.output) == (1, True)
    run_id = latest().run_id

    alone = run("sync", "release", run_id, "--as", "anna")
    assert (alone.exit_code, "health officer" in alone.output, latest().phase) == (0, True, Phase.PARKED)
    store.update(latest().own_key, [SyncRunRow.officer.set("somebody")])
    assert run("sync", "release", run_id, "--as", "anna").exit_code == 0
    work_off()

    assert latest().phase == Phase.DONE
    assert run("sync", "release", run_id, "--as", "boris").exit_code == 0, "it is released, by whomever"
    decided = run("sync", "discard", run_id, "--as", "anna", "--yes")
    assert (decided.exit_code, "does not wait" in decided.stderr) == (1, True)


def test_a_night_in_which_the_source_lost_what_it_knew_is_seen_by_its_numbers(
    run: Run, segments: tuple[str, ...]
) -> None:
    people = [resident(segments[0]) for _ in range(7)]
    settle(people)
    for person in people:
        fact = worst_fact()
        lose(person, fact)
        app.services.get(Status).refresh(person.person_id)
        store.delete(FactRow.key(person.person_id, f"{fact.kind}#{fact.fact_id}"))
    run("jobs", "catch-up")
    work_off()

    listed = run("sync", "list")
    assert (listed.exit_code, "7 people, 7 changed, 0 would turn abnormal, 7 of 7 well" in listed.output) == (1, True)
    status = run("jobs", "status")
    assert (status.exit_code, "sync: parked" in status.output) == (1, True)


def test_a_discarded_night_is_asked_about_and_begun_anew(run: Run, segments: tuple[str, ...]) -> None:
    people = [resident(segments[0]) for _ in range(7)]
    settle(people)
    for person in people:
        lose(person, worst_fact())
    run("jobs", "catch-up")
    work_off()
    run_id = latest().run_id
    assert run("sync", "discard", run_id, "--as", "anna", typed="n\n").exit_code == 1
    assert latest().phase == Phase.PARKED

    assert run("sync", "discard", run_id, "--as", "anna", "--yes").exit_code == 0
    work_off()
    for person in people:
        store.write_all(deletes=[row.own_key for row in store.query_all(FactRow, person.person_id)])
    assert run("jobs", "catch-up").exit_code == 0
    work_off()
    assert (latest().run_id, latest().phase) == (f"{run_id}-02", Phase.DONE)


@pytest.mark.parametrize("what", ["release", "discard"])
def test_who_does_not_say_who_they_are_or_which_run_decides_nothing(run: Run, what: str) -> None:
    yes = ["--yes"] if what == "discard" else []
    run_id = parked()
    nobody = run("sync", what, run_id, *yes)
    assert (nobody.exit_code, "--as NAME" in nobody.stderr) == (2, True)
    unknown = run("sync", what, "2022-01-01", "--as", "anna", *yes)
    assert (unknown.exit_code, "There is no run" in unknown.stderr) == (1, True)


def test_a_job_that_fails_is_told_and_holds_up_no_other(
    run: Run, segments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise ValueError

    settle([resident(segments[0])])
    monkeypatch.setattr(app, "review", fails)
    with clock.frozen(clock.now() + timedelta(days=5)):
        done = run("jobs", "catch-up")
        assert (done.exit_code, "review: failed, ValueError" in done.output) == (1, True)
        assert "sync: done" in done.output


def test_a_job_of_once_a_day_that_was_missed_today_is_behind(run: Run, segments: tuple[str, ...]) -> None:
    settle([resident(segments[0])])
    zone = settings().city.time_zone
    at = clock.midnight(zone, clock.local_day(zone, clock.now()) + timedelta(days=5)) + timedelta(hours=3, minutes=31)
    with clock.frozen(at - timedelta(days=1)) as frozen:
        assert run("jobs", "run", "rotate_keys").exit_code == 0
        frozen.tick(23 * 3600)
        run("jobs", "catch-up")
        last = last_run("rotate_keys")
        assert last is not None
        assert last.done_at == at - timedelta(days=1), "it is not due yet"
        frozen.tick(3600)

        done = run("jobs", "catch-up")

        assert (done.exit_code, "rotate_keys: done" in done.output) == (0, True), done.output


def test_a_job_that_is_at_work_already_holds_up_no_other(run: Run, segments: tuple[str, ...], faults: Seam) -> None:
    settle([resident(segments[0])])
    faults.fail("Invoke", aws_error("TooManyRequestsException"))
    with clock.frozen(clock.now() + timedelta(days=5)):
        done = run("jobs", "catch-up")
    assert (done.exit_code, "review: failed, at work already" in done.output) == (1, True), done.output
    assert "rotate_keys: done" in done.output


def test_a_job_that_is_at_work_already_is_said_to_be(run: Run, faults: Seam) -> None:
    faults.fail("Invoke", aws_error("TooManyRequestsException"))
    done = run("jobs", "run", "review")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        1, "review is at work already; `jobs status` says when it ended.",
    )  # fmt: skip


def test_a_night_that_is_past_its_time_is_not_listed(run: Run) -> None:
    run_id = parked()
    with clock.frozen(clock.now() + KEPT + timedelta(minutes=1)):
        listed = run("sync", "list")
    assert (listed.exit_code, run_id in listed.output) == (0, False), listed.output


def test_the_source_s_key_belongs_to_who_asks_a_source(run: Run) -> None:
    before = version_of(SESSION_KEY, CURRENT)
    refused = run("rotate-keys", HEALTH_SOURCE_KEY, "--yes")
    assert (refused.exit_code, "asks no health source" in refused.stderr) == (2, True)
    assert version_of(SESSION_KEY, CURRENT) == before
