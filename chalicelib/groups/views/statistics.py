"""Numbers as the public contract shows them."""

from collections import Counter
from typing import Any

from chalicelib.core.settings import settings
from chalicelib.groups.consents import Scope
from chalicelib.groups.counting import OVERDUE, Metric
from chalicelib.groups.schemas import statistics as schemas
from chalicelib.groups.service.statistics import Figures, Overview


def statistics(found: Overview) -> schemas.Statistics:
    """The numbers of one part of a book."""
    return schemas.Statistics(
        department_id=found.whole.department_id,
        name=found.whole.name,
        departments=[_department(one) for one in found.below],
        exact=found.is_exact,
        **_numbers(found.whole),
    )


def _department(one: Figures) -> schemas.DepartmentNumbers:
    return schemas.DepartmentNumbers(department_id=one.department_id or "", name=one.name or "", **_numbers(one))


def _numbers(one: Figures) -> dict[str, Any]:
    """Kinds and scopes that nobody counts for are shown as zero; states that nobody is in are left out."""
    return {
        "members": one.numbers.get(Metric.MEMBERS, 0),
        "attention": one.numbers.get(Metric.ATTENTION, 0),
        "by_state": _by_state(one),
        "overdue": {kind: one.numbers.get(f"{Metric.OVERDUE}{kind}", 0) for kind in sorted(OVERDUE)},
        "unshared": {scope.value: one.numbers.get(f"{Metric.UNSHARED}{scope}", 0) for scope in Scope},
        "unreadable": one.numbers.get(Metric.UNREADABLE, 0),
    }


def _by_state(one: Figures) -> dict[str, int]:
    """Members by state; a state that the city's scheme holds no longer is unknown, as it is where a member is shown."""
    scheme, states = settings().city.scheme, Counter[str]()
    for metric, number in one.numbers.items():
        if metric.startswith(Metric.STATE) and number:
            states[scheme.state(metric.removeprefix(Metric.STATE)).name] += number
    return dict(sorted(states.items()))
