"""What a night costs: the sync of people of whom nothing changed, measured by some pages, and reckoned for a whole city."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.table import Table

from bench.measuring import Cpu, Figures, Limits, Operation, Send
from bench.preparing import known_person, like, some_id, stored_row
from chalicelib.core import clock, ids, store
from chalicelib.core.reports import CitySource
from chalicelib.core.work import run_of, send
from chalicelib.health.effects import RegistryEffects
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.service.status import Status
from chalicelib.health.service.sync.looking import KEPT
from chalicelib.health.service.sync.running import Sync
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.sync import LOOK, LookRow, Phase, SyncRunRow
from chalicelib.people.tables.people import PersonRow
from infra.costs.parts import memory_mb
from infra.costs.prices import PriceList
from infra.costs.usage import ROUND_TRIP_MS, VCPU_MB
from infra.wiring import QUEUES
from tests.support import messages
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.told import ToldSource
from tests.support.working import Context

SYNCED = 500
"""People of the pages that are measured; enough that what a piece costs by itself hardly shows."""

OWN_SOURCE = 0.5 * SYNCED
"""Read units of the embedded source's batches: half a unit for the facts of each."""

RESIDENTS = 12_000_000
"""People of the city for which a night is reckoned (design §9)."""

SOURCE_MS = 300
"""How long a remote source is taken to need for a batch of a hundred."""

LOCAL = f"sync {SYNCED} people, nobody changed"
REMOTE = f"sync {SYNCED} people of a remote source, nobody changed"


def sync_of(source: Callable[[], CitySource]) -> Callable[[TestCity], Send]:
    """Pieces of a segment in which nobody changed, as the queue brings it; each person has facts of three kinds."""

    def prepare(city: TestCity) -> Send:
        asked = source()
        worker = Sync(asked, RegistryEffects(Status(asked)).tell)
        message = _segment(city, asked)
        return lambda: worker.handle({"Records": [message]}, Context())

    return prepare


def _segment(city: TestCity, source: CitySource) -> dict[str, object]:
    """A segment with people who are as somebody real is, and the message that asks for it."""
    person, segment, now = known_person(city), ids.new_id(), clock.now()
    city.verified(person)
    city.deliver()
    row = stored_row(PersonRow.of(person_id_of(person)))
    facts = list(store.query_all(FactRow, row.person_id, FactRow.sk >= "a"))
    mark = source.with_mark() if isinstance(source, ToldSource) else None
    people = [like(row, person_id=some_id(), segment=segment, source_mark=mark) for _ in range(SYNCED)]
    store.write_all(people)
    store.write_all(like(fact, person_id=one.person_id) for one in people for fact in facts)
    run = SyncRunRow(SyncRunRow.RUN, f"0-{segment}", phase=Phase.LOOKING.value, started_at=now, expires_at=now + KEPT)
    piece = LookRow(run_of(LOOK, run.run_id), segment, asks=True, started_at=now, expires_at=now + KEPT)
    store.write_all([run, piece])
    messages.take(LookRow.QUEUE)
    send(piece.own_key)
    (message,) = messages.take(LookRow.QUEUE)
    return message


NIGHTS = (
    Operation(
        LOCAL,
        sync_of(RegistrySource),
        Limits(round_trips=None, read=0.6 * SYNCED + OWN_SOURCE, cpu=1.5, section="§9: 0.6 + source"),
    ),
    Operation(REMOTE, sync_of(ToldSource), Limits(round_trips=None, read=0.6 * SYNCED, cpu=1.5, section="§9: 0.6")),
)


@dataclass(frozen=True)
class Night:
    """A whole night of one source, reckoned from some pages: calls of AWS, units, seconds of Lambda, money, and hours."""

    source_calls: int
    calls: float
    read: float
    write: float
    lambda_seconds: float
    money: float
    hours: float


def night_of(figures: Figures, cpu: Cpu, prices: PriceList) -> Night:
    """A night of a city in which nobody changed. What changed costs more, and as much as it is."""
    times = RESIDENTS / SYNCED
    is_remote = figures.operation.name == REMOTE
    batches = SYNCED // 100 if is_remote else 0
    memory = memory_mb("sync_worker")
    waiting = figures.record.round_trips * ROUND_TRIP_MS + batches * SOURCE_MS
    seconds = times * (cpu.whole * 1000 / min(1.0, memory / VCPU_MB) + waiting) / 1000
    read, write = times * figures.record.units.read, times * figures.record.units.write
    copies = next(source.concurrency for source in QUEUES if source.queue == LookRow.QUEUE)
    money = read / 1e6 * prices.of("read") + write / 1e6 * prices.of("write")
    money += seconds * memory / 1024 * prices.of("compute")
    return Night(
        int(times * batches),
        times * len(figures.record.of()),
        read,
        write,
        seconds,
        money,
        seconds / copies / 3600,
    )


def nights_table(nights: dict[str, Night], prices: PriceList) -> Table:
    """Both kinds of source beside each other."""
    copies = next(source.concurrency for source in QUEUES if source.queue == LookRow.QUEUE)
    title = f"A night of {RESIDENTS:,} people, nobody changed; {prices.currency} in {prices.region}, {copies} copies at once"
    table = Table("source", title=title, title_justify="left")
    for column in ("batches", "AWS calls", "read units", "write units", "Lambda s", prices.currency, "hours"):
        table.add_column(column, justify="right")
    for name, one in nights.items():
        counts = (one.source_calls, one.calls, one.read, one.write, one.lambda_seconds)
        table.add_row(name, *(f"{count:,.0f}" for count in counts), f"{one.money:.2f}", f"{one.hours:.1f}")
    return table
