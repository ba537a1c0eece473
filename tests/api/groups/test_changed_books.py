"""A book's name and sub-district are changed, and what was given under the old ones is not (R1.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core import store
from chalicelib.groups.service import books
from chalicelib.groups.tables import OrganizationRow
from tests.support.books import Book, organization_key
from tests.support.city import TestCity
from tests.support.client import Answer
from tests.support.enrolled import anybody
from tests.support.exporting import inline, table
from tests.support.rows import spoil, stored
from tests.support.seam import seam

pytestmark = pytest.mark.api


def change(book: Book, **body: Any) -> Answer:
    return book.owner.patch(book.path, body)


def test_everybody_is_shown_the_new_name(city: TestCity, book: Book) -> None:
    member, chief = book.member(), book.admin(None)

    answer = change(book, name=" Ｆｏｕｒｔｈ School ")

    assert (answer.status, answer.json["name"], answer.json["role"]) == (200, "Fourth School", "owner")
    assert book.owner.get(book.path).json == answer.json
    assert chief.client.get(book.path).json["name"] == "Fourth School"
    (membership,) = member.client.get("/v1/me/memberships").json["items"]
    assert membership["organization"] == "Fourth School"
    assert city.api.get(f"/v1/invitations/{book.code}").json["organization"]["name"] == "Fourth School"
    for page in (f"/c/{book.code}", f"/c/{book.code}/print"):
        assert "Fourth School" in city.api.get(page).text
    assert table(inline(book).text).head[0][1] == "Fourth School"


def test_receipts_keep_the_name_under_which_they_were_given(book: Book) -> None:
    member = book.member("travel")
    assert change(book, name="Fourth School").status == 200
    assert member.client.put(f"{book.own_path}/consent", {"scopes": []}).status == 200

    given = [one["organization"] for one in member.client.get("/v1/me/consents").json["items"]]

    assert given == ["Fourth School", "Third School"]


def test_what_is_left_out_stays(book: Book) -> None:
    assert change(book, subdistrict="371302002").json["name"] == "Third School"
    assert change(book, name="Fourth School", subdistrict=None).json["subdistrict"] == "371302002"
    row = stored(organization_key(book.org_id))
    assert row is not None
    assert (row["name"]["S"], row["subdistrict"]["S"]) == ("Fourth School", "371302002")


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": "Third School", "subdistrict": "371302001"}])
def test_a_change_to_what_it_is_already_writes_nothing(book: Book, body: dict[str, Any]) -> None:
    with seam() as calls:
        answer = change(book, **body)

    assert (answer.status, answer.json["name"], answer.json["subdistrict"]) == (200, "Third School", "371302001")
    assert set(calls.operations) == {"BatchGetItem"}


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"name": ""}, "validation_failed", "name"),
        ({"name": "Third\u202eSchool"}, "validation_failed", "name"),
        ({"name": "a" * 101}, "validation_failed", "name"),
        ({"kind": "fair"}, "validation_failed", "kind"),
        ({"name": "Fourth School", "subdistrict": "37130200"}, "invalid_subdistrict", "subdistrict"),
        ({"name": "Fourth School", "subdistrict": "010101001"}, "foreign_subdistrict", "subdistrict"),
        ({"subdistrict": ""}, "validation_failed", "subdistrict"),
    ],
)
def test_it_is_checked_as_when_a_book_is_opened(book: Book, body: dict[str, Any], code: str, field: str) -> None:
    answer = change(book, **body)

    assert (answer.status, answer.code) == (422, code)
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert book.owner.get(book.path).json["name"] == "Third School"


def test_only_the_owner_changes_it(city: TestCity, book: Book) -> None:
    body = {"name": "Fourth School"}
    for client in (book.admin(None).client, book.member().client, anybody(city)):
        answer = client.patch(book.path, body)
        assert (answer.status, answer.code) == (403, "not_the_owner")
    assert city.api.patch(book.path, body).code == "session_required"
    assert book.owner.get(book.path).json["name"] == "Third School"


def test_a_book_that_is_not_there_is_not_found(book: Book) -> None:
    assert book.owner.patch("/v1/organizations/never", {"name": "Fourth School"}).code == "organization_not_found"


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [
        (lambda book: book.delete(), "organization_not_found"),
        (
            lambda book: store.update(organization_key(book.org_id), [OrganizationRow.owner_term.add(1)]),
            "not_the_owner",
        ),
    ],
    ids=["deleted", "handed over"],
)
def test_what_happens_to_it_at_the_same_moment_comes_first(
    book: Book, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Book], Any], code: str
) -> None:
    monkeypatch.setattr(books, "check_subdistrict", lambda _: meanwhile(book))

    assert change(book, name="Fourth School", subdistrict="371302002").code == code
    row = stored(organization_key(book.org_id))
    assert row is not None
    assert row["name"] == {"S": "Third School"}


def test_a_broken_book_is_a_fault_of_the_service(book: Book) -> None:
    spoil(organization_key(book.org_id), "created_at")

    assert change(book, name="Fourth School").code == "broken_record"
