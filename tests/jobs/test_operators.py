"""The operators' commands on a city of this machine: jobs, what was given up on, keys."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import app
from chalicelib.core import aws, city_secrets, clock, pass_keys, store
from chalicelib.core.city_secrets import CURRENT, PASS_KEY, PENDING, PREVIOUS, SESSION_KEY, SMS_GATEWAY_KEY, secret
from chalicelib.core.jobs import JobRow, run_key
from chalicelib.core.names import parking_name
from chalicelib.core.rotation import discard, prepare, prepared_version, version_of
from chalicelib.core.settings import Settings
from chalicelib.groups.tables import ReminderReport
from chalicelib.groups.tables.reminders import REPORTS
from chalicelib.people.tables.privacy import ledger_entry
from chalicelib.places.tables import SWEEPS, VisitSweepRow
from infra.calls import LONGEST_SECONDS, client
from infra.cli.main import app as cli
from infra.local.provision import provision
from infra.parking import HIDDEN_SECONDS, NoQueue, counts
from infra.process import working_for
from infra.wiring import SCHEDULES
from tests.support import messages, nights
from tests.support.anew import newest_stream
from tests.support.seam import Seam, aws_error, put_in
from tests.support.unmade import UNMADE

pytestmark = pytest.mark.jobs

CITY = "maoming"


@pytest.fixture(scope="module", autouse=True)
def _city(emulator: str) -> Iterator[None]:
    with working_for(CITY, emulator):
        provision()
        for queue in ("ledger_retries", "registry_retries"):
            messages.hurry(queue)
        yield


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.parking.WAIT_SECONDS", 0)  # the emulator is one server
    for queue in ("ledger_retries", "registry_retries"):
        messages.take(queue)
    for source in counts():
        aws.sqs().purge_queue(QueueUrl=parking(source))


@pytest.fixture
def run(emulator: str) -> Any:
    """Runs a command for the city."""

    def run(*command: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(cli, ["--city", CITY, "--endpoint-url", emulator, *command], input=typed)

    return run


def park(queue: str, body: Any) -> None:
    """Put something where lies what a queue or a function gave up on; a text goes there as it is."""
    text = body if isinstance(body, str) else json.dumps(body)
    aws.sqs().send_message(QueueUrl=parking(queue), MessageBody=text)


def parking(queue: str) -> str:
    """The address of where it lies."""
    return aws.sqs().create_queue(QueueName=parking_name(CITY, queue))["QueueUrl"]


def last_batch(table: str, size: int = 1) -> dict[str, Any]:
    """The latest records of a table's stream, as Lambda parks them."""
    streams = client("dynamodbstreams")
    arn = newest_stream(table)
    place = {
        "StreamArn": arn,
        "ShardId": streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"],
    }
    oldest = streams.get_shard_iterator(**place, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = streams.get_records(ShardIterator=oldest)["Records"][-size:]
    first, last = (records[place]["dynamodb"]["SequenceNumber"] for place in (0, -1))
    names = {"streamArn": arn, "shardId": place["ShardId"]}
    return {**names, "startSequenceNumber": first, "endSequenceNumber": last, "batchSize": size}


def calls_of(monkeypatch: pytest.MonkeyPatch, function: str, error: Exception | None = None) -> list[Any]:
    """The events that a function is called with from now on; it does nothing, or fails."""
    seen: list[Any] = []

    def called(event: Any, _: object) -> None:
        seen.append(event)
        if error is not None:
            raise error

    monkeypatch.setattr(app, function, called)
    return seen


class SmallPages(Seam):
    """A stream that hands over one record a page, and nothing in between; and ends there, if it is told to."""

    def __init__(self, *, closed: bool = False) -> None:
        super().__init__()
        self._closed = closed

    def call(self, original: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        """One call through the seam."""
        if operation != "GetRecords":
            return super().call(original, client, operation, kwargs)
        if self.counts[operation] % 2:
            page = super().call(original, client, operation, {**kwargs, "Limit": 1})
            return {"Records": page["Records"]} if self._closed else page
        self.calls.append((operation, kwargs))
        return {"Records": [], "NextShardIterator": kwargs["ShardIterator"]}


CALL = {"requestPayload": {"job": "rotate_keys"}}
UNREADABLE = ["secret", '["secret"]', '"secret"', "{}", '{"foo": "secret"}']
ENTRY = {"keys": {"day_shard": {"S": "2022-04-05#1"}, "entry_id": {"S": "gone"}}}


class TestJobs:
    def test_list_says_when_each_is_due(self, run: Any) -> None:
        done = run("--json", "jobs", "list")
        jobs = json.loads(done.output)
        assert (done.exit_code, [job["job"] for job in jobs]) == (0, [job.name for job in SCHEDULES])
        assert all(job["next"] > clock.iso(clock.now()) for job in jobs)

    def test_sweeps_say_what_went_and_fail_while_something_is_left(self, run: Any) -> None:
        row = VisitSweepRow(SWEEPS, "9999-12-30", at=clock.now(), removed={"2022-04-05": 3}, left={}, total=3)
        row.expires_at = clock.now() + timedelta(days=1)
        store.put(row)
        done = run("jobs", "sweeps")
        assert (done.exit_code, done.output.splitlines()[0]) == (0, "9999-12-30: 3 removed, nothing left")

        row.left = {"2022-04-06": 2}
        store.put(row)
        done = run("jobs", "sweeps")
        store.delete(row.own_key)
        assert done.exit_code == 1
        assert "2 partitions of 2022-04-06 left" in done.output

    def test_the_report_of_reminders_says_who_was_told_and_fails_while_somebody_was_missed(self, run: Any) -> None:
        key = ReminderReport.of("9999-12-30")
        row = ReminderReport(
            key.hash_value, key.range_value, sent=3, waiting=2, expires_at=clock.now() + timedelta(days=1)
        )
        store.put(row)
        done = run("reminders", "report")
        assert (done.exit_code, done.output.splitlines()[0]) == (0, "9999-12-30: 3 sent, 2 waiting")

        row.missed = 1
        store.put(row)
        done = run("--json", "reminders", "report")
        store.delete(row.own_key)
        assert (done.exit_code, json.loads(done.output)[0]["missed"]) == (1, 1)

    @pytest.mark.parametrize(
        ("command", "row", "partition", "words"),
        [
            (("reminders", "report"), ReminderReport, REPORTS, "Nobody was overdue on any day yet.\n"),
            (("jobs", "sweeps"), VisitSweepRow, SWEEPS, "No night was swept yet.\n"),
        ],
        ids=["reminders", "sweeps"],
    )
    def test_where_nothing_happened_yet_that_is_said(
        self, run: Any, command: tuple[str, ...], row: type[store.Row], partition: str, words: str
    ) -> None:
        store.write_all(deletes=[one.own_key for one in store.query_all(row, partition)])
        done = run(*command)
        assert (done.exit_code, done.output) == (0, words)

    def test_a_job_that_never_ran_fails_the_status_until_it_did(self, run: Any) -> None:
        for row in store.query_all(JobRow, run_key("rotate_keys")):
            store.delete(row.own_key)
        with nights.few_segments():
            for job in (one.name for one in SCHEDULES if one.name != "rotate_keys"):
                assert run("jobs", "run", job).exit_code == 0
            assert run("jobs", "status").exit_code == 1
            nights.work_off()  # what goes on in pieces behind the sync

            done = run("jobs", "run", "rotate_keys")

            assert (done.exit_code, "done, 0" in done.output) == (0, True)
            assert run("jobs", "status").exit_code == 0
            (*_, status) = json.loads(run("--json", "jobs", "status").output)
            assert (status["job"], status["state"], status["amount"]) == ("rotate_keys", "done", 0)

    def test_a_job_that_did_not_run_for_two_nights_is_late(self, run: Any) -> None:
        run("jobs", "run", "rotate_keys")
        with clock.frozen(clock.now() + timedelta(days=2)):
            done = run("jobs", "status")
        assert (done.exit_code, "late" in done.output) == (1, True)

    def test_a_job_that_died_is_told_from_one_that_is_done(self, run: Any) -> None:
        run("jobs", "run", "rotate_keys")
        (row, *_) = store.query_all(JobRow, run_key("rotate_keys"))
        store.update(row.own_key, [JobRow.done_at.remove()])
        done = run("jobs", "status")
        assert (done.exit_code, "not ended" in done.output) == (1, True)

    def test_a_job_that_fails_says_so(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: object) -> None:
            raise ValueError("13800000000")

        monkeypatch.setattr(app, "rotate_keys", fails)
        done = run("jobs", "run", "rotate_keys")
        assert (done.exit_code, "ValueError" in done.stderr) == (1, True)
        assert "13800000000" not in done.output + done.stderr

    def test_an_unknown_job_begins_nothing(self, run: Any) -> None:
        done = run("jobs", "run", "everything")
        assert (done.exit_code, "rotate_keys" in done.stderr) == (2, True)


class TestParked:
    def test_nothing_parked_is_well(self, run: Any) -> None:
        done = run("dlq", "list")
        assert (done.exit_code, done.output) == (0, "Nothing is parked.\n")

    def test_what_is_parked_is_counted_and_shows_nothing_of_anybody(self, run: Any) -> None:
        park("registry_retries", {"keys": {"person_id": {"S": "someone"}, "sk": {"S": "IDENTITY"}}})
        done = run("dlq", "list")
        assert (done.exit_code, done.output) == (1, "registry_retries: 1\n")
        assert json.loads(run("--json", "dlq", "list").output)["registry_retries"] == {"parked": 1, "hidden": 0}

    def test_what_is_being_worked_on_is_parked_still(self, run: Any) -> None:
        for _ in range(2):
            park("registry_retries", ENTRY)
        aws.sqs().receive_message(QueueUrl=parking("registry_retries"), VisibilityTimeout=30)
        done = run("dlq", "list")
        assert (done.exit_code, done.output) == (1, "registry_retries: 2, 1 of them being worked on\n")
        assert json.loads(run("--json", "dlq", "list").output)["registry_retries"] == {"parked": 2, "hidden": 1}

    def test_what_fails_again_is_there_at_once_for_the_next_run(
        self, run: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        park("rotate_keys", CALL)
        seen = calls_of(monkeypatch, "rotate_keys", ValueError())
        for _ in range(2):
            assert run("dlq", "redrive", "rotate_keys").exit_code == 1
            assert run("dlq", "list").output == "rotate_keys: 1\n"
        assert len(seen) == 2

    def test_a_run_ends_though_what_failed_is_to_be_seen_again(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("infra.parking.HIDDEN_SECONDS", 0)
        park("rotate_keys", CALL)
        seen = calls_of(monkeypatch, "rotate_keys", ValueError())
        assert run("dlq", "redrive", "rotate_keys").exit_code == 1
        assert len(seen) == 1

    def test_nothing_is_hidden_for_less_than_the_longest_call(self) -> None:
        assert HIDDEN_SECONDS > LONGEST_SECONDS

    @pytest.mark.parametrize("command", [["list"], ["redrive", "ledger_retries"], ["redrive", "all"]])
    def test_a_city_without_its_queues_is_not_taken_for_one_without_parked_messages(
        self, emulator: str, command: list[str]
    ) -> None:
        done = CliRunner().invoke(cli, ["--city", UNMADE, "--endpoint-url", emulator, "dlq", *command])
        assert (done.exit_code, done.stdout) == (1, "")
        assert re.search(rf"gatebook-{UNMADE}-[a-z-]+-parked", done.stderr)

    def test_in_aws_every_function_has_its_parking_on_this_machine_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        url = aws.sqs().create_queue(QueueName=parking_name(CITY, "schedules"))["QueueUrl"]
        aws.sqs().delete_queue(QueueUrl=url)
        assert "schedules" not in counts()
        monkeypatch.setattr(Settings, "is_local", property(lambda _: False))
        with pytest.raises(NoQueue):
            counts()

    def test_what_is_redriven_goes_back_to_its_queue_and_is_done(self, run: Any) -> None:
        park("ledger_retries", ENTRY)

        done = run("--json", "dlq", "redrive", "ledger_retries")

        assert (done.exit_code, json.loads(done.output)) == (0, {"sent_back": 1, "done": 0, "failed": {}})
        (message,) = messages.take("ledger_retries")
        assert app.ledger_stream({"Records": [message]}, None) == {"batchItemFailures": []}
        assert run("dlq", "list").exit_code == 0

    def test_what_was_sent_back_is_not_said_to_be_done(self, run: Any) -> None:
        park("ledger_retries", ENTRY)
        assert run("dlq", "redrive", "ledger_retries").output == "1 sent back to be tried again.\n"
        assert run("dlq", "redrive", "ledger_retries").output == "There was nothing to do.\n"

    @pytest.mark.parametrize(
        ("source", "body"),
        [
            *((source, body) for source in ("ledger_retries", "ledger_stream") for body in UNREADABLE),
            ("ledger_retries", '{"keys": {}}'),
            ("ledger_retries", '{"requestPayload": {"secret": 1}}'),
            ("ledger_stream", '{"keys": {"secret": {"S": "x"}}}'),
            ("ledger_stream", '{"requestPayload": "secret"}'),
            ("ledger_stream", '{"DDBStreamBatchInfo": {"shardId": "secret"}}'),
            ("schedules", '{"job": "secret"}'),
            ("schedules", '"secret"'),
        ],
    )
    def test_what_cannot_be_read_stays_parked_and_stops_nothing(
        self, run: Any, monkeypatch: pytest.MonkeyPatch, source: str, body: str
    ) -> None:
        park(source, body)
        park("rotate_keys", CALL)
        streams = calls_of(monkeypatch, "ledger_stream")
        seen = calls_of(monkeypatch, "rotate_keys")

        for part in (source, "rotate_keys"):
            done = run("dlq", "redrive", part)
            assert (done.exit_code, "secret" in done.output) == (int(part == source), False)

        assert (streams, seen) == ([], [{"job": "rotate_keys"}])
        assert run("dlq", "list").output == f"{source}: 1\n"

    def test_all_goes_on_behind_what_cannot_be_read(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        park("ledger_stream", "secret")
        park("ledger_stream", {"requestPayload": {}})
        park("rotate_keys", CALL)
        calls_of(monkeypatch, "ledger_stream")
        calls_of(monkeypatch, "rotate_keys")

        done = run("--json", "dlq", "redrive", "all")

        said = {"sent_back": 0, "done": 2, "failed": {"ledger_stream: it can't be read": 1}}
        assert (done.exit_code, json.loads(done.output)) == (1, said)

    def test_a_batch_is_read_to_its_end_however_small_the_pages(
        self, run: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(4):
            store.put(ledger_entry("TEST"))
        batch = last_batch("ledger", 3)
        store.put(ledger_entry("TEST"))
        park("ledger_stream", {"DDBStreamBatchInfo": batch})
        seen = calls_of(monkeypatch, "ledger_stream")

        with put_in(SmallPages()):
            assert run("dlq", "redrive", "ledger_stream").exit_code == 0

        (event,) = seen
        numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        assert (len(numbers), numbers[0], numbers[-1]) == (3, batch["startSequenceNumber"], batch["endSequenceNumber"])

    @pytest.mark.parametrize("closed", [True, False])
    def test_a_batch_whose_end_does_not_come_is_not_done(
        self, run: Any, monkeypatch: pytest.MonkeyPatch, *, closed: bool
    ) -> None:
        store.put(ledger_entry("TEST"))
        batch = last_batch("ledger")
        batch["endSequenceNumber"] = str(int(batch["endSequenceNumber"]) * 10)
        park("ledger_stream", {"DDBStreamBatchInfo": batch})
        seen = calls_of(monkeypatch, "ledger_stream")
        monkeypatch.setattr("infra.parking.READS_AT_MOST", 9)

        with put_in(SmallPages(closed=closed)):
            done = run("dlq", "redrive", "ledger_stream")

        assert (done.exit_code, seen) == (1, [])
        assert ("lost" if closed else "hand over") in done.stdout

    def test_a_batch_that_lambda_gave_up_on_is_read_from_its_stream(self, run: Any) -> None:
        entry = ledger_entry(
            "DISCLOSURE", ["nonsense"], org_id="o", organization="s", actor="a", what=[], why="members"
        )
        store.put(entry)
        park("ledger_stream", {"DDBStreamBatchInfo": last_batch("ledger")})

        done = run("dlq", "redrive", "ledger_stream")

        assert (done.exit_code, done.stdout) == (0, "1 done again.\n")
        (message,) = messages.take("ledger_retries")
        assert messages.keys([message]) == [entry.own_key.raw()], "it was handled, and its poison set aside"
        store.delete(entry.own_key)

    def test_a_batch_that_the_stream_lost_stays_parked(self, run: Any) -> None:
        store.put(ledger_entry("TEST"))
        other = last_batch("ledger")
        other["streamArn"] = other["streamArn"].rpartition("/")[0] + "/2020-01-01T00:00:00.000"
        park("registry_stream", {"DDBStreamBatchInfo": other})

        done = run("dlq", "redrive", "registry_stream")

        assert (done.exit_code, "lost" in done.stdout) == (1, True)

    def test_a_call_that_failed_is_made_again_and_one_that_fails_again_stays(
        self, run: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        park("rotate_keys", {"requestPayload": {"job": "rotate_keys"}})
        seen = calls_of(monkeypatch, "rotate_keys", ValueError())
        assert run("dlq", "redrive", "all").exit_code == 1
        assert seen == [{"job": "rotate_keys"}]
        messages.take_parked("rotate_keys")

        park("rotate_keys", {"requestPayload": {"job": "rotate_keys"}})
        seen = calls_of(monkeypatch, "rotate_keys")
        assert run("dlq", "redrive", "rotate_keys").exit_code == 0
        assert len(seen) == 1

    def test_an_unknown_source_begins_nothing(self, run: Any) -> None:
        assert run("dlq", "redrive", "everything").exit_code == 2


class TestKeys:
    def test_a_session_key_is_renewed_after_a_question(self, run: Any) -> None:
        before = version_of(SESSION_KEY, CURRENT)
        assert before is not None
        refused = run("rotate-keys", SESSION_KEY, typed="n\n")
        assert (refused.exit_code, version_of(SESSION_KEY, CURRENT)) == (1, before)
        assert clock.iso(before.made_at) in refused.output

        assert run("rotate-keys", SESSION_KEY, "--yes").exit_code == 0
        assert version_of(SESSION_KEY, PREVIOUS) == before

    def test_a_leaked_session_key_is_forgotten_with_the_one_before_and_the_next(self, run: Any) -> None:
        prepare(SESSION_KEY)
        before = {version_of(SESSION_KEY, label) for label in (CURRENT, PREVIOUS, PENDING)} - {None}

        assert run("rotate-keys", SESSION_KEY, "--leaked", "--yes").exit_code == 0

        assert not {version_of(SESSION_KEY, label) for label in (CURRENT, PREVIOUS, PENDING)} & before

    def test_a_key_of_passes_is_renewed_after_a_question_and_stays_published(self, run: Any) -> None:
        before = version_of(PASS_KEY, CURRENT)
        refused = run("rotate-keys", PASS_KEY, typed="n\n")
        assert (refused.exit_code, version_of(PASS_KEY, CURRENT)) == (1, before)

        assert run("rotate-keys", PASS_KEY, "--yes").exit_code == 0
        assert version_of(PASS_KEY, PREVIOUS) == before

    def test_what_a_leaked_key_of_passes_signed_is_refused(self, run: Any) -> None:
        city_secrets.forget_secrets()
        leaked = {key.kid for key in pass_keys.published_keys()}
        assert leaked

        assert run("rotate-keys", PASS_KEY, "--leaked", "--yes").exit_code == 0

        city_secrets.forget_secrets()
        assert not {key.kid for key in pass_keys.published_keys()} & leaked
        assert pass_keys.signing_key().kid not in leaked

    @pytest.mark.parametrize("key", [SESSION_KEY, PASS_KEY])
    @pytest.mark.parametrize("options", [[], ["--leaked"]])
    def test_who_is_not_alone_is_told_so(self, run: Any, faults: Seam, key: str, options: list[str]) -> None:
        faults.fail("PutSecretValue", aws_error("ResourceExistsException"))
        done = run("rotate-keys", key, "--yes", *options)
        assert (done.exit_code, "Somebody else" in done.stderr) == (1, True)

    def test_the_gateway_s_key_changes_in_two_steps(self, run: Any) -> None:
        discard(SMS_GATEWAY_KEY)
        city_secrets.forget_secrets()
        before = secret(SMS_GATEWAY_KEY)
        assert run("rotate-keys", SMS_GATEWAY_KEY, "--finish", "--yes").exit_code == 1, "nothing is prepared"

        for _ in range(2):
            prepared = run("rotate-keys", SMS_GATEWAY_KEY)
            assert (prepared.exit_code, "--finish" in prepared.output) == (0, True)
            city_secrets.forget_secrets()
            assert secret(SMS_GATEWAY_KEY) == before

        assert run("rotate-keys", SMS_GATEWAY_KEY, "--finish", "--yes").exit_code == 0
        city_secrets.forget_secrets()
        assert secret(SMS_GATEWAY_KEY) != before
        assert run("rotate-keys", SMS_GATEWAY_KEY, "--finish", "--yes").exit_code == 1, "it is done"
        assert run("rotate-keys", SMS_GATEWAY_KEY).exit_code == 0, "and can be begun again"

    def test_a_prepared_version_that_leaked_is_replaced(self, run: Any) -> None:
        run("rotate-keys", SMS_GATEWAY_KEY)
        leaked = prepared_version(SMS_GATEWAY_KEY)
        assert run("rotate-keys", SMS_GATEWAY_KEY, "--leaked").exit_code == 0
        replaced = prepared_version(SMS_GATEWAY_KEY)
        assert leaked is not None
        assert replaced is not None
        assert replaced.version_id != leaked.version_id, (
            "AWS takes no other text under the id of a version that was there"
        )

    def test_a_city_without_a_gateway_has_no_key_of_one(self, emulator: str) -> None:
        done = CliRunner().invoke(cli, ["--city", "demo", "--endpoint-url", emulator, "rotate-keys", SMS_GATEWAY_KEY])
        assert (done.exit_code, "SNS" in done.stderr) == (2, True)

    @pytest.mark.parametrize(
        "wrong",
        [["hmac"], [SESSION_KEY, "--finish"], [PASS_KEY, "--finish"], [SMS_GATEWAY_KEY, "--finish", "--leaked"]],
    )
    def test_another_key_begins_nothing(self, run: Any, wrong: list[str]) -> None:
        assert run("rotate-keys", *wrong).exit_code == 2


@pytest.mark.parametrize("command", [["jobs", "status"], ["dlq", "list"], ["rotate-keys", SESSION_KEY]])
def test_a_city_that_is_not_there_is_said_in_a_line(emulator: str, command: list[str]) -> None:
    nowhere = CliRunner().invoke(cli, ["--city", CITY, "--endpoint-url", "http://127.0.0.1:9", *command])
    unknown = CliRunner().invoke(cli, ["--city", "atlantis", "--endpoint-url", emulator, *command])
    nameless = CliRunner().invoke(cli, ["--endpoint-url", emulator, *command], env={"CITY": ""})

    assert (nowhere.exit_code, unknown.exit_code, nameless.exit_code) == (1, 2, 2)
    assert "EndpointConnectionError" in nowhere.stderr
    assert "atlantis" in unknown.stderr


@pytest.mark.parametrize("command", [["jobs", "status"], ["dlq", "list"], ["rotate-keys", SESSION_KEY, "--yes"]])
def test_a_city_that_was_never_made_there_is_told_from_one_that_fails(emulator: str, command: list[str]) -> None:
    elsewhere = CliRunner().invoke(cli, ["--city", UNMADE, "--endpoint-url", emulator, *command])
    assert elsewhere.exit_code == 1
    assert UNMADE in elsewhere.stderr
    assert elsewhere.stdout == ""


@pytest.mark.parametrize("command", [["jobs", "status"], ["dlq", "list"], ["rotate-keys", SESSION_KEY, "--yes"]])
def test_without_credentials_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    done = CliRunner().invoke(cli, ["--city", "linyi", *command])

    assert (done.exit_code, "no credentials" in done.stderr) == (2, True)
