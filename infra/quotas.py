"""What an AWS account gives all its cities together, per region, before anybody asked for more.

AWS service quotas of 2026: Lambda "Concurrent executions" (1,000; a fresh account may start with less and is raised on
request), API Gateway "Throttle rate" (10,000 requests a second) and "Throttle burst" (5,000). An operator who had them
raised raises them here, and then the numbers in the city files.
"""

from collections.abc import Iterable

from chalicelib.core.city import City
from infra.wiring import Wiring

CONCURRENCY = 1_000
UNRESERVED = 100
"""Lambda keeps a hundred for functions without reservation and refuses a deployment that would touch them."""

STREAM_COPIES = 4
"""Copies that a stream's consumer needs: one for each shard. A new table on demand has four partitions, each with a shard
(AWS: it takes 4,000 writes a second, and one partition takes 1,000)."""

REQUESTS_PER_SECOND = 10_000
BURST = 5_000


def shortfalls(cities: Iterable[City]) -> list[str]:
    """By how much the cities together ask for more than the account has; empty if they can't starve each other."""
    capacities = [city.capacity for city in cities]
    asked = {
        "reserved concurrency": (
            sum(number for one in capacities for number in one.concurrency.model_dump().values()),
            CONCURRENCY - UNRESERVED,
        ),
        "requests per second": (sum(one.requests_per_second for one in capacities), REQUESTS_PER_SECOND),
        "burst": (sum(one.burst for one in capacities), BURST),
    }
    return [f"{what}: {sum_} of {most}" for what, (sum_, most) in asked.items() if sum_ > most]


def crowded(city: City, wiring: Wiring | None = None) -> list[str]:
    """Functions with fewer reserved copies than their stream and their queues call at a time.

    SQS counts a call that is refused for want of a copy as a try, so a crowd would park messages that nothing is wrong with.
    """
    wired = wiring or Wiring()
    needed: dict[str, int] = {}
    for stream in wired.streams:
        needed[stream.function] = needed.get(stream.function, 0) + STREAM_COPIES
    for queue in wired.queues:
        needed[queue.function] = needed.get(queue.function, 0) + queue.concurrency
    reserved = city.capacity.concurrency.model_dump()
    return [f"{name}: {reserved[name]} of {least}" for name, least in sorted(needed.items()) if reserved[name] < least]
