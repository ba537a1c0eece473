"""Memberships of dependants: a guardian joins, shares and leaves for them, the receipts say so, and they are theirs (R0.4, B5)."""

from typing import Any

import pytest

from chalicelib.core import ids, store
from chalicelib.core.store import Transaction
from chalicelib.groups.service import memberships
from chalicelib.people.service.bindings import Relation
from chalicelib.people.tables.dependants import DependantRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import AccessRow
from tests.support.books import Book, assert_whole, membership_key, membership_row, person_id_of, person_key, receipts
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.dependants import put_binding
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.rows import spoil

pytestmark = pytest.mark.api


class Family:
    """A guardian with a dependant who may join a book."""

    def __init__(self, city: TestCity) -> None:
        self.mother, self.little = city.stranger(), city.stranger()
        (self.client,) = enrolled(city, self.mother)
        self.dependant_id, _ = put_binding(city, self.mother, self.little)
        self.path = f"/v1/me/dependants/{self.dependant_id}/memberships"

    def join(self, book: Book, *scopes: str, client: Client | None = None) -> Answer:
        body = {"scopes": list(scopes), "dependant_id": self.dependant_id}
        return (client or self.client).post(f"/v1/invitations/{book.code}/join", body)

    @property
    def binding(self) -> store.Key[DependantRow]:
        return DependantRow.of(person_id_of(self.mother), self.dependant_id)


@pytest.fixture
def family(city: TestCity) -> Family:
    return Family(city)


@pytest.fixture(scope="module")
def book(whole_run: TestCity) -> Book:
    """A book that every test here joins."""
    return Book.opened(whole_run)


def refused(answer: Answer, status: int, code: str) -> bool:
    assert (answer.status, answer.code) == (status, code), answer.text
    return True


def said(book: Book, person: TestPerson) -> list[tuple[str, list[str], str | None]]:
    """What each receipt of somebody says."""
    return [(one.action, list(one.scopes), one.given_by) for one in receipts(book.org_id, person)]


def test_a_child_is_in_the_book_by_their_mothers_consent(book: Book, family: Family) -> None:
    answer = family.join(book, "nucleic_acid")

    assert (answer.status, answer.json["scopes"]) == (201, ["nucleic_acid"])
    row = membership_row(book.org_id, family.little)
    assert row is not None
    assert row.person_id == person_id_of(family.little)
    assert membership_row(book.org_id, family.mother) is None
    assert_whole(family.little, [book.org_id], member_of=[book.org_id])
    assert said(book, family.little) == [("given", ["nucleic_acid"], "王**")]
    assert [one["org_id"] for one in listed(family)] == [book.org_id]
    again = family.join(book, "vaccination")
    assert (again.status, again.json["scopes"]) == (200, ["nucleic_acid"])


def listed(family: Family) -> list[dict[str, Any]]:
    answer = family.client.get(family.path)
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_mother_and_child_are_two_members(book: Book, family: Family) -> None:
    assert family.client.post(f"/v1/invitations/{book.code}/join", {"scopes": []}).status == 201
    assert family.join(book).status == 201

    assert membership_row(book.org_id, family.mother) is not None
    assert membership_row(book.org_id, family.little) is not None
    assert said(book, family.mother) == [("given", [], None)]


def test_she_shares_less_and_leaves_for_them(book: Book, family: Family) -> None:
    assert family.join(book, "health_code", "nucleic_acid").status == 201
    own = f"{family.path}/{book.org_id}"

    changed = family.client.put(f"{own}/consent", {"scopes": ["vaccination"]})
    assert (changed.status, changed.json["scopes"]) == (200, ["vaccination"])
    assert family.client.delete(own).status == 204

    assert_whole(family.little, [book.org_id], member_of=[])
    assert said(book, family.little) == [
        ("given", ["health_code", "nucleic_acid"], "王**"),
        ("changed", ["vaccination"], "王**"),
        ("left", [], "王**"),
    ]
    assert listed(family) == []
    assert refused(family.client.delete(own), 404, "membership_not_found")
    assert refused(family.client.put(f"{own}/consent", {"scopes": []}), 404, "membership_not_found")


def test_what_she_did_is_theirs_once_they_act_for_themselves(city: TestCity, book: Book, family: Family) -> None:
    assert family.join(book).status == 201
    store.update(person_key(family.little), [PersonRow.account.set("their phone")])

    for answer in (
        family.client.get(family.path),
        family.client.put(f"{family.path}/{book.org_id}/consent", {"scopes": ["vaccination"]}),
        family.client.delete(f"{family.path}/{book.org_id}"),
        family.join(book),
    ):
        assert refused(answer, 404, "dependant_not_found")
    assert membership_row(book.org_id, family.little) is not None
    grown = city.stranger()
    (own,) = enrolled(city, grown)
    dependant_id, _ = put_binding(city, family.mother, grown, Relation.PARENT)
    answer = family.client.get(f"/v1/me/dependants/{dependant_id}/memberships")
    assert refused(answer, 403, "dependant_acts_alone")
    assert own.post(f"/v1/invitations/{book.code}/join", {"scopes": []}).status == 201
    (shown,) = own.get("/v1/me/consents").json["items"]
    assert shown["given_by"] is None


def test_the_list_is_in_the_childs_access_log(city: TestCity, book: Book, family: Family) -> None:
    assert family.join(book).status == 201
    assert len(listed(family)) == len(listed(family)) == 1
    city.deliver()

    looks = [row for row in store.query_all(AccessRow, person_id_of(family.little)) if row.why == "family"]
    assert [(one.actor, list(one.what)) for one in looks] == [("王**", ["memberships"])]


def test_nobody_joins_another_mothers_child(city: TestCity, book: Book, family: Family) -> None:
    stranger = anybody(city)

    assert refused(family.join(book, client=stranger), 404, "dependant_not_found")
    assert refused(stranger.get(family.path), 404, "dependant_not_found")
    body = {"scopes": [], "dependant_id": "no id"}
    assert refused(family.client.post(f"/v1/invitations/{book.code}/join", body), 422, "validation_failed")
    assert refused(family.client.delete(f"{family.path}/{ids.new_id()}"), 404, "membership_not_found")
    assert membership_row(book.org_id, family.little) is None


def test_a_binding_that_ends_just_then_joins_nobody(
    book: Book, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(Transaction):
        def commit(self) -> None:
            store.delete(family.binding)
            super().commit()

    monkeypatch.setattr(memberships, "Transaction", Late)

    assert refused(family.join(book), 404, "dependant_not_found")
    assert membership_row(book.org_id, family.little) is None


def test_a_broken_membership_is_said_to_be_broken(book: Book, family: Family) -> None:
    assert family.join(book).status == 201
    spoil(membership_key(book.org_id, family.little), "joined_at")

    own = f"{family.path}/{book.org_id}"
    assert refused(family.client.put(f"{own}/consent", {"scopes": []}), 500, "broken_record")
    assert refused(family.client.delete(own), 500, "broken_record")
    assert family.client.get(family.path).json == {"items": [], "unreadable": 1}


def test_a_child_who_is_erased_leaves_the_book(city: TestCity, book: Book, family: Family) -> None:
    assert family.join(book).status == 201
    row = store.read_together([person_key(family.little)]).get(person_key(family.little))
    assert row is not None
    counted = row.memberships
    (own,) = enrolled(city, family.little)
    store.update(person_key(family.little), [PersonRow.memberships.set(counted), PersonRow.guardians.set(1)])

    assert own.delete("/v1/me").status == 204

    assert membership_row(book.org_id, family.little) is None
    assert said(book, family.little)[-1] == ("erased", [], None)
