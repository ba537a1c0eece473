"""CPU of an operation and of its bare calls: what is timed, and that every try finds what the first one found."""

import time
from typing import Any

import pytest
from chalice.app import Chalice

from bench import cpu
from bench.cpu import Clock, bare_seconds, of_requests
from bench.measuring import Cpu
from bench.pricing import Item, Units
from bench.recorder import DYNAMODB, Call, Target

KEY: Item = {"person_id": {"S": "p"}}
OLD: Item = {**KEY, "v": {"S": "old"}}
MIDDLE: Item = {**KEY, "v": {"S": "middle"}}
BUSY_SECONDS = 0.02


def work(*_: Any) -> Any:
    """Keep the processor busy."""
    until = time.process_time() + BUSY_SECONDS
    while time.process_time() < until:
        pass
    return "answer"


def write(request: str, before: Item | None) -> Call:
    """A call that found something at the key."""
    target = Target("people", KEY)
    content = {"is": request}
    return Call(DYNAMODB, "PutItem", 0, 1, 1, 0, 0, 0, Units(), request=content, before=((target, before),))


@pytest.mark.parametrize(
    ("first", "restored"),
    [
        (OLD, ("PutItem", {"TableName": "people", "Item": OLD})),
        (None, ("DeleteItem", {"TableName": "people", "Key": KEY})),
    ],
)
def test_calls_are_made_again_on_what_they_found(
    monkeypatch: pytest.MonkeyPatch, first: Item | None, restored: tuple[str, Any]
) -> None:
    made: list[tuple[str, Any]] = []
    monkeypatch.setattr(cpu, "ORIGINAL", lambda _, operation, request: made.append((operation, request)))

    bare_seconds([write("first", first), write("second", MIDDLE)])

    # the state before the first call comes last, whatever the second one found
    assert made[1:] == [restored, ("PutItem", {"is": "first"}), ("PutItem", {"is": "second"})]


def test_putting_back_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "ORIGINAL", lambda _, operation, __: work() if operation == "DeleteItem" else None)

    assert bare_seconds([write("first", None)]) < BUSY_SECONDS


def test_a_clock_counts_work_and_no_waiting() -> None:
    clock = Clock()
    with clock.running():
        work()
        time.sleep(5 * BUSY_SECONDS)
    with clock.running():
        work()

    assert 2 * BUSY_SECONDS <= clock.seconds < 5 * BUSY_SECONDS


def test_a_clock_counts_what_failed_too() -> None:
    def fail() -> None:
        with clock.running():
            work()
            raise LookupError

    clock = Clock()
    with pytest.raises(LookupError):
        fail()

    assert clock.seconds >= BUSY_SECONDS


def test_requests_are_timed_from_the_gateway_s_event_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chalice, "__call__", work)
    app = Chalice(app_name="other", configure_logs=False)
    with of_requests() as clock:
        work()
        answer: Any = app({}, None)
    assert answer == "answer"

    assert BUSY_SECONDS <= clock.seconds < 2 * BUSY_SECONDS
    assert vars(Chalice)["__call__"] is work


def test_a_ratio_is_how_much_more_the_whole_takes() -> None:
    assert Cpu(whole=0.003, bare=0.002).ratio == pytest.approx(1.5)
