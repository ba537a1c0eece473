"""The loop that carries changes to functions, on the emulator's own streams."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import app  # noqa: F401  declares every row
from chalicelib.core import clock
from chalicelib.core.ports import Fact
from chalicelib.core.store import write_all
from chalicelib.health.tables import FactRow, IdentityRow
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry
from infra.local.provision import provision
from infra.local.pump import Pump
from infra.process import working_for
from infra.wiring import QueueSource, Schedule, StreamSource, Wiring

pytestmark = pytest.mark.jobs

SOURCE = StreamSource("ledger", "consume", batch_size=4)
Event = dict[str, Any]


class _Function:
    """A Lambda function that keeps what it was given and fails as it is told."""

    def __init__(self, fails: Callable[[Event], bool] = lambda _: False, error: type[Exception] | None = None) -> None:
        self.events: list[Event] = []
        self.done: list[str] = []
        self.contexts: list[Any] = []
        self._fails = fails
        self._error = error

    def __call__(self, event: Event, context: Any) -> Event:
        self.events.append(event)
        self.contexts.append(context)
        for record in event["Records"]:
            if self._fails(record):
                if self._error is not None:
                    raise self._error("quotes 王芳")
                return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
            self.done.append(_id(record))
        return {"batchItemFailures": []}


def _id(record: Event) -> str:
    return str(record["dynamodb"]["Keys"]["entry_id"]["S"])


def wired(*streams: StreamSource, queues: tuple[QueueSource, ...] = (), schedules: tuple[Schedule, ...] = ()) -> Wiring:
    """These sources alone."""
    return Wiring(streams, queues, schedules)


@pytest.fixture(scope="module")
def _city(emulator: str) -> Iterator[None]:
    with working_for("maoming", emulator):
        provision()
        yield


@pytest.fixture
def make(_city: None, tmp_path: Path) -> Iterator[Callable[..., Pump]]:
    """Pumps over the ledger's stream from its present end on."""
    Pump(tmp_path / "positions.json", {"consume": _Function()}, wired(SOURCE)).drain()

    def make(function: Any, *sources: StreamSource, **options: Any) -> Pump:
        functions = {source.function: function for source in sources or (SOURCE,)}
        return Pump(tmp_path / "positions.json", functions, wired(*sources or (SOURCE,)), **options)

    yield make
    Pump(tmp_path / "positions.json", {"consume": _Function()}, wired(SOURCE)).drain()


def _put(count: int) -> list[str]:
    rows = [ledger_entry("TEST", what=["something"]) for _ in range(count)]
    for row in rows:
        write_all([row])
    return [row.entry_id for row in rows]


def test_changes_come_in_order_and_in_batches(make: Callable[..., Pump]) -> None:
    function = _Function()
    put = _put(10)
    make(function).drain()
    assert function.done == put
    assert [len(event["Records"]) for event in function.events] == [4, 4, 2]


def test_an_event_has_the_form_that_lambda_hands_over(make: Callable[..., Pump]) -> None:
    function = _Function()
    [entry_id] = _put(1)
    make(function).drain()

    [record] = function.events[0]["Records"]
    assert json.loads(json.dumps(record)) == record
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventVersion"] == "1.1"
    assert record["awsRegion"].startswith("cn-")
    assert ":table/maoming-ledger-v1/stream/" in record["eventSourceARN"]
    assert record["eventID"]
    change = record["dynamodb"]
    assert set(change["Keys"]) == {"day_shard", "entry_id"}
    assert change["NewImage"]["entry_id"] == {"S": entry_id}
    assert change["StreamViewType"] == "NEW_IMAGE"
    assert isinstance(change["ApproximateCreationDateTime"], int)
    assert change["SequenceNumber"].isdigit()
    assert 0 < function.contexts[0].get_remaining_time_in_millis() <= 25_000
    assert function.contexts[0].function_name == "consume"
    assert LedgerRow.from_raw_data(change["NewImage"]).kind == "TEST"


def test_bytes_come_as_base64_text_as_in_lambda(make: Callable[..., Pump]) -> None:
    seen: list[Event] = []

    def consume(event: Event, _: object) -> None:
        seen.extend(event["Records"])

    source = StreamSource("registry", "registry", batch_size=10)
    fields: dict[str, Any] = {"name_sealed": b"\x00\xff", "document_sealed": b"d", "phone_sealed": b"p"}
    fields |= {"name_mac": "n", "phone_mac": "p", "delivered_at": clock.now()}
    write_all([IdentityRow("person", IdentityRow.SK, **fields)])
    make(consume, source).drain()
    assert seen[-1]["dynamodb"]["NewImage"]["name_sealed"] == {"B": "AP8="}


def test_a_restart_goes_on_where_it_was(make: Callable[..., Pump]) -> None:
    first, second = _Function(), _Function()
    early = _put(3)
    make(first).drain()
    late = _put(2)
    make(second).drain()
    assert (first.done, second.done) == (early, late)


