"""Any order of departments, joining, sharing, moving, removing, erasing and deliveries: the numbers are a recount's (H8, B15)."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

import app
from chalicelib.core import store
from chalicelib.groups.counting import OVERDUE
from chalicelib.groups.tables import MembershipRow
from infra.local.pump import Pump
from infra.wiring import STREAMS, Wiring
from tests.support.books import ALL_SCOPES, Book, membership_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.counts import assert_counted
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson

pytestmark = [pytest.mark.api, pytest.mark.slow, pytest.mark.timeout(240)]

SCOPES = st.lists(st.sampled_from(ALL_SCOPES), unique=True)
WHICH = st.integers(min_value=0, max_value=5)
MEMBERS_STREAM = Wiring(tuple(one for one in STREAMS if one.table == "memberships"), (), ())

NO_ROLE = "none"
"""Stands for administering nothing; None is the whole organization."""


@dataclass
class Known:
    """Somebody, and what they should be counted as."""

    person: TestPerson
    client: Client
    department_id: str | None = None
    scopes: set[str] = field(default_factory=set)
    overdue: set[str] = field(default_factory=set)
    is_inside: bool = False
    administers: str | None = NO_ROLE

    def end(self) -> None:
        """In the book no more; a role in it ends too."""
        self.is_inside, self.administers = False, NO_ROLE


class Counting(RuleBasedStateMachine):
    """A book with six people who come and go, and departments that are made meanwhile."""

    city: TestCity
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.city.deliver()
        kept = self.city.pump._positions  # noqa: SLF001  where the stream is read from is its own affair elsewhere
        self.begun = kept.read_text() if kept.exists() else "{}"  # what other tests streamed before is not read anew
        self.book = Book.opened(self.city)
        self.codes: dict[str | None, str] = {None: self.book.code}
        self.above: dict[str, str | None] = {}
        people = [self.city.stranger() for _ in range(6)]
        self.people = [Known(*pair) for pair in zip(people, enrolled(self.city, *people), strict=True)]

    def chosen(self, which: int) -> str | None:
        """The organization itself or a department, whatever there are."""
        return list(self.codes)[which % len(self.codes)]

    def row(self, known: Known) -> store.Key[MembershipRow]:
        return membership_key(self.book.org_id, known.person)

    @precondition(lambda self: len(self.codes) < 6)
    @rule(which=WHICH)
    def department(self, which: int) -> None:
        """Make a department below another one."""
        parent = self.chosen(which)
        made = self.city.department(self.book.owner, self.book.org_id, f"Grade {len(self.codes)}", parent)
        self.codes[made] = self.city.invite(self.book.owner, self.book.org_id, department_id=made)
        self.above[made] = parent

    @rule(who=WHICH, which=WHICH, scopes=SCOPES)
    def join(self, who: int, which: int, scopes: list[str]) -> None:
        """Join a department by its code, or stay where one is."""
        known, department_id = self.people[who], self.chosen(which)
        answer = known.client.post(f"/v1/invitations/{self.codes[department_id]}/join", {"scopes": scopes})
        assert answer.status == (200 if known.is_inside else 201)
        if not known.is_inside:
            known.department_id, known.scopes, known.overdue = department_id, set(scopes), set()
            known.is_inside = True

    @rule(who=WHICH, scopes=SCOPES)
    def share(self, who: int, scopes: list[str]) -> None:
        """Share exactly these from now on."""
        known = self.people[who]
        answer = known.client.put(f"{self.book.own_path}/consent", {"scopes": scopes})
        assert answer.status == (200 if known.is_inside else 404)
        if known.is_inside:
            known.scopes = set(scopes)

    @rule(who=WHICH)
    def leave(self, who: int) -> None:
        """Leave."""
        known = self.people[who]
        assert known.client.delete(self.book.own_path).status == (204 if known.is_inside else 404)
        known.end()

    @rule(who=WHICH)
    def remove(self, who: int) -> None:
        """Be removed by the owner."""
        known = self.people[who]
        path = f"{self.book.path}/members/{self.row(known).range_value}"
        assert self.book.owner.delete(path).status == (204 if known.is_inside else 404)
        known.end()

    @rule(who=WHICH, which=WHICH)
    def move(self, who: int, which: int) -> None:
        """Be moved into another department."""
        known, department_id = self.people[who], self.chosen(which)
        path = f"{self.book.path}/members/{self.row(known).range_value}"
        answer = self.book.owner.patch(path, {"department_id": department_id})
        assert answer.status == (200 if known.is_inside else 404)
        if known.is_inside:
            known.department_id = department_id
            row = store.read_together([self.row(known)]).get(self.row(known))
            known.overdue = set(
                (row and row.overdue) or ()
            )  # a move looks at the periods anew, of which this book has none

    @rule(who=WHICH, which=WHICH)
    def administer(self, who: int, which: int) -> None:
        """Become administrator of a department and all below it, and of nothing else any more."""
        known, department_id = self.people[who], self.chosen(which)
        body = {"member_id": self.row(known).range_value, "department_id": department_id}
        assert self.book.owner.post(f"{self.book.path}/admins", body).status == (201 if known.is_inside else 422)
        if known.is_inside:
            known.administers = department_id

    @rule(who=WHICH, kinds=st.sets(st.sampled_from(sorted(OVERDUE))))
    def time_passes(self, who: int, kinds: set[str]) -> None:
        """Something becomes overdue, or is so no more."""
        known = self.people[who]
        values: dict[str, Any] = {"overdue": sorted(kinds) or None, "attention": "overdue" if kinds else None}
        key = self.row(known)
        row = store.update(key, store.assign(MembershipRow, values), MembershipRow.person_id.exists())
        assert (row is not None) == known.is_inside
        if known.is_inside:
            known.overdue = kinds

    @rule()
    def deliver(self) -> None:
        """Everything reaches its consumers, twice and out of order; then the numbers are right."""
        self.city.deliver()
        self.look()

    @rule()
    def deliver_from_the_beginning(self) -> None:
        """The book's whole stream is read anew, as where a city was destroyed and deployed again."""
        self.city.deliver()
        positions = self.folder / "positions.json"
        positions.write_text(self.begun)
        Pump(positions, {"members_stream": app.members_stream}, MEMBERS_STREAM).drain()
        self.look()

    def look(self) -> None:
        """What is kept is a recount's; what managers see of it is what is known of everybody in their subtree."""
        assert_counted(self.book.org_id)
        for department_id in self.codes:
            self.look_at(department_id, self.book.owner)
        for known in self.people:
            if known.administers == NO_ROLE:
                assert self.ask(None, known.client).status == 403
                continue
            assert self.ask(None, known.client).json == self.ask(known.administers, self.book.owner).json
            for department_id in self.above:
                if self.stands_in(department_id, known.administers):
                    self.look_at(department_id, known.client)
                else:
                    assert self.ask(department_id, known.client).status == 422

    def ask(self, department_id: str | None, client: Client) -> Answer:
        """What somebody sees of a department; of all that they manage for None."""
        return client.get(f"{self.book.path}/statistics" + (f"?department_id={department_id}" if department_id else ""))

    def look_at(self, department_id: str | None, client: Client) -> None:
        """Whoever may see a department sees it right."""
        seen = self.ask(department_id, client).json
        assert seen == self.expected(department_id) | {"name": seen["name"], "departments": seen["departments"]}
        below = {one["department_id"]: one["members"] for one in seen["departments"]}
        right_below = [one for one, above in self.above.items() if above == department_id]
        assert below == {one: self.expected(one)["members"] for one in right_below}

    def expected(self, department_id: str | None) -> dict[str, Any]:
        """The numbers of a department and all below it."""
        inside = [one for one in self.people if one.is_inside and self.stands_in(one.department_id, department_id)]
        unshared = Counter(scope for one in inside for scope in ALL_SCOPES if scope not in one.scopes)
        overdue = Counter(kind for one in inside for kind in one.overdue)
        sharing = sum("health_code" in one.scopes for one in inside)
        return {
            "department_id": department_id,
            "members": len(inside),
            "attention": sum(bool(one.overdue) for one in inside),
            "by_state": {"unknown": sharing} if sharing else {},
            "overdue": {kind: overdue[kind] for kind in sorted(OVERDUE)},
            "unshared": {scope: unshared[scope] for scope in ALL_SCOPES},
            "unreadable": 0,
            "exact": True,
        }

    def stands_in(self, department_id: str | None, top: str | None) -> bool:
        """Whether a department is another one or below it."""
        return top in {None, department_id} or (
            department_id is not None and self.stands_in(self.above[department_id], top)
        )

    def teardown(self) -> None:
        """At the end the numbers are right, and gone with the book."""
        self.deliver()
        assert self.book.delete().status == 204
        self.city.deliver()
        assert assert_counted(self.book.org_id) == {}


@pytest.fixture
def machine(city: TestCity, tmp_path: Path) -> type[Counting]:
    """The machine in this city."""
    Counting.city, Counting.folder = city, tmp_path
    return Counting


def test_counting(machine: type[Counting]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=4,
            phases=[Phase.generate],  # a failure is short enough as it is found; to make it shorter takes minutes
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
