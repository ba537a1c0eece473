"""What runs beside requests, by the emulator's own triggers: streams, queues with their parking, schedules."""

import json
from typing import Any

import pytest

from chalicelib.core import store
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.names import parking_name, resource_name
from chalicelib.groups.consents import DISCLOSABLE, disclosed
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry
from infra.cdk.names import log_group
from infra.process import working_for
from infra.rehearsal.unsupported import IS_OLD
from infra.wiring import Wiring
from tests.rehearsal.conftest import CITIES, DeployedCity

SOME_TIME_AGO = "at(2026-01-01T00:00:00)"


@pytest.mark.parametrize("name", CITIES)
def test_schedules_call_their_jobs(stage: dict[str, DeployedCity], name: str) -> None:
    city = stage[name]
    for job in Wiring().schedules:
        fire(city, job.name)

    assert city.eventually(lambda: city.operate("jobs", "status").returncode == 0, seconds=240), told(city)
    (night, *_) = json.loads(city.operate("--json", "sync", "list").stdout)
    assert (night["phase"], night["looked"], night["written"]) == ("done", night["pieces"], 256)


def told(city: DeployedCity) -> str:
    """How a city's jobs stand."""
    return city.operate("jobs", "status").stdout + city.operate("sync", "list").stdout


def test_an_operator_runs_a_job_where_the_city_runs(stage: dict[str, DeployedCity]) -> None:
    done = stage["linyi"].operate("--json", "jobs", "run", "rotate_keys")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"job": "rotate_keys", "amount": 0, "state": "done"}), (
        done.stderr
    )


@pytest.mark.skipif(IS_OLD, reason="ministack 1.4.21 forgets the parking of queues that CloudFormation makes")
def test_poison_is_tried_five_times_parked_and_done_once_it_is_mended(stage: dict[str, DeployedCity]) -> None:
    city = stage["linyi"]
    person = city.people(1)[0]
    client = city.verified(person)
    hurry(city, "ledger_retries")
    with working_for(city.name, city.aws_url):
        person_id = IdentityMacs().person_id(person.type, person.number)
        whole = ledger_entry(
            "DISCLOSURE",
            [disclosed(person_id, 1, [])],
            org_id="o",
            organization="第三小学",
            actor="张*",
            what=list(DISCLOSABLE),
            why="members",
        )
        spoiled = LedgerRow.from_raw_data(whole.serialize())
        spoiled.people = ["nonsense"]
        store.put(spoiled)

    assert city.eventually(lambda: "ledger_retries: 1" in city.operate("dlq", "list").stdout, seconds=90)
    assert tries(city, "ledger_stream", parked_id(city, "ledger_retries")) == 5
    assert client.get("/v1/me/access-log").json["items"] == []

    with working_for(city.name, city.aws_url):
        store.put(whole)
    assert city.operate("dlq", "redrive", "ledger_retries").returncode == 0

    assert city.eventually(lambda: client.get("/v1/me/access-log").json["items"])
    assert city.operate("dlq", "list").returncode == 0


def fire(city: DeployedCity, job: str) -> None:
    """Have the emulator's scheduler do now what a job's schedule does at its hour: once, by the same target and role."""
    assert city.rehearsed is not None
    scheduler = city.rehearsed.deployment.client("scheduler")
    group = f"gatebook-{city.name}"
    stored: dict[str, Any] = scheduler.get_schedule(Name=resource_name(city.name, job), GroupName=group)
    scheduler.create_schedule(
        Name=f"{stored['Name']}-now",
        GroupName=group,
        Target=stored["Target"],
        FlexibleTimeWindow=stored["FlexibleTimeWindow"],
        ScheduleExpression=SOME_TIME_AGO,
        ActionAfterCompletion="DELETE",
    )


def parked_id(city: DeployedCity, source: str) -> str:
    """The id of the one parked message, which it had in its queue already; it stays where it is."""
    assert city.rehearsed is not None
    sqs = city.rehearsed.deployment.client("sqs")
    url = sqs.get_queue_url(QueueName=parking_name(city.name, source))["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)["Messages"]
    return str(message["MessageId"])


def tries(city: DeployedCity, function: str, message: str) -> int:
    """How often a function says in its log that it failed at a message."""
    assert city.rehearsed is not None
    logs = city.rehearsed.deployment.client("logs")
    said = logs.filter_log_events(logGroupName=log_group(city.name, function), filterPattern='"stream.record_failed"')
    return sum(json.loads(event["message"])["sequence"] == message for event in said["events"])


def hurry(city: DeployedCity, queue: str) -> None:
    """Let what fails on a queue come again at once; deployed, that takes minutes."""
    assert city.rehearsed is not None
    sqs = city.rehearsed.deployment.client("sqs")
    url = sqs.get_queue_url(QueueName=resource_name(city.name, queue))["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
