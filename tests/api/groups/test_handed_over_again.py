"""After a restore a book belongs to whom it was handed since, whichever of its tables came back from when (B16, R-28)."""

from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.store import Key, RawItem
from chalicelib.groups.tables import AdminRow
from chalicelib.people.tables.people import OwnershipPointer
from chalicelib.people.tables.privacy import LedgerRow
from infra.restore import Ledger, ledger_since, replay
from tests.support.books import Book, Member, organization_key, person_id_of, person_key
from tests.support.city import TestCity
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson
from tests.support.rows import put_raw, stored

pytestmark = pytest.mark.api

Kept = dict[Key[Any], RawItem | None]


class Drill:
    """A book that went from its first owner to the second, on to the third, or back, with what lay there before each."""

    def __init__(self, city: TestCity, *, back: bool = False) -> None:
        self.first = city.stranger()
        self.book = Book.opened(city, enrolled(city, self.first)[0])
        heirs = [self.book.member(), self.book.member()]
        if back:
            heirs[1] = Member(self.first, self.book.owner, city.join(self.book.owner, self.book.code))
        self.people = [self.first, *(one.person for one in heirs)]
        self.states = [self.now()]
        owner = self.book.owner
        for heir in heirs:
            assert owner.post(f"{self.book.path}/owner", {"successor": heir.member_id}).status == 200
            assert heir.client.put(f"{self.book.path}/owner").status == 200
            owner = heir.client
            self.states.append(self.now())
        found = ledger_since(clock.now()).entries
        self.entries = [one for one in found if one.org_id == self.book.org_id and one.kind == "BOOK_HANDED_OVER"]
        assert len(self.entries) == 2

    def keys(self) -> Iterable[Key[Any]]:
        yield organization_key(self.book.org_id)
        for person in self.people:
            yield person_key(person)
            yield OwnershipPointer.of(person_id_of(person), self.book.org_id)

    def now(self) -> Kept:
        return {key: stored(key) for key in self.keys()}

    def restore(self, books: int, people: int) -> None:
        """Put back what lay there: the book after so many hand-overs, and people after so many."""
        for key in self.keys():
            item = self.states[books if key == organization_key(self.book.org_id) else people][key]
            if item is None:
                store.delete(key)
            else:
                put_raw(key, item)

    def ledger(self) -> Ledger:
        entries: list[LedgerRow] = self.entries
        return Ledger(entries)


@pytest.mark.parametrize("back", [False, True])
def test_the_last_owner_is_the_owner_again(city: TestCity, back: bool) -> None:
    drill = Drill(city, back=back)
    city.deliver()
    for books, people in product(range(3), repeat=2):
        drill.restore(books, people)
        before = drill.now()
        counted = replay(drill.ledger(), write=False)
        assert drill.now() == before

        done = replay(drill.ledger())

        assert (done.failed, drill.now()) == ([], drill.states[2])
        assert bool(done.behind.total()) == bool(counted.behind.total()) == (before != drill.states[2])
        assert replay(drill.ledger()).is_settled


def test_a_successor_whom_the_backup_does_not_know_owns_the_book(city: TestCity) -> None:
    drill = Drill(city)
    drill.restore(0, 0)
    last = drill.people[-1]
    store.delete(person_key(last))

    assert replay(drill.ledger()).failed == []

    row = stored(person_key(last)) or {}
    assert {name: row[name]["N"] for name in ("enrolment", "books", "memberships")} == {
        "enrolment": "1",
        "books": "1",
        "memberships": "0",
    }
    assert "account" not in row
    assert replay(drill.ledger()).is_settled


def test_a_role_that_came_back_with_the_backup_ends_again(city: TestCity) -> None:
    """Or whoever owned the book for a while would administer it for good. Others' roles stay."""
    drill = Drill(city)
    drill.restore(0, 0)
    people = [*drill.people, city.stranger()]
    keys = [AdminRow.of(drill.book.org_id, pairwise_id(drill.book.org_id, person_id_of(one))) for one in people]
    for key in keys:
        put_raw(key, {})

    assert replay(drill.ledger()).failed == []

    assert [stored(key) is None for key in keys] == [True, True, True, False]


def test_a_role_of_a_former_owner_whom_the_backup_does_not_know_as_such_ends(city: TestCity) -> None:
    """The entry of the first hand-over is lost: the second one names the owner between."""
    drill = Drill(city)
    drill.restore(0, 0)
    keys = [AdminRow.of(drill.book.org_id, pairwise_id(drill.book.org_id, person_id_of(one))) for one in drill.people]
    for key in keys:
        put_raw(key, {})

    assert replay(Ledger([one for one in drill.entries if one.term == 2])).failed == []

    assert [stored(key) for key in keys] == [None, None, None]


def test_a_book_that_was_deleted_since_is_handed_to_nobody(city: TestCity) -> None:
    drill = Drill(city)
    city.deliver()
    store.delete(organization_key(drill.book.org_id))

    done = replay(drill.ledger())

    assert (done.failed, done.is_settled) == ([], True)


@pytest.mark.parametrize("change", [{"people": []}, {"term": None}])
def test_an_entry_that_names_nobody_is_told(city: TestCity, change: dict[str, Any]) -> None:
    drill = Drill(city)
    drill.restore(0, 0)
    for name, value in change.items():
        setattr(drill.entries[0], name, value)

    assert [one.why for one in replay(Ledger(drill.entries[:1])).failed] == ["Broken"]


def test_people_are_as_the_test_takes_them(city: TestCity) -> None:
    """The first owner is in each state, or the products above would compare nothing."""
    drill = Drill(city)
    owners: list[TestPerson] = [
        person
        for state in drill.states
        for person in drill.people
        if state[OwnershipPointer.of(person_id_of(person), drill.book.org_id)] is not None
    ]
    assert owners == drill.people
