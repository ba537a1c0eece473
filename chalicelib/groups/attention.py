"""Who needs attention, and from when: computed from what a member shares, never from what is only known (R0.5).

Worst is a state of the city's scheme that is not its normal one; behind all states comes what is overdue. A kind is overdue
from the midnight of the city that ends its last good day: the day on which it happened, and as many more as the policy says.
What a member shares and nobody reported yet counts from the day on which they joined.

Each row says on which day somebody must look at it again: the day on which something becomes overdue, and each day from then
on while it is, for whoever is overdue is reminded every day.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock
from chalicelib.core.settings import settings
from chalicelib.groups import statuses
from chalicelib.groups.consents import Scope
from chalicelib.groups.policies import KINDS, PolicySet
from chalicelib.groups.tables import ListedMember, MembershipRow, PlacedMember

OVERDUE = "overdue"
"""The word for a member of whom something is overdue and nothing worse is known."""

MILDEST = 8
"""The rank of the mildest of states that need attention; a scheme with more than nine of them has its mildest at one rank."""

DUE_SHARDS = 16
"""Parts of a day's reminders, so that no key of the index takes more than 500 writes a second (design §9)."""

MORNING = 9
"""The hour of the city's clock from which people are reminded (R0.5); before it nobody was looked at on that day."""

INPUTS = ("scopes", "joined_at", "path", "type", "status", *KINDS)
"""What a standing is computed from, beside the policies and the day."""

STATUS_INPUTS = ("joined_at", "path", "overdue", "attention_key", "status")
"""What a row holds of its attention is computed from, when nothing but its status changes."""

STANDING = ("overdue", "attention", "attention_key", "due_day")
"""The columns of a standing."""


@dataclass(frozen=True)
class Standing:
    """What is to be said of a member on one day.

    `since` is the day from which the first of what is overdue is overdue, `due` the next day on which something becomes so.
    `state` is the state that is not normal.
    """

    overdue: list[str] = field(default_factory=list)
    since: date | None = None
    due: date | None = None
    state: str | None = None

    @property
    def attention(self) -> str | None:
        """Why the member is listed among those who need attention; None if they are not."""
        return self.state or (OVERDUE if self.overdue else None)


def standing(member: ListedMember, policies: PolicySet, at: datetime) -> Standing:
    """The standing of a member at the aware moment `at`."""
    today = clock.local_day(settings().city.time_zone, at)
    starts = overdue_from(member, policies)
    overdue = sorted(kind for kind, day in starts.items() if day <= today)
    return Standing(
        overdue,
        min((starts[kind] for kind in overdue), default=None),
        min((day for day in starts.values() if day > today), default=None),
        _abnormal(member),
    )


def _abnormal(member: ListedMember) -> str | None:
    """The state that a member shares, if it is not the normal one. One that the scheme does not hold stands in no order."""
    state = (member.status or {}).get("state") if Scope.HEALTH_CODE in member.scopes else None
    return state if settings().city.scheme.rank(state) > 0 else None


def overdue_from(member: ListedMember, policies: PolicySet) -> dict[str, date]:
    """From which day each kind is overdue, of the kinds that the member shares and that have a period."""
    starts = {}
    for kind, days in policies.of(member.path, member.type).items():
        if kind in member.scopes and (day := _overdue_from(_last(member, kind), days)) is not None:
            starts[kind] = day
    return starts


def _last(member: ListedMember, kind: str) -> datetime:
    """When a kind was last reported as the member shares it; when they joined, if it was not."""
    seen = getattr(member, kind)
    return member.joined_at if seen is None else datetime.fromisoformat(seen["occurred_at"])


def _overdue_from(last: datetime, days: int) -> date | None:
    """The first day of the city that is no good day any more; None if the calendar ends before."""
    try:
        return clock.local_day(settings().city.time_zone, last) + timedelta(days=days + 1)
    except OverflowError:
        return None


