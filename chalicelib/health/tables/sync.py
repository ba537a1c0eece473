"""Rows of `runs` that say how far the nightly sync is: its runs, their pieces of work, and what waits to be written (R1.3)."""

from enum import StrEnum
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib.core import clock, store
from chalicelib.core.ports import Fact
from chalicelib.core.reports import Report
from chalicelib.core.runs import RunsTable
from chalicelib.core.store import Key, maybe
from chalicelib.core.work import WorkRow, run_of

LOOK = "sync_look"
"""The kind of work that asks the source and stores nothing but what is to be written."""

WRITE = "sync_write"
"""The kind of work that writes it."""

CHANGES = "changes"
"""The piece of a run that reads what changed, beside those of the segments."""


SETTLE = "sync_settle"
"""The kind of work that follows a decision on a run."""

DAY = len("2022-04-06")
"""Characters of a run's name that are its day."""


class Phase(StrEnum):
    """How far a run is."""

    LOOKING = "looking"
    """The source is asked; nothing is written about anybody."""
    PARKED = "parked"
    """It would turn too many people abnormal, or too much of it is garbage: it waits for an officer and an operator."""
    WRITING = "writing"
    DONE = "done"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"
    """A newer run began before this one was done: what it would have written is older."""

    @property
    def is_over(self) -> bool:
        """Whether nothing of the run is done any more."""
        return self in {Phase.DONE, Phase.DISCARDED, Phase.SUPERSEDED}


COUNTS = ("people", "asked", "changed", "turned", "abnormal", "recovered", "garbage")
"""What a run counts, in the order in which it is shown."""


class SyncRunRow(RunsTable):
    """One run: of which day, by what, how far, and who let it go on if it was parked.

    `begins_at` is the source's cursor from which a run by changes reads, `position` the one from which the next may. The counts
    are those of the whole run, once all was looked at: people of the city, people asked for, those changed, those whom it
    would turn abnormal, reports that can't be used, people who are `abnormal`, and those of them who would be well. `officer`
    is a person, `operator` a principal of AWS.
    """

    phase = UnicodeAttribute()
    started_at = UTCDateTimeAttribute()
    begins_at = maybe(UnicodeAttribute)
    position = maybe(UnicodeAttribute)
    decided_at = maybe(UTCDateTimeAttribute)
    done_at = maybe(UTCDateTimeAttribute)
    people = maybe(NumberAttribute)
    asked = maybe(NumberAttribute)
    changed = maybe(NumberAttribute)
    turned = maybe(NumberAttribute)
    garbage = maybe(NumberAttribute)
    abnormal = maybe(NumberAttribute)
    recovered = maybe(NumberAttribute)
    officer = maybe(UnicodeAttribute)
    officer_at = maybe(UTCDateTimeAttribute)
    operator = maybe(UnicodeAttribute)
    operator_at = maybe(UTCDateTimeAttribute)
    expires_at = TTLAttribute()

    RUN = "sync"

    @classmethod
    def of(cls, run_id: str) -> "Key[SyncRunRow]":
        """Where a run lies."""
        return cls.key(cls.RUN, run_id)

    @property
    def run_id(self) -> str:
        """The run's name: its day in the city's calendar, and which one of that day it is behind the first."""
        return self.segment

    @property
    def day(self) -> str:
        """The day of it, in the city's calendar."""
        return str(self.segment)[:DAY]

    @property
    def is_whole(self) -> bool:
        """Whether everybody is asked for, rather than what changed."""
        return self.begins_at is None

    @property
    def is_released(self) -> bool:
        """Whether an officer and an operator both let it go on."""
        return self.officer is not None and self.operator is not None


