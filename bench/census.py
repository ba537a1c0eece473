"""`python -m bench.census`: how many writes a second the keys of a rush take, by the keys that the code itself makes (R-09, T-35).

Rushes are played through without any storage: 500 check-ins a second at one place, and 20,000 a second over the city.
Each check-in is written where `chalicelib.places` would write it, and counted as its stream's consumer would: by batches of a
shard's records, a transaction for each place of a batch. No key of a table or index may take more than 500 writes in a second.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32

from rich.console import Console
from rich.table import Table

from chalicelib.core import clock
from chalicelib.core.crypto import encode
from chalicelib.core.ids import from_bytes
from chalicelib.places.counting import Part
from chalicelib.places.tables import part_of
from infra.wiring import STREAMS

LIMIT = 500
"""Writes that one key may take in a second (design §9): half of what a partition takes."""

SECONDS = 3
"""How long each rush is: no key is made of anything shorter but the five minutes of a check-in."""

RUSH_AT = datetime(2022, 4, 6, 0, 20, tzinfo=UTC)
"""Half past eight in the morning, to ten minutes, of a city in China."""

ZONE = "Asia/Shanghai"
SHARD_WRITES = 1_000
"""Writes a second that one partition takes, and so one shard of the stream brings (AWS)."""

BATCHES_A_SECOND = 10
"""Batches that one shard's consumer works off in a second, where each takes 100 ms. Were it slower, batches would be fuller and
writes fewer."""

Key = tuple[str, str]


@dataclass(frozen=True)
class Rush:
    """So many check-ins a second at so many places."""

    name: str
    per_second: int
    places: int


RUSHES = (
    Rush("one place, 500 a second", 500, 1),
    Rush("the city, 20,000 a second at 50,000 places", 20_000, 50_000),
    Rush("the city, 20,000 a second at 200 places", 20_000, 200),
)


@dataclass(frozen=True)
class Hottest:
    """The key of one table or index that takes the most writes in a second."""

    where: str
    writes: int


def census(rush: Rush, seed: int = 1) -> list[Hottest]:
    """The hottest key of each table and index in the rush."""
    chance = random.Random(seed)  # noqa: S311  keeps no secret
    places = [from_bytes(chance.randbytes(16)) for _ in range(rush.places)]
    hottest: dict[str, int] = {}
    for second in range(SECONDS):
        at = RUSH_AT + timedelta(seconds=second)
        written = [_checkin(chance, places, at) for _ in range(rush.per_second)]
        for (where, _), writes in _writes(written, rush).items():
            hottest[where] = max(hottest.get(where, 0), writes)
    return [Hottest(where, writes) for where, writes in sorted(hottest.items())]


def _checkin(chance: random.Random, places: list[str], at: datetime) -> tuple[str, str]:
    """The partition of a check-in, and its visitor."""
    member_id = encode(chance.randbytes(16))
    return part_of(chance.choice(places), clock.local_day(ZONE, at), member_id, 1), member_id


def _writes(written: Iterable[tuple[str, str]], rush: Rush) -> Mapping[Key, int]:
    """How often each key is written in one second."""
    found = Counter[Key]()
    parts = []
    for part, visitor in written:
        found["checkins", part] += 1
        found["checkins by_visitor", visitor] += 1
        parts.append(part)
    for part in _transactions(parts, rush):
        found["counters", part] += 1
        found["counters cursor", f"cursor#{part}"] += 1
        found["counters of the city", Part.of(part).city_scope] += 1
    return found


def _transactions(parts: list[str], rush: Rush) -> Iterator[str]:
    """The places whose numbers are written: each once a batch of a shard."""
    batch = next(stream.batch_size for stream in STREAMS if stream.table == "checkins")
    shards = max(4, -(-rush.per_second // SHARD_WRITES))
    by_shard: list[list[str]] = [[] for _ in range(shards)]
    for part in parts:
        by_shard[crc32(part.encode()) % shards].append(part)
    for brought in by_shard:
        size = max(1, min(batch, -(-len(brought) // BATCHES_A_SECOND)))
        for start in range(0, len(brought), size):
            yield from set(brought[start : start + size])


def main() -> int:
    """Print the hottest keys. Exit codes: 0 none is over the limit; 1 one is."""
    table = Table("writes in a second to one key", *(rush.name for rush in RUSHES))
    found = [{one.where: one.writes for one in census(rush)} for rush in RUSHES]
    for where in sorted({where for one in found for where in one}):
        table.add_row(where, *(str(one.get(where, 0)) for one in found))
    Console(width=140).print(table)
    return 1 if any(writes > LIMIT for one in found for writes in one.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
