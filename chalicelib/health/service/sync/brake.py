"""When a night is not believed: too many would turn abnormal by it, or too much of what the source said is garbage (T-36, R-19)."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.settings import settings
from chalicelib.health.tables.sync import LookRow


@dataclass(frozen=True)
class Totals:
    """What a run found in the whole city: people of it, people asked for, those to be written, those turned, and garbage."""

    people: int
    asked: int
    changed: int
    turned: int
    garbage: int


def totals(pieces: Sequence[LookRow]) -> Totals:
    """What the pieces of a run found together."""
    amounts = ([int(one.done), int(one.asked), int(one.changed), int(one.turned), int(one.garbage)] for one in pieces)
    return Totals(*map(sum, zip(*amounts, strict=True)))


def is_doubtful(found: Totals) -> bool:
    """Whether somebody must look before any of it is written."""
    policy = settings().city.sync
    too_many = found.turned > max(policy.least, policy.abnormal_share * found.people)
    return too_many or is_too_much_garbage(found.garbage, found.asked)


def is_too_much_garbage(garbage: int, asked: int) -> bool:
    """Whether so much of what was asked for can't be used that the source itself is in doubt."""
    policy = settings().city.sync
    return garbage > max(policy.least, policy.garbage_share * asked)
