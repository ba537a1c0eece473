"""When a night is not believed: too many would turn abnormal by it, or well, or too much of what the source said is garbage.

T-36, R-19, decision 33.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.settings import settings
from chalicelib.health.tables.sync import COUNTS, LookRow


@dataclass(frozen=True)
class Totals:
    """What a run found in the whole city: people of it, people asked for, those to be written, those turned, and garbage.

    Of those who are `abnormal`, `recovered` would not be by it.
    """

    people: int
    asked: int
    changed: int
    turned: int
    garbage: int
    abnormal: int
    recovered: int


def totals(pieces: Sequence[LookRow]) -> Totals:
    """What the pieces of a run found together."""
    people = sum(int(one.done) for one in pieces)
    counted = {name: sum(int(getattr(one, name)) for one in pieces) for name in COUNTS if name != "people"}
    return Totals(people, **counted)


def is_doubtful(found: Totals) -> bool:
    """Whether somebody must look before any of it is written."""
    policy = settings().city.sync
    too_many = found.turned > max(policy.least, policy.abnormal_share * found.people)
    too_well = found.recovered > max(policy.least, policy.normal_share * found.abnormal)
    return too_many or too_well or is_too_much_garbage(found.garbage, found.asked)


def is_too_much_garbage(garbage: int, asked: int) -> bool:
    """Whether so much of what was asked for can't be used that the source itself is in doubt."""
    policy = settings().city.sync
    return garbage > max(policy.least, policy.garbage_share * asked)
