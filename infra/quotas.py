"""What an AWS account gives all its cities together, per region, before anybody asked for more.

AWS service quotas of 2026: Lambda "Concurrent executions" (1,000; a fresh account may start with less and is raised on
request), API Gateway "Throttle rate" (10,000 requests a second) and "Throttle burst" (5,000). An operator who had them
raised raises them here, and then the numbers in the city files.
"""

from collections.abc import Iterable

from chalicelib.core.city import City

CONCURRENCY = 1_000
UNRESERVED = 100
"""Lambda keeps a hundred for functions without reservation and refuses a deployment that would touch them."""

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
