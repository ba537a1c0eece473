"""What is kept for how long, kind by kind, and the removal of what is past its time (B13).

Every row whose time ends has `expires_at`. Whoever reads passes over what is past it (`tests/api/test_expired.py`), and DynamoDB
removes it within days (its TTL). The sweep proves that, and removes what was left all the same. `docs/retention.md` has the kinds
as a table.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import TTLAttribute

from chalicelib.core import store
from chalicelib.core.log import Event, emit, where
from chalicelib.core.requests import RequestsTable
from chalicelib.core.runs import RunsTable
from chalicelib.core.store import Key, Row, maybe

GRACE = timedelta(hours=48)
"""How long DynamoDB may take to remove what is past its time (AWS: "within a few days"; two by what it promised before)."""

PAGE = 200
"""Rows of one query."""


@dataclass(frozen=True)
class Kind:
    """What is kept for one time: rows of these classes, told by how their partition and sort keys begin."""

    name: str
    table: str
    rows: tuple[str, ...]
    partitions: tuple[str, ...] = ("",)
    sorts: tuple[str, ...] = ("",)

    def holds(self, table: str, partition: str, sort: str) -> bool:
        """Whether a row with these keys is of this kind."""
        return table == self.table and partition.startswith(self.partitions) and sort.startswith(self.sorts)


SYNC = ("SyncRunRow", "StagedRow", "LookRow", "WriteRow", "SettleRow")

KINDS = (
    Kind("access_log", "access_log", ("AccessRow",)),
    Kind("consents", "consents", ("ReceiptRow",)),
    Kind("ledger", "ledger", ("LedgerRow",)),
    Kind("requests", "requests", ("RequestRow",)),
    Kind("status_history", "people", ("StatusRow",), sorts=("STATUS#",)),
    Kind("declarations", "people", ("DeclarationRow", "LatestDeclarationRow"), sorts=("DECLARATION#",)),
    Kind("paper_passes", "people", ("PaperPassRow",), sorts=("PAPER#",)),
    Kind("certificates", "people", ("CertificateRow",), sorts=("CERTIFICATE#",)),
    Kind("own_messages", "people", ("MessagePointer",), sorts=("MESSAGE#",)),
    Kind("reminded", "people", ("RemindedRow",), sorts=("REMINDED",)),
    Kind("accounts", "logins", ("AccountRow",), sorts=("ACCOUNT",)),
    Kind("sessions", "logins", ("SessionRow",), sorts=("SESSION#",)),
    Kind("codes", "logins", ("CodeRow",), sorts=("SMS#",)),
    Kind("limits", "logins", ("CountRow", "SendsRow"), sorts=("LIMIT#",)),
    Kind("looks", "logins", ("LookRow",), sorts=("LIVE#",)),
    Kind("held_alerts", "alerts", ("HeldRow",), partitions=("hold#",)),
    Kind("alert_windows", "alerts", ("WindowRow",), sorts=("WINDOW#",)),
    Kind("alerts", "alerts", ("AlertRow",)),
    Kind("messages", "decisions", ("MessageRow",), partitions=("MESSAGE",)),
    Kind("held_batches", "decisions", ("HeldBatchRow", "HeldPartRow", "SeenBatchRow"), partitions=("HELD_", "SEEN_BATCH")),
    Kind("turned", "decisions", ("TurnedRow",), partitions=("TURNED",)),
    Kind("warnings", "decisions", ("WarningRow",), partitions=("WARNING",)),
    Kind("proposals", "decisions", ("ProposalRow",), partitions=("PROPOSAL",)),
    Kind("checkins", "checkins", ("CheckinRow",)),
    Kind("numbers", "counters", ("CounterRow", "CursorRow")),
    Kind("jobs", "runs", ("JobRow",), partitions=("job#",)),
    Kind("sweeps", "runs", ("VisitSweepRow", "RetentionRow"), partitions=("sweep#",)),
    Kind("visit_days", "runs", ("VisitsDayRow",), partitions=("visits#",)),
    Kind("exports", "runs", ("ExportRow",), partitions=("export#",)),
    Kind("sync_runs", "runs", SYNC, partitions=("sync",)),
    Kind("imports", "runs", ("ImportRow",), partitions=("import#",)),
    Kind("reminders", "runs", ("ReminderReport",), partitions=("reminders_report",)),
    Kind("work", "runs", ("WorkRow", "PolicyWork", "PartWork", "ReminderWork", "MorningWork")),
)  # fmt: skip
"""The first that holds a row is its kind."""


class RunsTime(RunsTable):
    """Until when a row of `runs` is kept."""

    expires_at = maybe(TTLAttribute)


class RequestsTime(RequestsTable):
    """Until when a row of `requests` is kept."""

    expires_at = maybe(TTLAttribute)


@dataclass(frozen=True)
class Partition:
    """Where to look: `row` reads keys and `expires_at`, and as little else as can be broken. Some is looked at alone."""

    row: type[Row]
    key: str
    is_swept: bool = True


@dataclass
class Found:
    """What was looked at, kind by kind: `removed` of it, `late` by more than DynamoDB may be, and `left` though past its time."""

    looked: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    over: int = 0
    """How many rows that are to be removed were met past their time."""

    @property
    def is_alarming(self) -> bool:
        """Whether something is there that should not be, or nothing was removed of what should have been (B13)."""
        return bool(self.left.total() or (self.over and not self.removed.total()))


def kind_of(key: Key[Any]) -> str:
    """The kind of what lies at a key; the table's name for what is of none."""
    table, sort = key.row.Meta.table, key.range_value or ""
    found = (kind.name for kind in KINDS if kind.holds(table, key.hash_value, sort))
    return next(found, table)


