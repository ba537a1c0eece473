"""What is counted of a member: which numbers of which department a stored membership is part of."""

import re
from collections.abc import Mapping
from enum import StrEnum

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.core.errors import Broken
from chalicelib.core.store import RawItem, list_of, maybe, maybe_list_of
from chalicelib.groups.consents import Scope
from chalicelib.groups.tables import MembershipsTable

NO_DEPARTMENT = "-"
"""Stands for the organization itself, whose direct members are in no department."""

UNKNOWN = "unknown"
"""The state of somebody who shares their health code and of whom no state is computed."""

OVERDUE = frozenset({"nucleic_acid", "travel", "vaccination"})
"""What may be overdue."""

DEPARTMENT = re.compile(r"[A-Za-z0-9_-]{2,64}")
STATE = re.compile(r"[a-z_]{1,32}")


class Metric(StrEnum):
    """What is counted. Those that end in a colon go on with a word."""

    MEMBERS = "members"
    ATTENTION = "attention"
    UNREADABLE = "unreadable"
    STATE = "state:"
    OVERDUE = "overdue:"
    UNSHARED = "unshared:"


class CountedMember(MembershipsTable):
    """As much of a membership as is counted, so that nothing else in it can make it unreadable."""

    department_id = maybe(UnicodeAttribute)
    scopes = list_of(UnicodeAttribute)
    status = maybe(JSONAttribute)
    attention = maybe(UnicodeAttribute)
    overdue = maybe_list_of(UnicodeAttribute)


class RecountMark(MembershipsTable):
    """What a recount puts into a book for a moment, to see in the stream how far its members are counted. It is no member."""

    mark = UnicodeAttribute()

    MEMBER_ID = "RECOUNT"
    """No member's id, which has 22 characters."""

    @classmethod
    def mark_in(cls, image: RawItem | None) -> str | None:
        """The mark of a stored form; None if it was taken away, or can't be read."""
        try:
            return None if image is None else cls.from_raw_data(image).mark
        except Broken:
            return None


def scope_of(org_id: str) -> str:
    """Where the numbers of a book's members lie. They are of now, so they have no day."""
    return f"members#{org_id}"


def counter_of(department_id: str, metric: str) -> str:
    """The name of one number of a department's direct members."""
    return f"{department_id}#{metric}"


UNREADABLE_ONE = {counter_of(NO_DEPARTMENT, Metric.UNREADABLE): 1}
"""What a membership is part of that can't be read."""


def contribution(image: RawItem | None) -> dict[str, int]:
    """The numbers that a stored membership is part of, each once; none for one that is not there.

    A total function of what is stored: a membership that can't be read is one of the unreadable ones of the organization
    itself. Whoever changes what it says has all books recounted after the release (docs/operations.md).
    """
    if image is None:
        return {}
    try:
        return counted(CountedMember.from_raw_data(image))
    except Broken:
        return dict(UNREADABLE_ONE)


def counted(member: CountedMember) -> dict[str, int]:
    """The same of a member that was read. What can't be understood in it makes it an unreadable one."""
    try:
        metrics = _metrics(member)
    except Broken:
        return dict(UNREADABLE_ONE)
    return {counter_of(member.department_id or NO_DEPARTMENT, metric): 1 for metric in metrics}


def _metrics(member: CountedMember) -> set[str]:
    shared, overdue = set(member.scopes), set(member.overdue or ())
    if None in shared or not overdue <= OVERDUE:
        raise Broken
    if member.department_id is not None and not DEPARTMENT.fullmatch(member.department_id):
        raise Broken
    metrics: set[str] = {Metric.MEMBERS}
    if member.attention is not None:
        metrics.add(Metric.ATTENTION)
    if Scope.HEALTH_CODE in shared:
        metrics.add(f"{Metric.STATE}{_state(member.status)}")
    metrics |= {f"{Metric.UNSHARED}{scope}" for scope in Scope if scope not in shared}
    return metrics | {f"{Metric.OVERDUE}{kind}" for kind in overdue}


def _state(status: object) -> str:
    """The state that a snapshot shows. Raises Broken for what is none."""
    if status is None:
        return UNKNOWN
    state = status.get("state") if isinstance(status, Mapping) else None
    if not isinstance(state, str) or not STATE.fullmatch(state):
        raise Broken
    return state
