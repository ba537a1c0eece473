"""The event log: one JSON line an event, and no field in which a person could stand (T-34)."""

import json
from datetime import UTC, datetime

import pytest

from chalicelib.core import clock
from chalicelib.core.log import FIELDS, Event, emit, where


def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    with clock.frozen(datetime(2022, 4, 6, 1, 2, 3, tzinfo=UTC)):
        emit(Event.SWEEP_DONE, count=3, table="access_log", error=None)

    assert capsys.readouterr().out == (
        '{"at": "2022-04-06T01:02:03Z", "event": "sweep.done", "count": 3, "table": "access_log", "error": null}\n'
    )


def test_a_value_cannot_begin_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    emit(Event.REQUEST_FAILED, route='/v1/me\n{"event": "sms.sent"}')

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"] == "request.failed"


@pytest.mark.parametrize("field", ["name", "phone", "number", "person_id", "text", "body", "message"])
def test_a_field_that_is_not_listed_is_refused_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], field: str
) -> None:
    with pytest.raises(ValueError, match=field) as refused:
        emit(Event.SMS_SENT, **{field: "13800000000"})

    assert "13800000000" not in str(refused.value)
    assert capsys.readouterr().out == ""


def test_every_listed_field_can_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    emit(Event.SMS_SENT, **dict.fromkeys(FIELDS, "x"))

    assert json.loads(capsys.readouterr().out).keys() == {"at", "event", *FIELDS}


def test_every_event_has_a_word_of_its_own() -> None:
    assert len({event.value for event in Event}) == len(Event)


def fail(depth: int, text: str) -> None:
    """Raise an error with a text, so many calls down."""
    if depth:
        fail(depth - 1, text)
    raise ValueError(text)


@pytest.mark.parametrize("depth", [0, 1, 9])
def test_where_an_error_came_from_is_told_and_not_what_it_says(depth: int) -> None:
    with pytest.raises(ValueError, match="王芳") as raised:
        fail(depth, "no such person: 王芳 13800000000")

    places = where(raised.value).split(" < ")

    assert places[0].startswith("test_log.py:")
    assert len(places) == min(depth + 2, 4)
    assert "王芳" not in where(raised.value)


def test_an_error_that_was_never_raised_comes_from_nowhere() -> None:
    assert where(ValueError("13800000000")) == ""
