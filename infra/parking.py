"""What a city gave up on: messages in its `…-parked` queues, and having them done again.

Three kinds lie there. A row's key, which a consumer's queue of retries gave up on. A batch of a stream, by shard and
number, which Lambda gave up on. And the event of a call that nobody waited for, a schedule's for instance.
What can't be read as one of these stays where it is.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.core import aws, clock
from chalicelib.core.names import parking_name, resource_name
from chalicelib.core.settings import settings
from chalicelib.core.store import is_passing
from infra.calls import LONGEST_SECONDS, FunctionFailed, call, client
from infra.grants import RIGHTS
from infra.local.delivery import lambda_record
from infra.wiring import SCHEDULER, Wiring

HIDDEN_SECONDS = LONGEST_SECONDS + 300
"""How long a parked message is hidden while it is done again: the longest call, and five minutes to read a batch first.

Messages are taken one by one, so none is hidden while others are worked on. Who stops in the middle finds it back then.
"""

WAIT_SECONDS = 1
"""How long to wait for a message: one that is not waited for is sought on some of SQS's servers only."""

READS_AT_MOST = 300
"""Pages of a stream that are read for one batch: three times what a hundred records need that fill a page (1 MB) each."""

_LOST = ("TrimmedDataAccessException", "ResourceNotFoundException")
_BATCH = ("streamArn", "shardId", "startSequenceNumber", "endSequenceNumber")


class Gone(Exception):
    """A stream does not hold a parked batch any more: it keeps its records for 24 hours."""


class NotDone(Exception):
    """Something parked was not done again. The text is a plain reason and says nothing of what is parked."""


class NoQueue(Exception):
    """A city does not have a queue that every city has; the text is the queue's name."""


@dataclass(frozen=True)
class Count:
    """How many messages lie parked, and how many of these are hidden because somebody works on them; SQS counts roughly."""

    parked: int
    hidden: int


@dataclass(frozen=True)
class Parked:
    """One thing that was given up on."""

    source: str
    """The queue or function that it was parked for."""
    body: Mapping[str, Any]
    """What was parked; empty if that can't be read."""
    parked_at: int
    receipt: str

    @property
    def kind(self) -> str:
        """`row`, `batch` or `call`, or `unreadable`: from a queue comes a row, from a function a batch or a call."""
        if self.source in _queues():
            return "row" if _is_full(self.body.get("keys")) else "unreadable"
        if self.source == SCHEDULER:
            return "call" if _is_full(self.body) else "unreadable"
        if _is_batch(self.body.get("DDBStreamBatchInfo")):
            return "batch"
        return "call" if isinstance(self.body.get("requestPayload"), dict) else "unreadable"


def sources() -> list[str]:
    """Everything that may park something: queues, functions that are not the gateway's, schedules."""
    functions = [function for function in RIGHTS if function != "api_handler"]
    return sorted({*_queues(), *functions, SCHEDULER})


def counts() -> dict[str, Count]:
    """What lies parked for each source. Raises NoQueue."""
    return {source: _count(url) for source in sources() if (url := _parking(source)) is not None}


def take(source: str, known: set[str]) -> Iterator[Parked]:
    """The messages that lie parked for a source, one by one, each hidden from others for a while. Raises NoQueue.

    Their ids go into `known`. It ends at a message whose id is there already, for a run does nothing twice.
    """
    url = _parking(source)
    while url is not None and (message := _receive(url)) is not None:
        sent = int(message["Attributes"]["SentTimestamp"]) // 1000
        parked = Parked(source, _read(message["Body"]), sent, message["ReceiptHandle"])
        if message["MessageId"] in known:
            give_back(parked)
            return
        known.add(message["MessageId"])
        yield parked


def redrive(parked: Parked) -> str | None:
    """Have one thing done again, then forget it. What is done twice because this died in between ends right.

    Returns the id of the message as which a row was sent back to its queue, None for what was done here and now. Raises
    FunctionFailed if it failed again, Gone if a stream lost it, NotDone for other reasons; then it stays parked.
    """
    again = {"row": _send_back, "batch": _read_again, "call": _call_again, "unreadable": _refuse}
    sent = again[parked.kind](parked)
    aws.sqs().delete_message(QueueUrl=str(_parking(parked.source)), ReceiptHandle=parked.receipt)
    return sent


