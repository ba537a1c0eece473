"""What is past its time: somebody with a row of each kind, and rows that belong to nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import app
from chalicelib.alerts.tables import CITY, AlertsTable
from chalicelib.core import clock, ids, store
from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.jobs import run_key
from chalicelib.core.retention import RequestsTime, RunsTime
from chalicelib.groups.tables import ExportRow
from chalicelib.groups.tables.reminders import REPORTS
from chalicelib.health.tables.sync import StagedRow
from chalicelib.health.times import KINDS
from chalicelib.people.service.retention import tonight
from chalicelib.people.tables.logins import LoginsTable, phone_subject
from chalicelib.people.tables.people import OwnershipPointer, PersonRow
from chalicelib.people.tables.retention import NIGHTS, RetentionRow, report_of
from chalicelib.people.tables.times import AccessTime, PersonTime, ReceiptTime
from chalicelib.places.tables import SWEEPS
from tests.support.rows import stored
from tests.support.working import Context


def forget() -> None:
    """Let tonight's sweep never have been."""
    for is_dry in (True, False):
        store.delete(RetentionRow.of(tonight(), is_dry=is_dry))


def run(context: Context | None = None, **event: Any) -> int:
    """Call the function. Returns how many rows it removed."""
    return int(app.retention(event, context or Context()))


def report(*, is_dry: bool = False) -> RetentionRow:
    """What tonight's sweep says."""
    row = report_of(tonight(), is_dry=is_dry)
    assert row is not None
    return row


def put(row: Any, *key: str, until: datetime | None = None) -> store.Key[Any]:
    """Store something that says no more than until when it is kept: a minute ago, unless it is said."""
    made = row(*key)
    made.expires_at = until or clock.now() - timedelta(minutes=1)
    store.put(made)
    own: store.Key[Any] = made.own_key
    return own


@dataclass
class Owner:
    """Somebody of the night's segment, who owns a book."""

    person_id: str
    phone: str
    org_id: str

    @classmethod
    def of(cls, segment: str) -> "Owner":
        """A new one."""
        one = cls(f"kept{ids.new_id()}", ids.new_id(), ids.new_id())
        store.put(PersonRow(one.person_id, "PERSON", enrolment=1, segment=segment, account=one.phone))
        pointer = OwnershipPointer.of(one.person_id, one.org_id)
        store.put(OwnershipPointer(one.person_id, str(pointer.range_value)))
        return one

    def rows(self, until: datetime | None = None) -> dict[str, store.Key[Any]]:
        """A row of each kind that belongs to them, stored."""
        subject, name = phone_subject(self.phone), ids.new_id()
        own = {
            "status_history": "STATUS#",
            "declarations": "DECLARATION#",
            "paper_passes": "PAPER#",
            "certificates": "CERTIFICATE#",
            "own_messages": "MESSAGE#",
            "reminded": "REMINDED",
        }
        login = {"accounts": "ACCOUNT", "sessions": "SESSION#", "codes": "SMS#", "limits": "LIMIT#", "looks": "LIVE#"}
        return {
            **{kind: put(PersonTime, self.person_id, f"{prefix}{name}", until=until) for kind, prefix in own.items()},
            **{kind: put(LoginsTable, subject, f"{prefix}{name}", until=until) for kind, prefix in login.items()},
            "access_log": put(AccessTime, self.person_id, name, until=until),
            "consents": put(ReceiptTime, self.person_id, name, until=until),
            "requests": put(RequestsTime, self.person_id, name, until=until),
            "alerts": put(AlertsTable, self.org_id, name, until=until),
            "exports": put(RunsTime, ExportRow.partition(self.org_id), name, until=until),
        }


def of_city(until: datetime | None = None) -> dict[str, store.Key[Any]]:
    """A row of each kind that belongs to nobody, stored."""
    name = f"0{ids.new_id()}"
    old = put(RunsTime, "sync", name, until=until)
    staged = put(RunsTime, StagedRow.run_of(name, "7"), "person", until=until)
    kinds = {"HELD_PART": "held_batches", "MESSAGE_ANSWERED": "messages", "TURNED": "turned"}
    return {
        **{kinds[kind]: put(DecisionsTable, kind, name, until=until) for kind in KINDS if kind in kinds},
        "warnings": put(DecisionsTable, "WARNING", name, until=until),
        "sync_runs": old,
        "staged": staged,
        "jobs": put(RunsTime, run_key("review"), name, until=until),
        "sweeps": put(RunsTime, SWEEPS, name, until=until),
        "reminders": put(RunsTime, REPORTS, name, until=until),
        "nights": put(RunsTime, NIGHTS, name, until=until),
        "alert_windows": put(AlertsTable, CITY, f"WINDOW#{name}", until=until),
        "budget": put(LoginsTable, "city#sms#3", f"LIMIT#{name}", until=until),
    }


def gone(rows: dict[str, store.Key[Any]]) -> list[str]:
    """Those that are not stored any more."""
    return sorted(kind for kind, key in rows.items() if stored(key) is None)
