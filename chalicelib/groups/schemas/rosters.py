"""The public contract of rosters: who is expected, by label."""

from typing import Annotated

from pydantic import Field

from chalicelib.core.schemas import Input, Output, PageQuery
from chalicelib.groups.schemas.names import DepartmentId

MOST_BYTES = 256 * 1024
"""Of a request with a roster: 5,000 lines of fifty characters."""

MOST_REMOVED = 500


class RosterFile(Input):
    """Adds and changes labels of the roster; labels that the file does not name, and what it has no column for, stay."""

    csv: Annotated[str, Field(min_length=1, examples=["label,type\nS-0001,student\n"])]
    """Lines of `label,type,department_id` under a line that names these columns; `label` alone will do. No personal data.

    A column that is left out changes nothing of the labels that are there. An empty cell clears: no type, and the department
    is what the caller manages.
    """


class RefusedLine(Output):
    """A line of the file that was not taken."""

    line: int
    """Its number; the line with the columns' names is 1."""
    reason: str
    detail: str
    """The reason in the caller's language."""


class RosterReport(Output):
    """What became of a file."""

    added: int
    changed: int
    unchanged: int
    refused: list[RefusedLine]


class RosterQuery(PageQuery):
    """Which labels to list."""

    department_id: DepartmentId | None = None
    joined: bool | None = None
    """Only whose members joined, or only whose did not; all if it is not said."""


class ExpectedMember(Output):
    """A label on the roster."""

    label: str
    type: str | None
    department_id: str | None
    joined: bool
    """Whether a member of the organization bears the label."""
    member_id: str | None
    """Who bears it; null if nobody joined under it, or somebody whom the caller does not manage."""


class RosterPage(Output):
    """One page of the roster. It may be short, or empty, and not the last: as long as there is a cursor, go on."""

    items: list[ExpectedMember]
    cursor: str | None
    unreadable: int
    """How many stored labels of this page could not be read; their rows are reported to the operators."""


class RosterRemoval(Input):
    """Takes labels off the roster."""

    labels: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=MOST_REMOVED)]


class RosterRemoved(Output):
    """What was removed."""

    removed: int
    unknown: list[str]
    """The labels that are not on the roster, or not in the caller's part of it."""
    unreadable: list[str]
    """The labels whose stored rows can't be read, so that they stay; they are reported to the operators."""
