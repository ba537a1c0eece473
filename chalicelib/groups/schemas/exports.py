"""The public contract of exports."""

from datetime import datetime
from typing import Literal

from chalicelib.core.schemas import Input, Output, Query
from chalicelib.groups.schemas.names import DepartmentId

Format = Literal["csv", "xlsx"]
State = Literal["waiting", "running", "failed", "done"]
ListedState = Literal["waiting", "running", "failed", "done", "withdrawn"]


class CsvQuery(Query):
    """Which members to export as the answer itself."""

    format: Literal["csv"] = "csv"
    department_id: DepartmentId | None = None
    """Null is all that the caller manages."""


class NewExport(Input):
    """Begins an export of any number of members."""

    format: Format
    department_id: DepartmentId | None = None
    """Null is all that the caller manages."""


class Export(Output):
    """How far an export is."""

    export_id: str
    format: Format
    state: State
    """`failed` says that the last try failed; it is tried again, and may still be done."""
    rows: int
    """Members that are in it so far."""
    unreadable: int
    """Members so far whose stored rows could not be read; the file's last line counts them, and the operators are told."""
    of: int
    """Members that there were, by the book's numbers, when it was asked for; who came or left meanwhile makes a difference."""
    started_at: datetime
    expires_at: datetime
    """From then on it can't be fetched."""
    link: str | None
    """Where the file is, once it is done. It opens without a token and for five minutes; ask again for another one."""


class ListedExport(Output):
    """An export without its file."""

    export_id: str
    format: Format
    state: ListedState
    """`withdrawn` says that somebody in the book took back what they shared since, so that it can't be fetched any more."""
    department_id: str | None
    """The department that is in it, with all below it; null for the whole organization."""
    rows: int
    """Members that are in it so far."""
    unreadable: int
    """Members so far whose stored rows could not be read; the file's last line counts them, and the operators are told."""
    of: int
    """Members that there were, by the book's numbers, when it was asked for."""
    begun_by: str
    """The masked name of whoever asked for it."""
    own: bool
    """Whether that is the caller: nobody else can fetch it."""
    started_at: datetime
    expires_at: datetime


class ExportList(Output):
    """One page of exports, newest first."""

    items: list[ListedExport]
    cursor: str | None
    unreadable: int
    """How many stored exports of this page could not be read; their rows are reported to the operators."""
