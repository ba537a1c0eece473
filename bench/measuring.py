"""How an operation is measured: what it may take, and what it took."""

import math
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO

from bench.cpu import TRIES, Clock, bare_seconds, of_requests
from bench.pricing import READ_BYTES
from bench.recorder import DYNAMODB, Recorder, recorded
from tests.support.city import TestCity
from tests.support.client import Answer

EVERYTHING = "§1"
"""Design §1: everything a user waits for takes at most two sequential round trips."""

Send = Callable[[], object]


@dataclass(frozen=True)
class Limits:
    """Limits of one operation; None where the design names none. `read` is without what grows with the answer.

    `cpu` is how much more it may take in process than its calls do.
    """

    round_trips: int | None = 2
    read: float | None = None
    write: float | None = None
    read_grows: bool = False
    one_transaction: bool = False
    cpu: float | None = None
    section: str = EVERYTHING


@dataclass(frozen=True)
class Operation:
    """One operation. `prepare` makes what it needs and returns what sends its one request or event."""

    name: str
    prepare: Callable[[TestCity], Send]
    limits: Limits = Limits()


@dataclass(frozen=True)
class Figures:
    """What one request of an operation took; `answered` and `logged` are bytes of the answer and of the event log."""

    operation: Operation
    record: Recorder
    answered: int = 0
    logged: int = 0

    @property
    def read_limit(self) -> float | None:
        """The limit of read units for what was returned."""
        limits = self.operation.limits
        if limits.read is None or not limits.read_grows:
            return limits.read
        return limits.read + math.ceil(sum(call.listed for call in self.record.of()) / READ_BYTES)

    @property
    def writes(self) -> list[str]:
        """The writing calls in their order."""
        return [call.operation for call in self.record.of(DYNAMODB) if call.units.write]

    @property
    def calls(self) -> Mapping[str, int]:
        """How many calls went to which service, DynamoDB first."""
        services = [call.service for call in self.record.of()]
        return {one: services.count(one) for one in sorted(set(services), key=lambda one: (one != DYNAMODB, one))}

    @property
    def over(self) -> list[str]:
        """The figures that are over their limits, by name."""
        limits, units = self.operation.limits, self.record.units
        exceeded = {
            "round trips": limits.round_trips is not None and self.record.round_trips > limits.round_trips,
            "read units": self.read_limit is not None and units.read > self.read_limit,
            "write units": limits.write is not None and units.write > limits.write,
            "writes": limits.one_transaction and self.writes != ["TransactWriteItems"],
        }
        return [name for name, is_over in exceeded.items() if is_over]


@dataclass(frozen=True)
class Cpu:
    """CPU seconds of an operation, and of the botocore calls that it made; the best of several tries."""

    whole: float
    bare: float

    @property
    def ratio(self) -> float:
        """How much more the operation takes."""
        return self.whole / self.bare


def measured(operation: Operation, city: TestCity) -> Figures:
    """The figures of the second time: keys that a process holds are there by then, as in nearly every request."""
    _answered(operation.prepare(city)())
    send = operation.prepare(city)
    with redirect_stdout(StringIO()) as log, recorded() as record:
        answer = send()
    return Figures(operation, record, _answered(answer), len(log.getvalue().encode()))


def measured_cpu(figures: Figures, city: TestCity) -> Cpu:
    """The CPU of an operation whose calls were recorded before. Recording is off: it costs CPU itself."""

    def whole() -> float:
        send, everything = figures.operation.prepare(city), Clock()
        with redirect_stdout(StringIO()), everything.running(), of_requests() as requests:
            answer = send()
        _answered(answer)
        return requests.seconds or everything.seconds

    tries = [
        (whole(), bare_seconds(figures.record.of())) for _ in range(TRIES)
    ]  # by turns: a busy machine is busy for both
    return Cpu(min(one for one, _ in tries), min(one for _, one in tries))


def _answered(answer: object) -> int:
    """The bytes of an answer with its headers. Raises AssertionError unless it, or a stream's function, succeeded."""
    if isinstance(answer, Answer):
        assert answer.status < 300, answer.text
        return len(answer.text.encode()) + sum(len(f"{name}: {value}\r\n") for name, value in answer.headers.items())
    assert answer in ({"batchItemFailures": []}, None), answer
    return 0
