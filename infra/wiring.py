"""What calls what: streams, queues and schedules, each with the function of `app.py` that it calls.

Data only, and the one place that holds it: the local pump (`infra.local.pump`) and the deployed event sources are made
from the same tuples, so nothing is wired on one machine that is not wired in a city.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class StreamSource:
    """A table whose changes are consumed. Lambda hands over at most `batch_size` records of one shard, oldest first."""

    table: str
    function: str
    batch_size: int
    attempts: int = 5
    """How often a failing record is tried before it is parked (design §1)."""


@dataclass(frozen=True)
class QueueSource:
    """A queue whose messages are worked off; a message that fails `attempts` times is parked."""

    queue: str
    function: str
    batch_size: int
    attempts: int = 5


@dataclass(frozen=True)
class Schedule:
    """A job of the city. `cron` is EventBridge Scheduler's expression, read in the city's own time zone."""

    name: str
    function: str
    cron: str


STREAMS = (
    StreamSource("ledger", "ledger_stream", batch_size=100),
    StreamSource("registry", "registry_stream", batch_size=100),
)
QUEUES: tuple[QueueSource, ...] = ()
SCHEDULES: tuple[Schedule, ...] = ()


@dataclass(frozen=True)
class Wiring:
    """All of it together."""

    streams: tuple[StreamSource, ...] = STREAMS
    queues: tuple[QueueSource, ...] = QUEUES
    schedules: tuple[Schedule, ...] = SCHEDULES
