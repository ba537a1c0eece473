"""Delivery of one stream where the emulator misbehaves, on a stand-in for its client."""

from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from infra.local.delivery import Delivery
from infra.wiring import StreamSource

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

ARN = "arn:aws:dynamodb:x:0:table/t/stream/1"


class _Streams:
    """One shard that holds records, and an error that comes before the next answer."""

    def __init__(self, *sequences: int) -> None:
        self.sequences = list(sequences)
        self.error: str | None = None
        self.oldest_asked = 0

    def describe_stream(self, **_: str) -> Any:
        return {"StreamDescription": {"Shards": [{"ShardId": "only"}]}}

    def get_shard_iterator(self, ShardIteratorType: str, **_: str) -> Any:  # noqa: N803
        assert ShardIteratorType == "TRIM_HORIZON"
        self.oldest_asked += 1
        return {"ShardIterator": "0"}

    def get_records(self, ShardIterator: str, **_: int) -> Any:  # noqa: N803
        if self.error is not None:
            code, self.error = self.error, None
            raise ClientError({"Error": {"Code": code, "Message": code}}, "GetRecords")
        records = [
            {"dynamodb": {"SequenceNumber": str(one), "Keys": {}}} for one in self.sequences[int(ShardIterator) :]
        ]
        return {"Records": records, "NextShardIterator": str(len(self.sequences))}


def _delivery(seen: list[str], done: str = "0") -> Delivery:
    def function(event: Any, _: object) -> None:
        seen.extend(record["dynamodb"]["SequenceNumber"] for record in event["Records"])

    return Delivery(StreamSource("t", "f", batch_size=2), ARN, function, None, done)


def _drain(delivery: Delivery, streams: _Streams) -> None:
    while delivery.advance(cast("DynamoDBStreamsClient", streams)):
        pass


@pytest.mark.parametrize("code", ["ExpiredIteratorException", "TrimmedDataAccessException"])
def test_a_lost_place_in_the_stream_loses_and_repeats_nothing(code: str) -> None:
    seen: list[str] = []
    delivery, streams = _delivery(seen), _Streams(9, 10)
    _drain(delivery, streams)
    streams.sequences.append(11)
    streams.error = code
    _drain(delivery, streams)
    _drain(delivery, streams)
    assert seen == ["9", "10", "11"]
    assert streams.oldest_asked == 2


def test_any_other_error_is_not_swallowed() -> None:
    streams = _Streams()
    streams.error = "InternalServerError"
    with pytest.raises(ClientError):
        _drain(_delivery([]), streams)


def test_what_an_earlier_start_did_is_skipped_by_number_and_not_by_text() -> None:
    seen: list[str] = []
    _drain(_delivery(seen, done="9"), _Streams(8, 9, 10))
    assert seen == ["10"]
