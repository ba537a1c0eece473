"""What the job of the reminders leaves in `runs`, and what it finds in the index of due days."""

from typing import ClassVar

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from chalicelib.core.runs import RunsTable
from chalicelib.core.store import Key
from chalicelib.core.work import WorkRow
from chalicelib.groups.tables.memberships import MembershipsTable

QUEUE = "due_members"
"""The queue by which the pieces of the job go."""

REPORTS = "reminders_report"
"""The partition of the reports, one a day."""


class DueMember(MembershipsTable):
    """What the index by due day holds of a member."""

    due_day = UnicodeAttribute()


class PartWork(WorkRow):
    """A part of a day's messages. One delivery at a time works on it: two would take twice the messages of the budget."""

    QUEUE = QUEUE
    EXCLUSIVE = True
    KIND: ClassVar[str]

    part = UnicodeAttribute()


class ReminderWork(PartWork):
    """Members who are due."""

    KIND = "reminders"


class MorningWork(PartWork):
    """People who want the numbers of their books each morning."""

    KIND = "mornings"


class ReminderReport(RunsTable):
    """What became of the reminders of a day.

    `sent` and `failed` are text messages, one that a carrier refused being repeated by nobody. `unreachable` are looks at
    somebody who is overdue and has no phone, or wants no text messages; `waiting` are those for whom the budget had no room,
    in each quarter of an hour anew. `restood` are rows of members that were put right, and `missed` those that nobody looked at
    until the evening. What a process did that died is not in it.
    """

    sent = NumberAttribute(default=0)
    failed = NumberAttribute(default=0)
    unreachable = NumberAttribute(default=0)
    waiting = NumberAttribute(default=0)
    restood = NumberAttribute(default=0)
    missed = NumberAttribute(default=0)
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, day: str) -> "Key[ReminderReport]":
        """Where a day's lies."""
        return cls.key(REPORTS, day)
