"""The status of a member as a book holds it and as it shows it: only where the member shares their health code.

What is held is the status of the person with its version. What is shown follows the scheme and the freshness of the source at
that moment: a status that is too old, or whose state the city no longer knows, reads as unknown.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import clock
from chalicelib.core.runs import complete_through
from chalicelib.core.settings import settings
from chalicelib.groups.consents import Scope
from chalicelib.groups.tables import ListedMember, MembershipRow
from chalicelib.health.service.status import reported_through
from chalicelib.people.tables.people import PersonRow, segment_of

COLUMNS = ("status", "status_version")
"""The columns of a membership that follow the person's status."""


def columns(row: MembershipRow, person: PersonRow) -> dict[str, Any]:
    """What a membership holds of a person's status, with the scopes that it has; one that is newer than `person` stays."""
    if Scope.HEALTH_CODE not in row.scopes:
        return dict.fromkeys(COLUMNS)
    version = int(person.status_version)
    if row.status_version is not None and row.status_version > version:
        return {name: getattr(row, name) for name in COLUMNS}
    return {"status": _stored(person), "status_version": version or None}


def shared_from(scopes: Iterable[str], before: MembershipRow | None, person: PersonRow) -> int | None:
    """The version of the status with which a member who shares these scopes now began to share their health code.

    `before` is the membership with the scopes that it had, if it was there. Of changes up to that version nobody is told.
    """
    if Scope.HEALTH_CODE not in scopes:
        return None
    if before is not None and Scope.HEALTH_CODE in before.scopes:
        return int(before.shared_version or 0)
    return int(person.status_version)


def shared_since(member: MembershipRow, version: int) -> bool:
    """Whether a member shared their health code when this version of their status came, and ever since."""
    return Scope.HEALTH_CODE in member.scopes and version > (member.shared_version or 0)


def _stored(person: PersonRow) -> dict[str, Any] | None:
    if person.state is None:
        return None
    stored = {
        "state": person.state,
        "since": _iso(person.state_since),
        "until": _iso(person.state_until),
        "as_of": _iso(reported_through(person)),
    }
    return stored if person.stale_since is None else {**stored, "unread_since": _iso(person.stale_since)}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else clock.iso(at)


def shown(member: ListedMember, at: datetime) -> dict[str, Any] | None:
    """The status of a member as it reads at an aware moment; None if the member does not share it.

    *unknown* is too old, of a state that the city no longer knows, or not there; so is an entry that was allowed until a
    moment that is past.
    """
    if Scope.HEALTH_CODE not in member.scopes:
        return None
    held = member.status or {}
    as_of = _as_of(member, held)
    state = settings().city.scheme.state(held.get("state"))
    is_old = as_of is None or at - as_of > timedelta(hours=settings().city.freshness.limit_hours)
    until = _moment(held.get("until"))
    if is_old or (state.allows_entry and until is not None and until <= at):
        state = settings().city.scheme.unknown
    is_known = state.name == held.get("state")
    times = {name: held.get(name) if is_known else None for name in ("since", "until")}
    return {"state": state.name, **times, "as_of": _iso(as_of)}


def _as_of(member: ListedMember, held: Mapping[str, Any]) -> datetime | None:
    """How old what is known of a member is: what was reported of them, or all that is known of their segment of the city.

    Of somebody whose facts could not be read since a moment nothing is known after it, whatever was confirmed since.
    """
    moments = [complete_through(segment_of(member.person_id)), _moment(held.get("as_of"))]
    known = max((one for one in moments if one is not None), default=None)
    return None if known is None else min(known, _moment(held.get("unread_since")) or known)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
