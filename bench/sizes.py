"""`python -m bench --sizes`: what a manager waits for in books of a thousand, ten thousand and a hundred thousand members.

What the design wants flat must cost the same in each: lists, searches and numbers depend on what they show, and a changed
policy on the members whom it concerns.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from rich.console import Console
from rich.table import Table

from bench.preparing import full_book, likes_of
from bench.recorder import DYNAMODB, Recorder, recorded
from chalicelib.core import store
from chalicelib.core.counters import CounterRow
from chalicelib.core.work import QUEUE
from chalicelib.groups.counting import NO_DEPARTMENT, counter_of, scope_of
from chalicelib.groups.service.standings import Standings
from chalicelib.groups.tables import MembershipRow
from tests.support import messages
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.policies import changes_of_policies
from tests.support.working import Context

SIZES = (1_000, 10_000, 100_000)
READ_SECONDS = 60.0
"""How long an answer may take here: the emulator looks at every row of a table, and what is counted is calls and units."""

SHOWN = 50
"""Members of a page, of a surname, of a department, and of those who need attention."""


@dataclass(frozen=True)
class Cost:
    """What one request took: sequential round trips, calls, and units."""

    round_trips: int
    calls: int
    read: float
    write: float

    @classmethod
    def of(cls, record: Recorder) -> "Cost":
        """What was recorded."""
        units = record.units
        return cls(record.round_trips, len(record.of(DYNAMODB)), units.read, units.write)


@dataclass
class Growing:
    """A book that grows: one real member, and likes of them, of whom the first fifty stand out."""

    owner: Client
    org_id: str
    rows: list[MembershipRow]
    department_id: str

    @classmethod
    def opened(cls, city: TestCity) -> "Growing":
        """A book with the fifty who stand out: in a department, of one surname, in need of attention."""
        owner, org_id, rows = full_book(city, SHOWN - 1)
        department_id = city.department(owner, org_id, "Class 1")
        for row in rows:
            row.department_id, row.path = department_id, f"/{department_id}/"
            row.attention, row.attention_key = "overdue", f"{row.path}9#2022-04-06"
        store.write_all(rows)
        return cls(owner, org_id, rows, department_id)

    def grow(self, size: int) -> None:
        """Let so many be members; the numbers say so too."""
        template = self.rows[0]
        surname, _, name = str(template.name_mac).partition("#")
        more = likes_of(template, size - len(self.rows))
        for number, row in enumerate(more):
            row.department_id, row.path, row.attention, row.attention_key = None, "/", None, None
            row.name_mac = f"{surname[:-1]}_#{name}{number}"
        store.write_all(more)
        self.rows += more
        counter = counter_of(NO_DEPARTMENT, "members")
        store.write_all([CounterRow(scope_of(self.org_id), counter, amount=size - SHOWN)])

    def requests(self) -> Mapping[str, Callable[[], Answer]]:
        """What a manager waits for."""
        book = f"/v1/organizations/{self.org_id}"
        surname = str(self.rows[0].name_mask).strip("*")
        return {
            f"list {SHOWN} members": lambda: self.owner.get(f"{book}/members?limit={SHOWN}"),
            f"list a department of {SHOWN}": lambda: self.owner.get(
                f"{book}/members?department_id={self.department_id}&limit={SHOWN}"
            ),
            f"list {SHOWN} who need attention": lambda: self.owner.get(f"{book}/members?attention=true&limit={SHOWN}"),
            "search by surname": lambda: self.owner.post(f"{book}/members/search", {"surname": surname}),
            "search by phone": lambda: self.owner.post(f"{book}/members/search", {"phone": "13800000000"}),
            "numbers": lambda: self.owner.get(f"{book}/statistics"),
        }


def costs(city: TestCity) -> dict[str, list[Cost]]:
    """What each request takes, by size."""
    book = Growing.opened(city)
    found: dict[str, list[Cost]] = {}
    for size in SIZES:
        book.grow(size)
        found.setdefault(f"a policy for a department of {SHOWN}", []).append(_policy(book, size))
        for name, send in book.requests().items():
            _answered(name, send())
            with recorded() as record:
                _answered(name, send())
            found.setdefault(name, []).append(Cost.of(record))
    return found


def _answered(name: str, answer: Answer) -> None:
    if answer.status != HTTPStatus.OK:
        raise AssertionError(f"{name}: {answer.status} {answer.text}")


def _policy(book: Growing, size: int) -> Cost:
    """The work behind a changed policy of the department."""
    import app

    before = {entry.entry_id for entry in changes_of_policies(book.org_id)}
    policy = {"department_id": book.department_id, "nucleic_acid_days": 7 + len(str(size))}
    assert book.owner.put(f"/v1/organizations/{book.org_id}/policies", policy).status == 200
    messages.take(QUEUE)
    (entry,) = (one for one in changes_of_policies(book.org_id) if one.entry_id not in before)
    app.services.get(Standings).begin(entry)
    with recorded() as record:
        app.worker({"Records": messages.take(QUEUE)}, Context())
    return Cost.of(record)


def show(found: Mapping[str, list[Cost]]) -> None:
    """Print a row a request, with the cost in each size beside the others."""
    table = Table("request", *(f"{size:,} members" for size in SIZES), "", title_justify="left")
    for name, each in found.items():
        cells = [f"{one.round_trips} trips, {one.calls} calls, {one.read:g} read, {one.write:g} write" for one in each]
        table.add_row(name, *cells, "flat" if len(set(each)) == 1 else "[red]grows[/red]")
    Console(file=sys.stdout, width=180).print(table)
