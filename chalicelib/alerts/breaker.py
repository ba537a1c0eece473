"""The breaker: more alerts in a window than the city set are held until an operator has looked (`[alerts]` of the city file).

A wrong delivery of a source would otherwise tell a whole city that its people are ill. From the first alert that is too
many on, all wait; the operator is told once and lets them go or drops them, and the count begins anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.alerts.raising import ask_for
from chalicelib.alerts.tables import AlertRow, BreakerRow, HeldRow, Outcome, WindowRow, partition_of
from chalicelib.alerts.topics import tell_city
from chalicelib.core import clock, ids, store
from chalicelib.core.errors import Conflict
from chalicelib.core.log import Event, emit
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction

TELLING_SECONDS = 60
"""How long whoever opened a hold has for telling the operators; later whoever holds another alert does it again."""


class Decision(StrEnum):
    """What an operator decides of a hold."""

    RELEASE = "release"
    DROP = "drop"


@dataclass(frozen=True)
class Hold:
    """What is held: how many alerts, of how many organizations, since when."""

    alerts: int
    organizations: int
    since: datetime | None


class HoldEnded(Conflict):
    """The hold ended between looking and holding; the alert is looked at again."""


class NothingHeld(Conflict):
    """There is no hold."""


class OtherDecision(Conflict):
    """The hold is being ended by the other decision; that goes on to its end first."""


def is_held(alert: AlertRow, breaker: BreakerRow | None) -> bool:
    """Whether an alert has to wait: then it is in the hold when this returns, and operators know of the hold.

    Each alert is counted once, whatever becomes of it afterwards. Raises HoldEnded.
    """
    if alert.released:
        return False
    if breaker is None or breaker.hold is None or breaker.decision is not None:
        if alert.counted or _count(alert, breaker) <= settings().city.alerts.hold_above:
            return False
        breaker = _opened(alert)
    if breaker.hold is None:
        raise HoldEnded
    _hold(alert, breaker.hold)
    _tell_if_nobody_did(breaker)
    return True


def end(decision: Decision) -> int:
    """Carry out what an operator decided of all alerts of the present hold. Returns of how many; killed, it can be repeated.

    From its beginning on new alerts go out, and are counted anew. Raises NothingHeld or OtherDecision.
    """
    breaker = store.read_together([BreakerRow.here()]).get(BreakerRow.here())
    if breaker is None or breaker.hold is None:
        raise NothingHeld
    hold = breaker.hold
    open_for_it = BreakerRow.decision.does_not_exist() | (BreakerRow.decision == decision.value)
    actions = [BreakerRow.decision.set(decision.value), BreakerRow.last.set(hold)]
    if store.update(BreakerRow.here(), actions, (BreakerRow.hold == hold) & open_for_it) is None:
        raise OtherDecision
    carry_out = _let_go if decision is Decision.RELEASE else _drop
    done = 0
    for held in list(held_in(hold)):
        carry_out(held)
        done += 1
    over = [BreakerRow.hold.remove(), BreakerRow.decision.remove(), BreakerRow.told_at.remove()]
    store.update(BreakerRow.here(), over, BreakerRow.hold == hold)
    return done


def present() -> Hold | None:
    """The hold that waits for a decision, or for the end of one; None if there is none."""
    breaker = store.read_together([BreakerRow.here()]).get(BreakerRow.here())
    if breaker is None or breaker.hold is None:
        return None
    held = [one.alert.hash_value for one in held_in(breaker.hold) if one.expires_at > clock.now()]
    return Hold(len(held), len(set(held)), breaker.opened_at)


def held_in(hold: str) -> Iterator[HeldRow]:
    """The alerts of a hold, consistently."""
    return store.query_all(HeldRow, partition_of(hold))


def _count(alert: AlertRow, breaker: BreakerRow | None) -> int:
    """How many alerts the present window had with this one; 0 if this one was counted by another delivery just now."""
    uncounted = AlertRow.org_id.exists() & AlertRow.counted.does_not_exist()
    if store.update(alert.own_key, [AlertRow.counted.set(True)], uncounted) is None:
        return 0
    length = settings().city.alerts.window_minutes * 60
    window = WindowRow.of(breaker.last if breaker else None, clock.epoch() // length)
    expires_at = clock.now() + timedelta(seconds=2 * length)
    row = store.update(window, [WindowRow.amount.add(1), WindowRow.expires_at.set(expires_at)])
    return int(row.amount) if row is not None else 0


def _opened(alert: AlertRow) -> BreakerRow:
    """The breaker with a hold: a new one, or the one that another copy opened just before.

    Raises HoldEnded while an earlier hold is being ended; then the alert counts again when it comes back.
    """
    now = clock.now()
    actions = [BreakerRow.hold.set(ids.new_id()), BreakerRow.opened_at.set(now), BreakerRow.told_at.remove()]
    opened = store.update(BreakerRow.here(), actions, BreakerRow.hold.does_not_exist())
    if opened is not None:
        return _told(opened)
    found = store.read_together([BreakerRow.here()]).get(BreakerRow.here())
    if found is None or found.decision is not None:
        store.update(alert.own_key, [AlertRow.counted.remove()], AlertRow.org_id.exists())
        raise HoldEnded
    return found


def _tell_if_nobody_did(breaker: BreakerRow) -> None:
    overdue = clock.now() - timedelta(seconds=TELLING_SECONDS)
    if breaker.told_at is None and breaker.opened_at is not None and breaker.opened_at <= overdue:
        _told(breaker)


def _told(breaker: BreakerRow) -> BreakerRow:
    """Tell the operators of a hold, by the log that an alarm hangs on and by the city's topic, and note that."""
    emit(Event.ALERTS_HELD, count=settings().city.alerts.hold_above)
    tell_city({"event": Event.ALERTS_HELD.value, "hold": str(breaker.hold)})
    same = BreakerRow.hold == breaker.hold
    return store.update(BreakerRow.here(), [BreakerRow.told_at.set(clock.now())], same) or breaker


def _hold(alert: AlertRow, hold: str) -> None:
    """Put an alert into the hold, if that is still open: behind an operator's decision nothing is added to it."""
    held = HeldRow.of(hold, alert.org_id, alert.alert_id)
    row = HeldRow(held.hash_value, held.range_value, expires_at=alert.expires_at)
    still_open = (BreakerRow.hold == hold) & BreakerRow.decision.does_not_exist()
    transaction = Transaction().check(BreakerRow.here(), still_open, HoldEnded())
    transaction.put(row)
    transaction.update(alert.own_key, [AlertRow.hold.set(hold)], AlertRow.org_id.exists(), HoldEnded())
    transaction.commit()


def _let_go(held: HeldRow) -> None:
    """Let an alert go out. It is on the queue before the hold forgets it, so that a death in between loses none."""
    waiting = AlertRow.org_id.exists() & AlertRow.outcome.does_not_exist()
    if store.update(held.alert, [AlertRow.released.set(True), AlertRow.hold.remove()], waiting) is not None:
        ask_for(held.alert)
    store.delete(held.own_key)


def _drop(held: HeldRow) -> None:
    """End an alert unsent. Its row stays, so that managers see that it was dropped."""
    waiting = AlertRow.org_id.exists() & AlertRow.outcome.does_not_exist()
    actions = [
        AlertRow.outcome.set(Outcome.DROPPED.value),
        AlertRow.settled_at.set(clock.now()),
        AlertRow.hold.remove(),
    ]
    store.update(held.alert, actions, waiting)
    store.delete(held.own_key)
