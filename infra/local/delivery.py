"""Delivers one stream to its function as Lambda does: in order, in batches, again from the first record that failed."""

import json
import random
import time
import uuid
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from infra.wiring import StreamSource

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.type_defs import RecordTypeDef as StreamRecord

Record = dict[str, Any]
LambdaFunction = Callable[[Any, Any], Any]
LAMBDA_SECONDS = 25.0

TRIES = 5
"""How often a record is tried here. Lambda goes on for hours, but a machine's own storage answers or is gone."""

RECORDS_A_MILLISECOND = 10**10
"""A sequence number of the emulator is the record's millisecond, then ten digits that count on."""

_LOST_ITERATOR = ("ExpiredIteratorException", "TrimmedDataAccessException")


class Context:
    """What Lambda passes beside the event."""

    def __init__(self, function: str) -> None:
        """Start a run of a function now."""
        self.function_name = function
        self.aws_request_id = str(uuid.uuid4())
        self._deadline = time.monotonic() + LAMBDA_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds that are left of the run."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


@dataclass(frozen=True)
class Parked:
    """A record that was given up on: enough to find its row and do the work again."""

    function: str
    keys: Mapping[str, Any]
    sequence: str


@dataclass
class Delivery:
    """The state of one stream: what was read and not yet done with, and how often its first record failed."""

    source: StreamSource
    arn: str
    function: LambdaFunction
    shuffle: random.Random | None
    done: str = "0"
    parked: list[Parked] = field(default_factory=list)
    _waiting: deque[Record] = field(default_factory=deque)
    _iterator: str | None = None
    _failures: int = 0

    def advance(self, client: "DynamoDBStreamsClient") -> bool:
        """Read on and deliver one batch. False if there was nothing to deliver."""
        while not self._waiting:
            read = self._read(client)
            if not read:
                return False
            self._waiting.extend(lambda_record(record, self.arn) for record in read if self._is_new(record))
        # After a failure its record goes alone, so that a function that raises does not take others down with it.
        batch = [self._waiting[0]] if self._failures else list(self._waiting)[: self.source.batch_size]
        failed = self._first_failed(batch)
        self._settle(batch[:failed])
        if failed < len(batch):
            self._count_failure(batch[failed])
        elif self.shuffle is not None:
            self._deliver_again(batch, self.shuffle)
        return True

    def skip(self, client: "DynamoDBStreamsClient") -> None:
        """Go on behind all that is there now. What a failed record waited for goes with it."""
        self._waiting.clear()
        self._failures = 0
        self._iterator = _iterator(client, self.arn, "LATEST")

    def skip_until(self, milliseconds: int) -> None:
        """Go on behind what was changed before a moment since 1970. Takes no call: the emulator numbers records by their time."""
        behind = milliseconds * RECORDS_A_MILLISECOND
        self._waiting = deque(record for record in self._waiting if int(_sequence(record)) > behind)
        self._failures = 0
        self.done = str(max(int(self.done), behind))

    def _is_new(self, record: "StreamRecord") -> bool:
        return int(record["dynamodb"]["SequenceNumber"]) > int(self.done)

    def _read(self, client: "DynamoDBStreamsClient") -> "Sequence[StreamRecord]":
        try:
            iterator = self._iterator or _iterator(client, self.arn, "TRIM_HORIZON")
            answer = client.get_records(ShardIterator=iterator, Limit=1000)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LOST_ITERATOR:
                raise
            self._iterator = None  # the machine slept; the next read starts at the oldest record and skips what is done
            return []
        self._iterator = answer.get("NextShardIterator")
        return answer["Records"]

    def _first_failed(self, batch: Sequence[Record]) -> int:
        """Index of the first record that the function did not do; the batch's length if it did all."""
        try:
            answer = self.function({"Records": list(batch)}, Context(self.source.function))
        except Exception as error:  # noqa: BLE001  Lambda takes whatever a function raises for a failed batch
            print(json.dumps({"function": self.source.function, "error": type(error).__name__}))
            return 0
        failed = {failure["itemIdentifier"] for failure in (answer or {}).get("batchItemFailures", [])}
        sequences = [_sequence(record) for record in batch]
        if not failed <= set(sequences):
            return 0  # an identifier that Lambda does not know counts as a failed batch
        return next((index for index, sequence in enumerate(sequences) if sequence in failed), len(batch))

    def _settle(self, records: Sequence[Record]) -> None:
        for record in records:
            self._waiting.popleft()
            self.done = _sequence(record)
            self._failures = 0

    def _count_failure(self, record: Record) -> None:
        self._failures += 1
        if self._failures < TRIES:
            time.sleep(0.02 * 2**self._failures)
            return
        self._park(record)
        self._settle([record])

    def _deliver_again(self, batch: Sequence[Record], shuffle: random.Random) -> None:
        """Deliver a batch a second time and out of order; a function that can't bear that has its records parked."""
        again = list(batch)
        shuffle.shuffle(again)
        for record in again[self._first_failed(again) :]:
            self._park(record)

    def _park(self, record: Record) -> None:
        parked = Parked(self.source.function, record["dynamodb"]["Keys"], _sequence(record))
        self.parked.append(parked)
        print(json.dumps({"function": parked.function, "parked": parked.sequence}))


def _iterator(client: "DynamoDBStreamsClient", arn: str, where: Literal["LATEST", "TRIM_HORIZON"]) -> str:
    shards = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]  # the emulator has one shard only
    answer = client.get_shard_iterator(StreamArn=arn, ShardId=shards[0]["ShardId"], ShardIteratorType=where)
    return answer["ShardIterator"]


def _sequence(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def lambda_record(record: Any, arn: str) -> Record:
    """A record as Lambda hands it to a function: JSON, so bytes are base64 text and times are seconds."""
    return {**_json_form(dict(record)), "eventSourceARN": arn}


def _json_form(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json_form(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [_json_form(part) for part in value]
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value
