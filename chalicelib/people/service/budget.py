"""The city's budget of text messages: so many in an hour, whatever they say, with an alarm before it is used up (T-03)."""

import math
import random
from dataclasses import dataclass

from chalicelib.core import clock
from chalicelib.core.log import Event, emit
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.people.errors import SmsBudgetSpent
from chalicelib.people.service.limits import HOUR, Window, count_one, counted, hour_window, seconds_left

SHARDS = 16
"""Parts of the budget, each counted by itself, so that no key takes more than 500 writes a second (design §9)."""


@dataclass(frozen=True)
class Share:
    """A shard of the budget: messages of the present hour, and how many there may be."""

    shard: int
    used: int
    budget: int


def open_shards(share: float = 1.0) -> list[int]:
    """The shards that have any budget for who takes so much of it, in the order in which to ask them: any will do."""
    shards = [shard for shard in range(SHARDS) if _part(shard, share)]
    return random.sample(shards, len(shards))


def count_message(transaction: Transaction, shard: int, share: float = 1.0) -> None:
    """Count one message in a shard within a transaction, or let it fail with SmsBudgetSpent once so much of it is used."""
    window = Window(_subject(shard), hour_window(clock.now()), _part(shard, share), HOUR)
    count_one(transaction, window, SmsBudgetSpent())


def watch(shard: int) -> None:
    """Raise the alarm when this shard crosses the city's alarm share; shards fill evenly, so each stands for all."""
    used = counted(_subject(shard), hour_window(clock.now()))
    if used == math.ceil(_part(shard) * settings().city.sms.alarm_share):
        emit(Event.SMS_BUDGET_NEAR, share=settings().city.sms.alarm_share)


def take_one(share: float = 1.0) -> None:
    """Count a message that needs nothing else counted, and leaves the rest of the budget behind `share` to other messages.

    Raises SmsBudgetSpent, which says when there is budget again.
    """
    for shard in open_shards(share):
        transaction = Transaction()
        count_message(transaction, shard, share)
        try:
            transaction.commit()
        except SmsBudgetSpent:
            continue
        watch(shard)
        return
    raise SmsBudgetSpent(seconds_left(HOUR))


def subjects() -> list[str]:
    """What the shards are counted under in `logins`."""
    return [_subject(shard) for shard in range(SHARDS)]


def present() -> list[Share]:
    """How much of each shard's part of the present hour is used."""
    window = hour_window(clock.now())
    return [Share(shard, counted(_subject(shard), window), _part(shard)) for shard in range(SHARDS)]


def _subject(shard: int) -> str:
    return f"city#sms#{shard}"


def _part(shard: int, share: float = 1.0) -> int:
    """A shard's part of the city's hourly budget, or of so much of it; the parts of all add up to that and no more."""
    part, rest = divmod(math.floor(settings().city.sms.hourly_budget * share), SHARDS)
    return part + (shard < rest)
