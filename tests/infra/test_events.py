"""What calls the functions: streams, queues, schedules, as the wiring says."""

from typing import Any

import pytest

from chalicelib.core.city import load_city
from chalicelib.core.names import parking_name, resource_name
from infra.cdk.names import function_id, logical
from infra.parking import sources
from infra.wiring import QueueSource, Schedule, StreamSource, Wiring
from tests.infra.templates import Resource, Synthesised, said
from tests.infra.wired import WIRED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def mapping(city: Synthesised, *words: str) -> Resource:
    """The properties of the one event source mapping whose logical id has these words."""
    (found,) = [one for name, one in city.all("AWS::Lambda::EventSourceMapping").items() if logical(*words) in name]
    properties: Resource = found["Properties"]
    return properties


def queue(city: Synthesised, *words: str) -> Resource:
    """The properties of the queue of this name."""
    name = "-".join(("gatebook", city.name, *words)).replace("_", "-")
    (found,) = [one for one in city.properties("AWS::SQS::Queue") if one["QueueName"] == name]
    return found


def names(city: Synthesised, kind: str, field: str) -> set[str]:
    return {one[field] for one in city.properties(kind)}


def test_every_stream_queue_and_schedule_is_wired_and_nothing_else(linyi: Synthesised, demo: Synthesised) -> None:
    for city, wiring in ((linyi, Wiring()), (demo, WIRED)):
        mappings = city.properties("AWS::Lambda::EventSourceMapping")
        assert len(mappings) == len(wiring.streams) + len(wiring.queues)
        assert names(city, "AWS::Scheduler::Schedule", "Name") == {
            resource_name(city.name, job.name) for job in wiring.schedules
        }


@pytest.mark.parametrize("stream", WIRED.streams, ids=lambda stream: stream.table)
def test_a_stream_reports_single_records_and_parks_what_fails(demo: Synthesised, stream: StreamSource) -> None:
    found = mapping(demo, stream.table, "stream")

    assert found["FunctionName"] == {"Ref": function_id(stream.function)}
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert found["BisectBatchOnFunctionError"] is True
    assert (found["BatchSize"], found["MaximumRetryAttempts"]) == (stream.batch_size, -1)
    assert found["MaximumRecordAgeInSeconds"] == stream.hours * 3600 == 23 * 3600, "just before the stream forgets it"
    assert found["DestinationConfig"]["OnFailure"]["Destination"]


@pytest.mark.parametrize("source", WIRED.queues, ids=lambda source: source.queue)
def test_a_queue_hides_long_enough_and_parks_what_fails(demo: Synthesised, source: QueueSource) -> None:  # check 7
    functions = demo.all("AWS::Serverless::Function")
    found, reading = queue(demo, source.queue), mapping(demo, source.queue, "messages")

    assert found["VisibilityTimeout"] >= 6 * functions[function_id(source.function)]["Properties"]["Timeout"]
    assert found["RedrivePolicy"]["maxReceiveCount"] == source.attempts >= 5
    assert reading["FunctionName"] == {"Ref": function_id(source.function)}
    assert reading["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert reading["ScalingConfig"] == {"MaximumConcurrency": source.concurrency}
    assert queue(demo, source.queue, "parked")["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("job", WIRED.schedules, ids=lambda job: job.name)
def test_a_schedule_runs_in_the_city_s_time_zone(demo: Synthesised, job: Schedule) -> None:
    (found,) = [
        one for one in demo.properties("AWS::Scheduler::Schedule") if one["Name"] == resource_name(demo.name, job.name)
    ]
    target: dict[str, Any] = found["Target"]

    assert found["ScheduleExpression"] == job.cron
    assert found["ScheduleExpressionTimezone"] == load_city("demo").time_zone
    assert function_id(job.function) in said(target["Arn"])
    assert target["DeadLetterConfig"]["Arn"]
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] >= 3600


def test_the_role_of_schedules_serves_this_account_alone(demo: Synthesised) -> None:
    (role,) = [one for name, one in demo.all("AWS::IAM::Role").items() if "ScheduleRole" in name]
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_everything_that_an_operator_looks_through_has_a_parking_and_nothing_else(linyi: Synthesised) -> None:
    parked = {name for name in names(linyi, "AWS::SQS::Queue", "QueueName") if name.endswith("-parked")}
    assert parked == {parking_name(linyi.name, source) for source in sources()}


def test_every_queue_is_encrypted_and_refuses_plain_connections(demo: Synthesised) -> None:
    assert all("KeysStorage" in said(queue["KmsMasterKeyId"]) for queue in demo.properties("AWS::SQS::Queue"))
    assert len(demo.all("AWS::SQS::QueuePolicy")) == len(demo.all("AWS::SQS::Queue"))