def give_back(parked: Parked) -> None:
    """Hide something no longer that stays parked; if SQS does not do it, time does."""
    with contextlib.suppress(ClientError):
        aws.sqs().change_message_visibility(
            QueueUrl=str(_parking(parked.source)), ReceiptHandle=parked.receipt, VisibilityTimeout=0
        )


def _send_back(parked: Parked) -> str:
    """Onto the queue from where it came; that queue tries it five times more."""
    url = _url(resource_name(settings().city_name, parked.source))
    return aws.sqs().send_message(QueueUrl=url, MessageBody=json.dumps(parked.body))["MessageId"]


def _read_again(parked: Parked) -> None:
    answer = call(parked.source, {"Records": _records(parked.body["DDBStreamBatchInfo"])})
    if (answer or {}).get("batchItemFailures"):
        raise FunctionFailed("batchItemFailures")


def _records(batch: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every record of a batch, its first and its last among them. Raises Gone, NotDone."""
    first, last = int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])
    found: dict[int, dict[str, Any]] = {}
    for record in chain.from_iterable(_pages(batch)):
        number = int(record["dynamodb"]["SequenceNumber"])
        if number <= last:
            found[number] = lambda_record(record, batch["streamArn"])
        if number >= last:
            break
    if not {first, last} <= found.keys():
        raise Gone
    return list(found.values())


def _pages(batch: Mapping[str, Any]) -> Iterator[list[Any]]:
    """What a stream hands over from the batch's first record on, to the end of the shard. A page may be empty."""
    streams = client("dynamodbstreams")
    try:
        place: str | None = streams.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )["ShardIterator"]
        for _ in range(READS_AT_MOST):
            if place is None:
                return
            page = streams.get_records(ShardIterator=place)
            yield page["Records"]
            place = page.get("NextShardIterator")
    except ClientError as error:
        raise _meaning(error) from error
    raise NotDone("the stream does not hand over all of it")


def _meaning(error: ClientError) -> Exception:
    """What a stream's answer means for one batch; what would stop every other batch too is left as it is."""
    code = error.response["Error"]["Code"]
    if code in _LOST:
        return Gone()
    return error if is_passing(error) else NotDone(f"the stream refuses it, {code}")


def _call_again(parked: Parked) -> None:
    """A destination keeps the event as `requestPayload`; Scheduler parks the event itself."""
    function = parked.source
    if parked.source == SCHEDULER:
        name = str(parked.body.get("job", ""))
        function = next((job.function for job in Wiring().schedules if job.name == name), "")
    if not function:
        raise NotDone("no schedule has this job")
    call(function, parked.body.get("requestPayload", parked.body))


def _refuse(_: Parked) -> None:
    raise NotDone("it can't be read")


def _read(body: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_full(value: object) -> bool:
    return isinstance(value, dict) and bool(value)


def _is_batch(value: object) -> bool:
    """Whether it is what Lambda parks: texts, of which the last two are numbers."""
    if not isinstance(value, dict):
        return False
    texts = [value.get(name) for name in _BATCH]
    return all(isinstance(text, str) for text in texts) and all(str(text).isdecimal() for text in texts[2:])


def _receive(url: str) -> Any | None:
    answer = aws.sqs().receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=1,
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=WAIT_SECONDS,
        MessageSystemAttributeNames=["SentTimestamp"],
    )
    return next(iter(answer.get("Messages", [])), None)


def _count(url: str) -> Count:
    found = aws.sqs().get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    hidden = int(found["ApproximateNumberOfMessagesNotVisible"])
    return Count(int(found["ApproximateNumberOfMessages"]) + hidden, hidden)


def _queues() -> set[str]:
    return {queue.queue for queue in Wiring().queues}


def _parking(source: str) -> str | None:
    """Where a source parks; None if it does not park, for on this machine functions and schedules don't."""
    try:
        return _url(parking_name(settings().city_name, source))
    except NoQueue:
        if settings().is_local and source not in _queues():
            return None
        raise


def _url(queue: str) -> str:
    sqs = aws.sqs()
    try:
        return sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist as error:
        raise NoQueue(queue) from error


def age(parked: Parked) -> int:
    """Seconds since it was parked."""
    return clock.epoch() - parked.parked_at
