"""Rosters as managers see them."""

from chalicelib.core.texts import Language, text
from chalicelib.groups.schemas import rosters as schemas
from chalicelib.groups.service.roster_plans import Report
from chalicelib.groups.service.rosters import Removed, RosterPage


def report(taken: Report, language: Language) -> schemas.RosterReport:
    """What became of a file, in the caller's language."""
    refused = [
        schemas.RefusedLine(line=one.line, reason=one.reason, detail=text("roster", f"reasons.{one.reason}", language))
        for one in taken.refused
    ]
    return schemas.RosterReport(added=taken.added, changed=taken.changed, unchanged=taken.unchanged, refused=refused)


def page(listed: RosterPage) -> schemas.RosterPage:
    """One page of who is expected."""
    items = [
        schemas.ExpectedMember(
            label=one.row.label,
            type=one.row.type,
            department_id=one.row.department_id,
            joined=one.joined,
            member_id=one.member_id,
        )
        for one in listed.expected
    ]
    return schemas.RosterPage(items=items, cursor=listed.cursor, unreadable=listed.unreadable)


def removed(done: Removed) -> schemas.RosterRemoved:
    """What was taken off the roster."""
    return schemas.RosterRemoved(removed=done.removed, unknown=done.unknown, unreadable=done.unreadable)