def _nothing(_: Any) -> None:
    """What most rows lead to."""


@dataclass(frozen=True)
class Sweep:
    """One look through some partitions at a moment, which removes what is over (`write`) or only counts it."""

    at: datetime
    write: bool
    found: Found = field(default_factory=Found)

    def each(self, partitions: Iterable[Partition]) -> None:
        """Look through several."""
        for partition in partitions:
            self.through(partition)

    def through(self, partition: Partition, tell: Callable[[Any], object] = _nothing) -> None:
        """Look through one, and tell of each row that can be read. Twice, it removes none more.

        A row that can't be removed holds up no other; what storage does not answer is raised again.
        """
        row: Any
        for row in store.query_all(partition.row, partition.key, page=PAGE, consistent=False):
            if row.expires_at is not None and partition.is_swept:
                self._sweep(row.own_key, row.expires_at)
            elif row.expires_at is not None:
                self._look_at(row.own_key, row.expires_at)
            tell(row)

    def _sweep(self, key: Key[Any], until: datetime) -> None:
        kind = self._count(key, until)
        if until > self.at:
            return
        self.found.over += 1
        outcome = _removed(key, self.at) if self.write else True
        self.found.removed[kind] += outcome is True
        self.found.left[kind] += outcome is None

    def _look_at(self, key: Key[Any], until: datetime) -> None:
        """One row that nobody may remove but DynamoDB: it is left once that is late."""
        kind = self._count(key, until)
        self.found.left[kind] += until + GRACE <= self.at

    def _count(self, key: Key[Any], until: datetime) -> str:
        kind = kind_of(key)
        self.found.looked[kind] += 1
        self.found.late[kind] += until + GRACE <= self.at
        return kind


def _removed(key: Key[Any], at: datetime) -> bool | None:
    """Remove a row, unless it was renewed since it was read, or is gone: then False. None if it can't be removed."""
    try:
        return store.delete(key, key.row.get_attributes()["expires_at"] <= at)
    except Exception as error:
        if store.is_passing(error):
            raise
        emit(Event.SWEEP_FAILED, error=type(error).__name__, where=where(error))
    return None
