"""Consumers of streams: in order, up to the first record that fails (R-13, R-15)."""

from typing import Any

import pytest

from chalicelib.core.streams import Change, changes, consume
from tests.support.events import Events


def event(*records: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A Lambda event with records of these numbers and images."""
    return {
        "Records": [
            {"dynamodb": {"SequenceNumber": number, "Keys": {"person_id": {"S": f"p{number}"}}, **images}}
            for number, images in records
        ]
    }


def test_a_change_carries_its_key_and_what_was_and_is_there() -> None:
    old, new = {"a": {"N": "1"}}, {"a": {"N": "2"}}

    (change,) = changes(event(("7", {"OldImage": old, "NewImage": new})))

    assert change == Change("7", {"person_id": {"S": "p7"}}, old, new)
    assert change.text("person_id") == "p7"


def test_a_new_row_has_no_past_and_a_removed_one_no_present() -> None:
    inserted, removed = changes(event(("1", {"NewImage": {}}), ("2", {"OldImage": {}})))

    assert (inserted.old, removed.new) == (None, None)


@pytest.mark.parametrize("nothing", [{}, {"Records": []}])
def test_an_event_of_nothing_is_done(nothing: dict[str, Any]) -> None:
    assert consume(nothing, lambda _: pytest.fail("there is nothing")) == {"batchItemFailures": []}


def test_records_are_handled_in_order() -> None:
    seen: list[str] = []

    answer = consume(event(("1", {}), ("2", {}), ("3", {})), lambda change: seen.append(change.sequence))

    assert seen == ["1", "2", "3"]
    assert answer == {"batchItemFailures": []}


def test_a_record_that_fails_is_asked_for_again_with_all_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    events, seen = Events(monkeypatch), []

    def handle(change: Change) -> None:
        if change.sequence == "2":
            raise ValueError("13800000000")
        seen.append(change.sequence)

    answer = consume(event(("1", {}), ("2", {}), ("3", {})), handle)

    assert seen == ["1"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    (line,) = events.of("stream.record_failed")
    assert (line["sequence"], line["error"]) == ("2", "ValueError")
    assert "13800000000" not in str(line)


def test_a_consumer_that_is_killed_is_not_told_to_have_failed_a_record() -> None:
    def die(_: Change) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume(event(("1", {})), die)
