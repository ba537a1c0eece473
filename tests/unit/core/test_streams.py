"""Consumers of streams: in order, nothing held up by poison, nothing lost to an outage (R-13, R-15)."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ParamValidationError
from pynamodb.exceptions import CancellationReason, QueryError, TableDoesNotExist, TableError, VerboseClientError

from chalicelib.core import queues
from chalicelib.core.errors import Unavailable
from chalicelib.core.streams import Change, changes, consume
from tests.support.events import Events
from tests.support.seam import aws_error

RETRIES = "some_retries"
DONE: dict[str, list[Any]] = {"batchItemFailures": []}


def event(*records: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A Lambda event with records of these numbers and images."""
    return {
        "Records": [
            {"dynamodb": {"SequenceNumber": number, "Keys": {"person_id": {"S": f"p{number}"}}, **images}}
            for number, images in records
        ]
    }


THREE = changes(event(("1", {}), ("2", {}), ("3", {})))


def test_a_change_carries_its_key_and_what_was_and_is_there() -> None:
    old, new = {"a": {"N": "1"}}, {"a": {"N": "2"}}

    (change,) = changes(event(("7", {"OldImage": old, "NewImage": new})))

    assert change == Change("7", {"person_id": {"S": "p7"}}, old, new)
    assert change.text("person_id") == "p7"


