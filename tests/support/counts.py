"""The numbers of a book as its consumer keeps them, and as they are counted from the members themselves."""

from collections import Counter
from dataclasses import dataclass

from chalicelib.core.counters import numbers
from chalicelib.groups.counting import contribution, scope_of
from chalicelib.groups.tables import MembershipsTable
from tests.support.rows import items_of


@dataclass(frozen=True)
class Numbers:
    """What lies in `counters`, and what should; numbers that are zero count as not there."""

    kept: dict[str, int]
    true: dict[str, int]


def numbers_of(org_id: str) -> Numbers:
    """Both, of a book small enough for one page."""
    true: Counter[str] = Counter()
    for image in items_of(MembershipsTable, org_id):
        true.update(contribution(image))
    kept = numbers(scope_of(org_id)).found
    return Numbers({name: number for name, number in kept.items() if number}, dict(true))


def assert_counted(org_id: str) -> dict[str, int]:
    """The numbers of a book, which are what its members make."""
    both = numbers_of(org_id)
    assert both.kept == both.true
    return both.kept