class LookRow(WorkRow):
    """One segment of a run, or what changed in all of them: how much of it was looked at, and what came of that.

    `through` is until when the source's data were complete at the oldest of its answers; None if it was not asked. Of a segment
    that `asks` everybody is asked for, of another one only who is behind. `changed` counts the people who are to be written,
    `repaired` those whose effects were lost, and `abnormal` those who are it, as long as nothing is written. Of what changed,
    `begins_at` is the first cursor and `next_position` the last. `unanswered` rises with each question that the source left
    without an answer, and falls with each that it answered.
    """

    QUEUE = "sync_pieces"
    EXCLUSIVE = True

    asks = maybe(BooleanAttribute)
    begins_at = maybe(UnicodeAttribute)
    next_position = maybe(UnicodeAttribute)
    through = maybe(UTCDateTimeAttribute)
    asked = NumberAttribute(default=0)
    changed = NumberAttribute(default=0)
    turned = NumberAttribute(default=0)
    garbage = NumberAttribute(default=0)
    abnormal = NumberAttribute(default=0)
    recovered = NumberAttribute(default=0)
    repaired = NumberAttribute(default=0)
    unanswered = NumberAttribute(default=0)

    @property
    def run_id(self) -> str:
        """The run that it belongs to."""
        return str(self.run.partition("#")[2])


class WriteRow(WorkRow):
    """One segment of a run that is being written; `through` is what the segment is complete through once it is."""

    QUEUE = "sync_pieces"
    EXCLUSIVE = True

    through = maybe(UTCDateTimeAttribute)

    @property
    def run_id(self) -> str:
        """The run that it belongs to."""
        return str(self.run.partition("#")[2])


class SettleRow(WorkRow):
    """What follows of a decision: a run goes on that both released, or what it had put aside is removed."""

    QUEUE = "sync_pieces"
    EXCLUSIVE = True

    @property
    def run_id(self) -> str:
        """The run that it belongs to."""
        return str(self.run.partition("#")[2])


class StagedRow(RunsTable):
    """What a run will write about one person of a segment, once the whole run was looked at: nobody is written before.

    Of a report that can't be used there is no `report`. It belongs to one life of the person, and to when the source had last
    confirmed who they are.
    """

    enrolment = NumberAttribute()
    checked_at = maybe(UTCDateTimeAttribute)
    report = maybe(JSONAttribute)
    expires_at = TTLAttribute()

    @classmethod
    def run_of(cls, run_id: str, segment: str) -> str:
        """The partition of what a run will write in a segment."""
        return f"sync_staged#{run_id}#{segment}"

    @property
    def person_id(self) -> str:
        """Whom it is about."""
        return self.segment

    @property
    def whole_report(self) -> Report | None:
        """The report; None for one that can't be used."""
        return None if self.report is None else report_of(self.report)


class StagedTrace(RunsTable):
    """That something is put aside, whatever it is."""


class PositionRow(RunsTable):
    """From where on the next run may read what changed, and when the source was last read whole."""

    position = maybe(UnicodeAttribute)
    whole_at = UTCDateTimeAttribute()

    @classmethod
    def here(cls) -> "Key[PositionRow]":
        """Where the city's one lies."""
        return cls.key("sync_position", "source")


def raw_of(report: Report) -> dict[str, Any]:
    """A report as it is stored."""
    return {"facts": [vars(fact) for fact in report.facts], "mark": report.mark, "has_phone": report.has_phone}


def report_of(raw: dict[str, Any]) -> Report:
    """A report from its stored form."""
    return Report(tuple(Fact(**fact) for fact in raw["facts"]), raw["mark"], raw["has_phone"])


def run_at(run_id: str) -> SyncRunRow | None:
    """A run as it is now."""
    key = SyncRunRow.of(run_id)
    return store.read_together([key]).get(key)


def runs_newest_first(limit: int) -> list[SyncRunRow]:
    """The latest runs that are kept still."""
    page = store.query(SyncRunRow, SyncRunRow.RUN, limit=limit, newest_first=True)
    return [row for row in page.rows if row.expires_at > clock.now()]


def looks_of(run_id: str) -> list[LookRow]:
    """Every piece of a run that looks."""
    return list(store.query_all(LookRow, run_of(LOOK, run_id)))


def writes_of(run_id: str) -> list[WriteRow]:
    """Every piece of a run that writes."""
    return list(store.query_all(WriteRow, run_of(WRITE, run_id)))


def has_ended(pieces: list[Any]) -> bool:
    """Whether every piece is done, of at least one."""
    return bool(pieces) and all(piece.done_at is not None for piece in pieces)
