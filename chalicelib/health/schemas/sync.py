"""The public contract of officers who look at runs of the nightly sync and decide on those that are parked."""

from datetime import datetime
from typing import Literal

from chalicelib.core.schemas import Output


class SyncRun(Output):
    """One run of the nightly sync, by its numbers: nothing about anybody."""

    run_id: str
    phase: Literal["looking", "parked", "writing", "done", "discarded", "superseded"]
    """`parked`: it would turn too many people abnormal, or well, or too much of what the source said can't be used: nothing of it
    is written until an officer and an operator released it. `superseded`: a newer run began."""
    started_at: datetime
    decided_at: datetime | None
    """When all was looked at; the numbers are known from then on."""
    done_at: datetime | None
    people: int | None
    """People of the city."""
    asked: int | None
    """People for whom the source was asked, or of whom it reported a change."""
    changed: int | None
    """People of whom anything is to be written."""
    turned: int | None
    """People whom the run would turn abnormal."""
    abnormal: int | None
    """People who were abnormal when they were looked at."""
    recovered: int | None
    """Those of them whom the run would make well."""
    garbage: int | None
    """Reports that can't be used; what is known of these people stays, and grows old."""
    released_by_officer: bool
    released_by_operator: bool


class SyncRunPage(Output):
    """Runs of the nightly sync, newest first."""

    items: list[SyncRun]
    cursor: str | None
