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
    hours: int = 23
    """How long a batch is tried while storage does not answer, or the function ends without an answer: as long as a stream
    keeps its records (24 hours), less one, so that what is lost is parked by shard and number and never lost in silence."""


@dataclass(frozen=True)
class QueueSource:
    """A queue whose messages are worked off."""

    queue: str
    function: str
    batch_size: int
    attempts: int = 5
    """How often a failing message is tried before it is parked (design §1)."""
    concurrency: int = 2
    """How many batches are worked off at a time, from 2, SQS's least. The function's reserved copies must suffice for that
    and for its stream (`infra.quotas.crowded`)."""


@dataclass(frozen=True)
class Schedule:
    """A job of the city. `cron` is EventBridge Scheduler's expression, read in the city's own time zone."""

    name: str
    function: str
    cron: str


STREAMS = (
    StreamSource("checkins", "checkins_stream", batch_size=100),
    StreamSource("ledger", "ledger_stream", batch_size=100),
    StreamSource("memberships", "members_stream", batch_size=100),
    StreamSource("people", "people_stream", batch_size=100),
    StreamSource("registry", "registry_stream", batch_size=100),
)
QUEUES = (
    QueueSource("alerts", "alerts_sender", batch_size=5),
    QueueSource("ledger_retries", "ledger_stream", batch_size=10),
    QueueSource("people_retries", "people_stream", batch_size=10),
    QueueSource("registry_retries", "registry_stream", batch_size=10),
    QueueSource("due_members", "reminders_worker", batch_size=1),
    QueueSource("sync_pieces", "sync_worker", batch_size=1, concurrency=8),
    QueueSource("work", "worker", batch_size=1),
)
SCHEDULES = (
    Schedule("review", "review", "cron(5/15 0-2 * * ? *)"),
    Schedule("sync", "sync", "cron(0/15 2-11 * * ? *)"),
    Schedule("visits_sweep", "visits_sweep", "cron(0/15 3-4 * * ? *)"),
    Schedule("retention", "retention", "cron(0/15 3-7 * * ? *)"),
    Schedule("reminders", "reminders", "cron(0/15 9-20 * * ? *)"),
    Schedule("rotate_keys", "rotate_keys", "cron(30 3 * * ? *)"),
)


SCHEDULER = "schedules"
"""What parking calls the source of what EventBridge Scheduler could not hand over."""


@dataclass(frozen=True)
class Wiring:
    """All of it together."""

    streams: tuple[StreamSource, ...] = STREAMS
    queues: tuple[QueueSource, ...] = QUEUES
    schedules: tuple[Schedule, ...] = SCHEDULES

    @property
    def functions(self) -> set[str]:
        """The functions that something here calls, by name in `app.py`."""
        calling: tuple[StreamSource | QueueSource | Schedule, ...] = (*self.streams, *self.queues, *self.schedules)
        return {source.function for source in calling}