def rank_of(attention: str) -> str:
    """How urgent an attention is: the worst sorts first, and what is merely overdue last. The one place that says so."""
    scheme = settings().city.scheme
    return "9" if attention == OVERDUE else str(min(MILDEST, len(scheme.states) - 1 - scheme.rank(attention)))


def columns(row: PlacedMember, policies: PolicySet) -> dict[str, Any]:
    """What a membership's row holds of its standing now; computed anew whenever one of INPUTS, or a policy, changes.

    All of it is written each time, also what is as it was when the row was read: somebody else may have written in between.
    """
    at = clock.now()
    now = standing(row, policies, at)
    day = _day_of_reminder(row, at) if now.overdue else now.due
    due = None if day is None else due_part(day, zlib.crc32(row.member_id.encode()) % DUE_SHARDS)
    since = None if now.since is None else str(now.since)
    return {"overdue": now.overdue or None, "due_day": due, **_listed(row, now.attention, since)}


def due_part(day: date, shard: int) -> str:
    """One of the parts of a day's reminders."""
    return f"{day}#{shard}"


def _day_of_reminder(row: PlacedMember, at: datetime) -> date:
    """The next day on which somebody who is overdue is looked at: today, if that was not done; else tomorrow.

    It was not done while the row still stands there for today, or for a day that was missed, nor before the morning.
    """
    now = clock.local(settings().city.time_zone, at)
    waits = row.due_day is not None and row.due_day.partition("#")[0] <= str(now.date())
    return now.date() if waits or now.hour < MORNING else now.date() + timedelta(days=1)


def of_status(row: MembershipRow) -> dict[str, Any]:
    """What a row holds of its attention after its status changed and nothing else did: what is overdue is as it was stored.

    So a change of status needs no policies. `STATUS_INPUTS` is what this is computed from.
    """
    overdue_since = row.attention_key.rpartition("#")[2] if row.overdue and row.attention_key else None
    return _listed(row, _abnormal(row) or (OVERDUE if row.overdue else None), overdue_since)


def _listed(row: PlacedMember, attention: str | None, overdue_since: str | None) -> dict[str, Any]:
    """Where a member stands among those who need attention: by path, rank and day, and last since when something is overdue."""
    if attention is None:
        return {"attention": None, "attention_key": None}
    days = [overdue_since] if overdue_since else []
    if attention != OVERDUE:
        days.insert(0, _day_of(row.status or {}))
    return {"attention": attention, "attention_key": f"{row.path}{rank_of(attention)}#{'#'.join(days)}"}


def _day_of(status: Mapping[str, Any]) -> str:
    """The day of the city on which a state began."""
    since = status.get("since") or status.get("as_of")
    return "" if since is None else str(clock.local_day(settings().city.time_zone, datetime.fromisoformat(since)))


def assign_to(row: MembershipRow, values: Mapping[str, Any]) -> None:
    """Give a row's attributes these values."""
    for name, value in values.items():
        setattr(row, name, value)


def show(member: ListedMember, policies: PolicySet) -> None:
    """Bring a row that is about to be shown to this moment: the stored one is as old as its last change.

    Whose state was not normal and can't be gone by any more still needs attention: as one of whom nobody knows.
    """
    at = clock.now()
    now, status = standing(member, policies, at), statuses.shown(member, at)
    member.overdue, member.attention = now.overdue or None, now.attention
    if now.state is not None and status is not None and status["state"] != now.state:
        member.attention = str(status["state"])
    member.status = status


def unchanged(row: PlacedMember, names: Sequence[str] = INPUTS) -> Condition:
    """That what is stored is still what was read: all that the row's standing was computed from, or these columns."""
    same: Condition = MembershipRow.org_id.exists()
    for name in names:
        attribute, value = row.get_attributes()[name], getattr(row, name)
        same &= attribute.does_not_exist() if value is None else attribute == value
    return same
