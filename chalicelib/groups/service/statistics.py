"""The numbers of a book, summed up its tree: what managers look at first (B15)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.core import counters, store
from chalicelib.core.log import Event, emit
from chalicelib.groups.access import Manager
from chalicelib.groups.counting import NO_DEPARTMENT, scope_of
from chalicelib.groups.errors import UnknownDepartment
from chalicelib.groups.service.departments import departments_of
from chalicelib.groups.tables import TOP, DepartmentRow


@dataclass(frozen=True)
class Figures:
    """The numbers of a department and all below it, by metric (`groups.counting.Metric`)."""

    department_id: str | None
    name: str | None
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class Overview:
    """The numbers of one part of a book, and of each department right below it. `is_exact` is false if one can't be right."""

    whole: Figures
    below: list[Figures]
    is_exact: bool


class Statistics:
    """Shows how many members are how."""

    def overview(self, manager: Manager, department_id: str | None) -> Overview:
        """The numbers of a department in the manager's subtree, or of all of it. Raises UnknownDepartment.

        They are as the members were a moment ago, and cost the same whether there are ten of them or a hundred thousand.
        """
        broken: list[store.Key[DepartmentRow]] = []
        tree = [row for row in departments_of(manager.org_id, broken) if manager.reaches(row.path)]
        path = manager.path if department_id is None else _path_of(department_id, tree)
        kept = counters.numbers(scope_of(manager.org_id))
        found = _not_negative(kept.found, manager.org_id)
        sums = _Sums(path, {row.department_id: row.path for row in tree}, found)
        shown = department_id or (manager.admin.department_id if manager.admin else None)
        return Overview(
            Figures(shown, next((row.name for row in tree if row.department_id == shown), None), sums.whole),
            [Figures(row.department_id, row.name, sums.below[row.department_id]) for row in _right_below(path, tree)],
            is_exact=not broken and not kept.broken and found == kept.found,
        )


def whole_of(org_id: str, path: str) -> Mapping[str, int]:
    """The numbers of one part of a book and all below it, by metric."""
    paths = {row.department_id: row.path for row in departments_of(org_id, [])}
    return _Sums(path, paths, _not_negative(counters.numbers(scope_of(org_id)).found, org_id)).whole


class _Sums:
    """Numbers of single departments, summed up for a path and for each department right below it."""

    def __init__(self, path: str, paths: Mapping[str, str], numbers: Mapping[str, int]) -> None:
        self.whole = Counter[str]()
        self.below: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for name, number in numbers.items():
            department_id, _, metric = name.partition("#")
            # whose department can't be found belongs to the organization all the same
            at = TOP if department_id == NO_DEPARTMENT else paths.get(department_id, TOP)
            if at.startswith(path):
                self.whole[metric] += number
                self.below[at.removeprefix(path).partition("/")[0]][metric] += number


def _path_of(department_id: str, tree: Iterable[DepartmentRow]) -> str:
    for row in tree:
        if row.department_id == department_id:
            return row.path
    raise UnknownDepartment


def _right_below(path: str, tree: Iterable[DepartmentRow]) -> list[DepartmentRow]:
    found = [row for row in tree if row.path == f"{path}{row.department_id}/"]
    return sorted(found, key=lambda row: (row.name, row.sk))


def _not_negative(found: Mapping[str, int], org_id: str) -> dict[str, int]:
    """The numbers with zero for what is below it, which only a mistake can bring about; operators are told."""
    if wrong := sum(number < 0 for number in found.values()):
        emit(Event.ROW_BROKEN, table=counters.CountersTable.Meta.table, org_id=org_id, count=wrong)
    return {name: max(0, number) for name, number in found.items()}
