"""The loop that calls the functions of `app.py` with changes, messages and at set times, as AWS does in a deployed city.

It remembers how far each stream is done, so that a restart goes on from there. One thread runs it; a test may run it to
the end itself with `drain`.
"""

import json
import random
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core import aws, clock
from chalicelib.core.settings import settings
from infra.local.delivery import Context, Delivery, LambdaFunction, Parked
from infra.local.queued import Queued
from infra.timetable import Timetable
from infra.wiring import Schedule, Wiring

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

IDLE_SECONDS = 0.5
"""How long the loop rests when nobody wakes it; the server does after each request that may have changed something."""


class Pump:
    """Pumps the streams of this process's city until it is stopped."""

    def __init__(
        self,
        positions: Path,
        functions: Mapping[str, LambdaFunction],
        wiring: Wiring | None = None,
        *,
        deliver_twice: int | None = None,
    ) -> None:
        """Take the file for the positions, the functions by name, and what is wired to them.

        With a seed in `deliver_twice` every batch comes a second time, its records in another order: what Lambda's
        promise of at least once amounts to. For tests.
        """
        self._positions = positions
        self._client = _streams_client()
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        shuffle = None if deliver_twice is None else random.Random(deliver_twice)  # noqa: S311
        done: dict[str, str] = json.loads(positions.read_text()) if positions.exists() else {}
        wired = wiring or Wiring()
        arns = [self._arn(source.table) for source in wired.streams]
        self._deliveries = [
            Delivery(source, arn, functions[source.function], shuffle, done.get(arn, "0"))
            for source, arn in zip(wired.streams, arns, strict=True)
        ]
        self._queued = [Queued(source, functions[source.function]) for source in wired.queues]
        self._timetable = Timetable(wired.schedules, settings().city.time_zone, clock.now())
        self._functions = functions

    @property
    def parked(self) -> list[Parked]:
        """The records that were given up on."""
        return [parked for delivery in self._deliveries for parked in delivery.parked]

    def drain(self) -> None:
        """Deliver all that is there, and all that comes of it, before returning."""
        with self._lock:
            while self._advance():
                self._remember()

    def skip(self) -> None:
        """Leave out all that lies in streams and queues now. For tests: what others wrote is delivered to nobody."""
        with self._lock:
            for delivery in self._deliveries:
                delivery.skip(self._client)
            for queued in self._queued:
                queued.skip()

    def skip_until(self, milliseconds: int) -> None:
        """Leave out what was changed before a moment since 1970, but for what lies in queues. For tests; `skip` takes longer."""
        with self._lock:
            for delivery in self._deliveries:
                delivery.skip_until(milliseconds)

    def _advance(self) -> bool:
        """Give each source its turn; whether any had something that could be done."""
        streams = [delivery.advance(self._client) for delivery in self._deliveries]
        return any([*streams, *(queued.advance() for queued in self._queued)])

    def start(self, also: Callable[[], None] = lambda: None) -> None:
        """Run in a thread; `also` is called at each turn of the loop that somebody asked for."""
        self._thread = threading.Thread(target=self._run, args=(also,), name="pump", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at the streams now rather than a moment later."""
        self._woken.set()

    def stop(self) -> None:
        """Deliver what is left and end the thread: the emulator forgets its streams when it ends."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._turn(lambda: None)

    def _run(self, also: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            asked = self._woken.wait(IDLE_SECONDS)
            self._woken.clear()
            self._turn(also if asked else lambda: None)

    def _turn(self, also: Callable[[], None]) -> None:
        """One turn. An emulator that does not answer is no reason to stop: the next turn asks again."""
        try:
            for job in self._timetable.due(clock.now()):
                self._run_job(job)
            self.drain()
            also()
        except (BotoCoreError, ClientError, OSError) as error:
            print(json.dumps({"pump": "failed", "error": type(error).__name__}))

    def _run_job(self, job: Schedule) -> None:
        """Call a job's function. One that fails says so; EventBridge would try it again, and the next day does."""
        try:
            self._functions[job.function]({}, Context(job.function))
        except Exception as error:  # noqa: BLE001  a job that fails must not end the loop
            print(json.dumps({"job": job.name, "error": type(error).__name__}))

    def _remember(self) -> None:
        done = {delivery.arn: delivery.done for delivery in self._deliveries}
        fresh = self._positions.with_suffix(".new")
        fresh.write_text(json.dumps(done))
        fresh.replace(self._positions)

    def _arn(self, table: str) -> str:
        """The stream of a table, the newest one: those of a table that was removed are listed for another day.

        Raises LookupError if it has none, for then its wiring is wrong.
        """
        streams = self._client.list_streams(TableName=settings().table(table))["Streams"]
        if not streams:
            raise LookupError(f"table {table} has no stream")
        return max(streams, key=lambda stream: stream["StreamLabel"])["StreamArn"]


def _streams_client() -> "DynamoDBStreamsClient":
    import boto3

    session = boto3.Session(region_name=settings().city.region, **aws.credentials())  # type: ignore[arg-type]
    return session.client("dynamodbstreams", endpoint_url=settings().endpoint_url)
