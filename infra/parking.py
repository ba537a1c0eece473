"""What a city gave up on: messages in its `…-parked` queues, and having them done again.

Three kinds lie there. A row's key, which a consumer's queue of retries gave up on. A batch of a stream, by shard and
number, which Lambda gave up on. And the event of a call that nobody waited for, a schedule's for instance.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core import aws, clock
from chalicelib.core.names import parking_name, resource_name
from chalicelib.core.settings import settings
from infra.calls import FunctionFailed, call, client
from infra.grants import RIGHTS
from infra.local.delivery import lambda_record
from infra.wiring import Wiring

HIDDEN_SECONDS = 300
"""How long a parked message is hidden while it is done again; who stops in the middle finds it back after that."""

SCHEDULES = "schedules"
"""The parking of what EventBridge Scheduler could not hand over (infra/cdk/events.py)."""

_LOST = ("TrimmedDataAccessException", "ResourceNotFoundException")


class Gone(Exception):
    """A stream does not hold a parked batch any more: it keeps its records for 24 hours."""


@dataclass(frozen=True)
class Parked:
    """One thing that was given up on."""

    source: str
    """The queue or function that it was parked for."""
    body: Mapping[str, Any]
    parked_at: int
    receipt: str

    @property
    def kind(self) -> str:
        """`row`, `batch` or `call`."""
        if "keys" in self.body:
            return "row"
        return "batch" if "DDBStreamBatchInfo" in self.body else "call"


def sources() -> list[str]:
    """Everything that may park something: queues, functions that are not the gateway's, schedules."""
    functions = [function for function in RIGHTS if function != "api_handler"]
    return sorted({*(queue.queue for queue in Wiring().queues), *functions, SCHEDULES})


def counts() -> dict[str, int]:
    """How many messages lie parked for each source, about; SQS counts roughly."""
    found = {source: _attribute(source) for source in sources()}
    return {source: count for source, count in found.items() if count is not None}


def take(source: str) -> Iterator[Parked]:
    """The messages that lie parked for a source, each hidden from others for a while."""
    url = _url(parking_name(settings().city_name, source))
    if url is None:
        return
    while messages := _receive(url):
        for message in messages:
            sent = int(message["Attributes"]["SentTimestamp"]) // 1000
            yield Parked(source, json.loads(message["Body"]), sent, message["ReceiptHandle"])


def redrive(parked: Parked) -> None:
    """Have one thing done again, then forget it. What is done twice because this died in between ends right.

    Raises FunctionFailed if it failed again, Gone if a stream lost it; then it stays parked.
    """
    again = {"row": _send_back, "batch": _read_again, "call": _call_again}
    again[parked.kind](parked)
    url = _url(parking_name(settings().city_name, parked.source))
    aws.sqs().delete_message(QueueUrl=str(url), ReceiptHandle=parked.receipt)


def _send_back(parked: Parked) -> None:
    """Onto the queue from where it came; that queue tries it five times more."""
    url = _url(resource_name(settings().city_name, parked.source))
    aws.sqs().send_message(QueueUrl=str(url), MessageBody=json.dumps(parked.body))


def _read_again(parked: Parked) -> None:
    batch = parked.body["DDBStreamBatchInfo"]
    records = list(_records(batch))
    answer = call(parked.source, {"Records": records})
    if (answer or {}).get("batchItemFailures"):
        raise FunctionFailed("batchItemFailures")


def _records(batch: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    streams = client("dynamodbstreams")
    try:
        place = streams.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )
        found = streams.get_records(ShardIterator=place["ShardIterator"], Limit=batch["batchSize"])["Records"]
    except streams.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in _LOST:
            raise
        raise Gone from error
    for record in found:
        if int(record["dynamodb"]["SequenceNumber"]) <= int(batch["endSequenceNumber"]):
            yield lambda_record(record, batch["streamArn"])


def _call_again(parked: Parked) -> None:
    """A destination keeps the event as `requestPayload`; Scheduler parks the event itself."""
    function = parked.source
    if parked.source == SCHEDULES:
        name = str(parked.body.get("job", ""))
        function = next((job.function for job in Wiring().schedules if job.name == name), "")
    if not function:
        raise FunctionFailed("unknown job")
    call(function, parked.body.get("requestPayload", parked.body))


def _receive(url: str) -> list[Any]:
    answer = aws.sqs().receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=HIDDEN_SECONDS,
        MessageSystemAttributeNames=["SentTimestamp"],
    )
    return list(answer.get("Messages", []))


def _attribute(source: str) -> int | None:
    url = _url(parking_name(settings().city_name, source))
    if url is None:
        return None
    found = aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def _url(queue: str) -> str | None:
    client = aws.sqs()
    try:
        return client.get_queue_url(QueueName=queue)["QueueUrl"]
    except client.exceptions.QueueDoesNotExist:
        return None


def age(parked: Parked) -> int:
    """Seconds since it was parked."""
    return clock.epoch() - parked.parked_at