def test_a_new_row_has_no_past_and_a_removed_one_no_present() -> None:
    inserted, removed = changes(event(("1", {"NewImage": {}}), ("2", {"OldImage": {}})))

    assert (inserted.old, removed.new) == (None, None)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What was put on queues."""
    messages: list[tuple[str, Any]] = []
    monkeypatch.setattr(queues, "send", lambda queue, message: messages.append((queue, message)))
    return messages


def message(name: str, key: str) -> dict[str, Any]:
    """A record of a queue of retries."""
    body = json.dumps({"keys": {"person_id": {"S": key}}})
    return {"messageId": name, "eventSource": "aws:sqs", "body": body}


@pytest.mark.parametrize("nothing", [{}, {"Records": []}])
def test_an_event_of_nothing_is_done(nothing: dict[str, Any]) -> None:
    assert consume(changes(nothing), lambda _: pytest.fail("there is nothing"), RETRIES) == DONE


def test_records_are_handled_in_order() -> None:
    seen: list[str] = []

    answer = consume(THREE, lambda change: seen.append(change.sequence), RETRIES)

    assert seen == ["1", "2", "3"]
    assert answer == DONE


def test_a_record_that_fails_is_set_aside_by_its_key_and_holds_up_nothing(
    monkeypatch: pytest.MonkeyPatch, sent: list[tuple[str, Any]]
) -> None:
    events, seen = Events(monkeypatch), []

    def handle(change: Change) -> None:
        if change.sequence == "2":
            raise ValueError("13800000000")
        seen.append(change.sequence)

    assert consume(THREE, handle, RETRIES) == DONE

    assert seen == ["1", "3"]
    assert sent == [(RETRIES, {"keys": {"person_id": {"S": "p2"}}})]
    (line,) = events.of("stream.record_failed")
    assert (line["sequence"], line["error"]) == ("2", "ValueError")
    assert "13800000000" not in str(line)


def cancelled(*reasons: str) -> ClientError:
    """A cancelled transaction, as pynamodb hands it on."""
    answer = {"Error": {"Code": "TransactionCanceledException"}}
    found = [CancellationReason(code=reason) if reason else None for reason in reasons]
    return VerboseClientError(answer, "TransactWriteItems", cancellation_reasons=found)


def answered(status: int) -> ClientError:
    """An error with a code that nobody foresaw."""
    return ClientError({"Error": {"Code": "New"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    "error",
    [
        Unavailable(),
        EndpointConnectionError(endpoint_url="x"),
        NoCredentialsError(),
        *map(aws_error, ["InternalServerError", "ThrottlingException", "ProvisionedThroughputExceededException"]),
        *map(aws_error, ["AccessDeniedException", "ResourceNotFoundException", "ExpiredTokenException"]),
        *map(aws_error, ["TransactionConflictException", "TransactionInProgressException"]),
        cancelled("", "TransactionConflict"),
        *map(answered, [403, 429, 500, 503]),
        QueryError("", aws_error("ThrottlingException")),
        QueryError("", EndpointConnectionError(endpoint_url="x")),
        TableDoesNotExist("x"),
    ],
)
def test_a_storage_that_does_not_answer_holds_the_stream(error: Exception, sent: list[tuple[str, Any]]) -> None:
    seen: list[str] = []

    def handle(change: Change) -> None:
        if change.sequence == "2":
            raise error
        seen.append(change.sequence)

    assert consume(THREE, handle, RETRIES) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert (seen, sent) == (["1"], [])


@pytest.mark.parametrize(
    "error",
    [
        aws_error("ValidationException"),
        aws_error("ItemCollectionSizeLimitExceededException"),
        aws_error("ConditionalCheckFailedException"),
        ParamValidationError(report="x"),
        cancelled("", "ValidationError"),
        cancelled("ItemCollectionSizeLimitExceeded"),
        answered(400),
        QueryError("", aws_error("ValidationException")),
        TableError("not initialized"),
    ],
)
def test_a_record_that_storage_refuses_is_set_aside_and_holds_up_nothing(
    error: Exception, sent: list[tuple[str, Any]]
) -> None:
    seen: list[str] = []

    def handle(change: Change) -> None:
        if change.sequence == "2":
            raise error
        seen.append(change.sequence)

    assert consume(THREE, handle, RETRIES) == DONE
    assert (seen, len(sent)) == (["1", "3"], 1)


def test_what_cannot_be_set_aside_is_asked_for_again_with_all_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise aws_error("QueueDoesNotExist")

    monkeypatch.setattr(queues, "send", refuse)
    seen: list[str] = []

    def handle(change: Change) -> None:
        seen.append(change.sequence)
        if change.sequence == "2":
            raise ValueError

    assert consume(THREE, handle, RETRIES) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert seen == ["1", "2"]


def test_a_message_is_a_change_of_which_the_key_alone_is_known() -> None:
    (change,) = changes({"Records": [message("m1", "p1")]})

    assert change == Change("m1", {"person_id": {"S": "p1"}}, again=True)


def test_a_message_that_fails_stands_for_itself_and_is_not_set_aside_again(sent: list[tuple[str, Any]]) -> None:
    seen: list[str] = []

    def handle(change: Change) -> None:
        seen.append(change.sequence)
        if change.sequence != "m2":
            raise ValueError

    found = changes({"Records": [message(f"m{number}", "p") for number in (1, 2, 3)]})

    answer = consume(found, handle, RETRIES)

    assert seen == ["m1", "m2", "m3"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m3"}]}
    assert sent == []


UNREADABLE = ["13800000000", "{", "[]", "null", "{}", '{"keys": null}', '{"keys": {}}', '{"keys": ["person_id"]}']


@pytest.mark.parametrize("body", UNREADABLE)
def test_a_message_that_cannot_be_read_fails_by_itself(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    events, seen = Events(monkeypatch), []
    unreadable = {"messageId": "m2", "eventSource": "aws:sqs", "body": body}
    found = changes({"Records": [message("m1", "p1"), unreadable, message("m3", "p3")]})

    answer = consume(found, lambda change: seen.append(change.text("person_id")), RETRIES)

    assert (seen, answer) == (["p1", "p3"], {"batchItemFailures": [{"itemIdentifier": "m2"}]})
    (line,) = events.of("stream.record_failed")
    assert (line["sequence"], line["error"]) == ("m2", "Broken")


def test_a_consumer_that_is_killed_is_not_told_to_have_failed_a_record() -> None:
    def die(_: Change) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume(THREE, die, RETRIES)
