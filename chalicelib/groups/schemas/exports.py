"""The public contract of exports."""

from datetime import datetime
from typing import Literal

from chalicelib.core.schemas import Input, Output, Query
from chalicelib.groups.schemas.names import DepartmentId

Format = Literal["csv", "xlsx"]
State = Literal["waiting", "running", "failed", "done"]


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
    of: int
    """Members that there were, by the book's numbers, when it was asked for; who came or left meanwhile makes a difference."""
    started_at: datetime
    expires_at: datetime
    """From then on it can't be fetched."""
    link: str | None
    """Where the file is, once it is done. It opens without a token and for five minutes; ask again for another one."""
