"""Each look at the list of members is in the access log of everybody on it (B1)."""

import pytest

from chalicelib.people.tables.privacy import AccessRow
from tests.support.books import Book, fill, person_id_of
from tests.support.city import TestCity
from tests.support.rows import items_of
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.api


def test_a_look_is_in_the_ledger_before_the_answer_leaves_once_a_page(book: Book, faults: Seam) -> None:
    fill(book.org_id, 3)
    start = len(faults.calls)

    book.page("?limit=2")

    written = [kwargs["TableName"] for operation, kwargs in faults.calls[start:] if operation == "PutItem"]
    assert written == ["demo-ledger-v1"]


def test_a_list_without_anybody_on_it_is_no_look(book: Book, faults: Seam) -> None:
    book.page()
    book.page("?attention=true")

    assert faults.counts["PutItem"] == 0


def test_a_look_that_cannot_be_recorded_shows_nothing(book: Book, faults: Seam) -> None:

    fill(book.org_id, 1)
    faults.fail("PutItem", aws_error("InternalServerError"))

    assert book.owner.get(f"{book.path}/members").status == 503


def test_each_person_finds_the_look_with_exactly_what_was_shown(city: TestCity, book: Book) -> None:
    shared = [(), ("health_code",), ("travel", "vaccination"), ("health_code", "nucleic_acid", "vaccination", "travel")]
    members = [book.member(*scopes) for scopes in shared]

    book.page()
    city.deliver()
    city.deliver()

    for member, scopes in zip(members, shared, strict=True):
        (entry,) = member.client.get("/v1/me/access-log").json["items"]
        order = ("health_code", "nucleic_acid", "vaccination", "travel")
        assert entry["what"] == ["name", "document", *(scope for scope in order if scope in scopes)]
        assert (entry["organization"], entry["why"]) == ("Third School", "members")
        assert "*" in entry["actor"]


def test_each_look_is_an_entry_of_its_own(city: TestCity, book: Book) -> None:
    member = book.member("travel")

    book.page()
    member.client.put(f"{book.own_path}/consent", {"scopes": []})
    book.page()
    city.deliver()

    entries = member.client.get("/v1/me/access-log").json["items"]
    assert [entry["what"] for entry in entries] == [["name", "document"], ["name", "document", "travel"]]


def test_who_was_removed_or_left_still_sees_who_looked(city: TestCity, book: Book) -> None:
    removed, left = book.member("travel"), book.member()
    book.page()
    assert book.owner.delete(f"{book.path}/members/{removed.member_id}").status == 204
    assert left.client.delete(book.own_path).status == 204
    assert book.delete().status == 204
    city.deliver()

    for member in (removed, left):
        entries = member.client.get("/v1/me/access-log").json["items"]
        assert [entry["organization"] for entry in entries] == ["Third School"]


def test_a_person_erased_meanwhile_gets_no_entry(city: TestCity, book: Book) -> None:

    erased, stays = book.member(), book.member()
    book.page()
    assert erased.client.delete("/v1/me").status == 204
    city.deliver()

    assert items_of(AccessRow, person_id_of(erased.person)) == []
    assert len(stays.client.get("/v1/me/access-log").json["items"]) == 1
