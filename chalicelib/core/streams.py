"""Consumers of DynamoDB streams. Every record may come twice, late or after its like; a consumer ends right all the same."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.log import Event, emit, where
from chalicelib.core.store import RawItem

LambdaEvent = Mapping[str, Any]
BatchAnswer = dict[str, list[dict[str, str]]]


@dataclass(frozen=True)
class Change:
    """One change of one row: its key, what was there before and what is there now, in DynamoDB's own form."""

    sequence: str
    keys: RawItem
    old: RawItem | None
    new: RawItem | None

    def text(self, attribute: str) -> str:
        """A key attribute's text."""
        return str(self.keys[attribute]["S"])


def changes(event: LambdaEvent) -> Iterator[Change]:
    """The changes that a Lambda event of a stream carries, oldest first."""
    for record in event.get("Records", []):
        change = record["dynamodb"]
        yield Change(change["SequenceNumber"], change["Keys"], change.get("OldImage"), change.get("NewImage"))


def consume(event: LambdaEvent, handle: Callable[[Change], None]) -> BatchAnswer:
    """Handle each change in order; stop at the first that fails and ask for it and the rest again.

    Later changes of a row must not overtake earlier ones, so nothing behind a failure is handled.
    """
    for change in changes(event):
        try:
            handle(change)
        except Exception as error:  # noqa: BLE001  one bad record must be reported, not crash the batch
            emit(Event.RECORD_FAILED, sequence=change.sequence, error=type(error).__name__, where=where(error))
            return {"batchItemFailures": [{"itemIdentifier": change.sequence}]}
    return {"batchItemFailures": []}