def test_after_a_failure_it_goes_on_from_that_record(make: Callable[..., Pump]) -> None:
    put = _put(6)
    tries: list[str] = []

    def fails(record: Event) -> bool:
        tries.append(_id(record))
        return _id(record) == put[2] and tries.count(put[2]) < 3

    function = _Function(fails)
    pump = make(function)
    pump.drain()
    assert function.done == put
    assert pump.parked == []
    assert all(tries.count(entry_id) == 1 for entry_id in put if entry_id != put[2])


@pytest.mark.parametrize("error", [None, RuntimeError])
def test_a_record_that_fails_five_times_is_parked_and_the_rest_goes_on(
    make: Callable[..., Pump], error: type[Exception] | None, capfd: pytest.CaptureFixture[str]
) -> None:
    put = _put(6)
    tries: list[str] = []

    def fails(record: Event) -> bool:
        tries.append(_id(record))
        return _id(record) == put[2]

    function = _Function(fails, error)
    pump = make(function)
    pump.drain()

    assert list(dict.fromkeys(function.done)) == [entry_id for entry_id in put if entry_id != put[2]]
    assert [parked.keys["entry_id"]["S"] for parked in pump.parked] == [put[2]]
    assert pump.parked[0].function == "consume"
    assert tries.count(put[2]) >= 5
    assert "王芳" not in capfd.readouterr().out


def test_a_function_that_names_a_foreign_record_failed_as_a_whole(make: Callable[..., Pump]) -> None:
    put = _put(2)
    answers = [{"batchItemFailures": [{"itemIdentifier": "no such"}]}]
    seen: list[str] = []

    def consume(event: Event, _: object) -> Event:
        seen.extend(_id(record) for record in event["Records"])
        return answers.pop() if answers else {"batchItemFailures": []}

    pump = make(consume)
    pump.drain()
    assert seen == [*put, *put]
    assert pump.parked == []


def test_what_a_function_causes_is_delivered_too(make: Callable[..., Pump]) -> None:
    caused: list[str] = []

    def consume(event: Event, _: object) -> None:
        for record in event["Records"]:
            caused.append(_id(record))
            if len(caused) < 5:
                _put(1)

    _put(1)
    make(consume).drain()
    assert len(caused) == 5


def test_every_batch_comes_twice_and_the_second_time_out_of_order(make: Callable[..., Pump]) -> None:
    function = _Function()
    put = _put(40)
    pump = make(function, StreamSource("ledger", "consume", batch_size=40), deliver_twice=7)
    pump.drain()
    first, second = ([_id(record) for record in event["Records"]] for event in function.events)
    assert first == put
    assert sorted(second) == sorted(put)
    assert second != put
    assert pump.parked == []


def test_a_function_that_cannot_bear_a_second_time_is_found_out(make: Callable[..., Pump]) -> None:
    done: list[str] = []
    function = _Function(lambda record: _id(record) in done)
    function.done = done
    [entry_id] = _put(1)
    pump = make(function, deliver_twice=7)
    pump.drain()
    assert [parked.keys["entry_id"]["S"] for parked in pump.parked] == [entry_id]


def test_a_thread_pumps_soon_after_it_is_woken_and_does_the_rest_at_its_end(make: Callable[..., Pump]) -> None:
    done, asked = threading.Event(), threading.Event()
    pump = make(lambda *_: done.set())
    pump.start(also=asked.set)
    _put(1)
    pump.wake()
    assert done.wait(5)
    assert asked.wait(5)
    done.clear()
    _put(1)
    pump.stop()
    assert done.is_set()


def test_an_emulator_that_is_gone_does_not_end_the_loop(
    make: Callable[..., Pump], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pump = make(_Function())
    again = threading.Event()
    drains: list[int] = []

    def drain() -> None:
        drains.append(1)
        if len(drains) > 1:
            again.set()
        raise ConnectionError

    monkeypatch.setattr(pump, "drain", drain)
    pump.start()
    pump.wake()
    assert again.wait(5)
    pump.stop()
    assert '"pump": "failed"' in capfd.readouterr().out


def test_a_table_without_a_stream_cannot_be_wired(make: Callable[..., Pump]) -> None:
    with pytest.raises(LookupError, match="logins"):
        make(_Function(), StreamSource("logins", "consume", batch_size=1))


def test_facts_reach_the_registry_stream_with_their_keys(make: Callable[..., Pump]) -> None:
    seen: list[Event] = []
    source = StreamSource("registry", "registry", batch_size=10)
    at = clock.iso(clock.now())
    write_all([FactRow.storing("p", Fact("1", "case", "confirmed", at, "", "lab", at))])
    make(lambda event, _: seen.extend(event["Records"]), source).drain()
    assert seen[-1]["dynamodb"]["Keys"] == {"person_id": {"S": "p"}, "sk": {"S": "case#1"}}
