"""The public contract of a book's numbers."""

from chalicelib.core.schemas import Output, Query
from chalicelib.groups.schemas.names import DepartmentId


class StatisticsQuery(Query):
    """Of which part of the book."""

    department_id: DepartmentId | None = None
    """A department, with all below it; without it, all that the caller manages."""


class MemberNumbers(Output):
    """How many members are how, a few seconds ago."""

    members: int
    attention: int
    """Members who are abnormal or overdue."""
    by_state: dict[str, int]
    """Members who share their health code, by its state; `unknown` where none is computed, or the city knows it no longer."""
    overdue: dict[str, int]
    """Members by what is overdue; one may count several times."""
    unshared: dict[str, int]
    """Members by what they do not share; one may count several times."""
    unreadable: int
    """How many more members could not be read; their rows are reported to the operators."""


class DepartmentNumbers(MemberNumbers):
    """A department, with all below it."""

    department_id: str
    name: str


class Statistics(MemberNumbers):
    """The numbers of one part of a book, and of each department right below it, whose own parts are summed up."""

    department_id: str | None
    """Null is the whole organization."""
    name: str | None
    departments: list[DepartmentNumbers]
    exact: bool
    """False if a number could not be read, so that sums may be too low; it is reported to the operators."""
