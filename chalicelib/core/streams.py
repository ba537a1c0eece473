"""Consumers of DynamoDB streams. Every record may come twice, late or after its like; a consumer ends right all the same.

A record that can't be handled holds up nothing behind it: its row's key goes onto the consumer's queue of retries, from
where it comes back a few times as a message, and the work is done from the table. What fails for good is parked beside
that queue until an operator has it done again (decision 0012). Only a storage that does not answer, or that the
deployment left out of reach, holds the stream.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core import queues
from chalicelib.core.errors import Broken
from chalicelib.core.log import Event, emit, where
from chalicelib.core.store import RawItem, is_passing

LambdaEvent = Mapping[str, Any]
BatchAnswer = dict[str, list[dict[str, str]]]

QUEUE_SOURCE = "aws:sqs"
"""How Lambda marks a record that comes from a queue."""


@dataclass(frozen=True)
class Change:
    """One change of one row: its key, what was there before and what is there now, in DynamoDB's own form.

    One that comes `again`, from the queue of retries, has its key alone: what is there now must be read. `stream` is the
    label of the stream, the time at which it was made.
    """

    sequence: str
    keys: RawItem
    """Empty for a message that can't be read; such a one fails by itself."""
    old: RawItem | None = None
    new: RawItem | None = None
    again: bool = False
    stream: str = ""

    def text(self, attribute: str) -> str:
        """A key attribute's text."""
        return str(self.keys[attribute]["S"])


def changes(event: LambdaEvent) -> list[Change]:
    """The changes that a Lambda event of a stream, or of a queue of retries, carries, oldest first."""
    return [
        _from_queue(one) if one.get("eventSource") == QUEUE_SOURCE else _from_stream(one) for one in _records(event)
    ]


def consume(found: Sequence[Change], handle: Callable[[Change], None], retries: str) -> BatchAnswer:
    """Handle each change in order; what fails goes to the queue `retries`, and what can't go there is asked for again.

    A stream is asked for from the first such record on. Messages stand for themselves; their queue counts the tries.
    """
    failed: list[dict[str, str]] = []
    for change in found:
        if not _is_settled(change, handle, retries):
            failed.append({"itemIdentifier": change.sequence})
            if not change.again:
                break
    return {"batchItemFailures": failed}


def _is_settled(change: Change, handle: Callable[[Change], None], retries: str) -> bool:
    """Whether nothing more is to be done about a change here: it was handled, or set aside."""
    try:
        _hand_over(change, handle)
    except Exception as error:  # noqa: BLE001  one bad record must be set aside, not crash the batch
        emit(Event.RECORD_FAILED, sequence=change.sequence, error=type(error).__name__, where=where(error))
        return not (change.again or is_passing(error)) and _set_aside(change, retries)
    return True


def _hand_over(change: Change, handle: Callable[[Change], None]) -> None:
    if not change.keys:
        raise Broken
    handle(change)


def _set_aside(change: Change, retries: str) -> bool:
    try:
        queues.send(retries, {"keys": change.keys})
    except (BotoCoreError, ClientError):
        return False
    return True


def _records(event: LambdaEvent) -> Sequence[Mapping[str, Any]]:
    records: Sequence[Mapping[str, Any]] = event.get("Records", [])
    return records


def _from_stream(record: Mapping[str, Any]) -> Change:
    change = record["dynamodb"]
    label = str(record.get("eventSourceARN", "")).rpartition("/")[2]
    return Change(
        change["SequenceNumber"], change["Keys"], change.get("OldImage"), change.get("NewImage"), stream=label
    )


def _from_queue(record: Mapping[str, Any]) -> Change:
    return Change(record["messageId"], _keys_in(record["body"]), again=True)


def _keys_in(body: str) -> RawItem:
    try:
        keys = json.loads(body)["keys"]
    except (ValueError, TypeError, LookupError):
        return {}
    return keys if isinstance(keys, dict) else {}
