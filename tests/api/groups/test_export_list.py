"""The exports of a day: one's own, and for the owner those of everybody (R1.3, B12)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.groups.tables import ExportRow
from chalicelib.groups.withdrawals import WithdrawalRow
from tests.support.books import Book
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody
from tests.support.exporting import begin, export_row, finished
from tests.support.rows import spoil

pytestmark = pytest.mark.api


def listed(book: Book, client: Client | None = None, query: str = "") -> Answer:
    return (client or book.owner).get(f"{book.path}/exports{query}")


def ids_of(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [one["export_id"] for one in answer.json["items"]]


def begun(book: Book, client: Client | None = None, **body: Any) -> str:
    answer = begin(book, client, **body)
    assert answer.status == 201, answer.text
    return str(answer.json["export_id"])


def test_they_are_listed_newest_first_without_their_files(book: Book) -> None:
    grade = book.department("Grade 1")
    first = finished(book, format="xlsx")
    second = begun(book, department_id=grade)

    answer = listed(book)

    assert ids_of(answer) == [second, first["export_id"]]
    waiting, done = answer.json["items"]
    assert (waiting["state"], waiting["department_id"], waiting["format"]) == ("waiting", grade, "csv")
    assert (done["state"], done["department_id"], done["format"]) == ("done", None, "xlsx")
    assert (done["own"], done["rows"], done["of"]) == (True, 0, 0)
    assert done["begun_by"].endswith("*")
    assert {"started_at", "expires_at"} < done.keys()
    assert "link" not in done
    assert (answer.json["cursor"], answer.json["unreadable"]) == (None, 0)
    book.city.deliver()


def test_nothing_was_exported(book: Book) -> None:
    assert listed(book).json == {"items": [], "cursor": None, "unreadable": 0}


def test_an_administrator_sees_their_own_and_the_owner_everybodys(book: Book) -> None:
    grade = book.department("Grade 1")
    chief, head = book.admin(None), book.admin(grade)
    owners, chiefs, heads = begun(book), begun(book, chief.client), begun(book, head.client)

    assert ids_of(listed(book, chief.client)) == [chiefs]
    assert ids_of(listed(book, head.client)) == [heads]
    answer = listed(book)
    assert ids_of(answer) == [heads, chiefs, owners]
    assert [one["own"] for one in answer.json["items"]] == [False, False, True]
    assert [one["department_id"] for one in answer.json["items"]] == [grade, None, None]
    assert book.owner.get(f"{book.path}/exports/{heads}").code == "export_not_found"
    book.city.deliver()


def test_who_manages_less_since_then_sees_it_no_more(book: Book) -> None:
    grade = book.department("Grade 1")
    head = book.admin(grade)
    begun(book, head.client)
    body = {"member_id": head.member_id, "department_id": book.department("Class 1", grade)}
    assert book.owner.post(f"{book.path}/admins", body).status == 201

    assert ids_of(listed(book, head.client)) == []
    assert len(ids_of(listed(book))) == 1
    book.city.deliver()


def test_pages_are_full_whatever_lies_beside(book: Book) -> None:
    chief = book.admin(None)
    own = []
    for _ in range(3):
        own.append(begun(book, chief.client))
        begun(book)

    first = listed(book, chief.client, "?limit=2")
    assert ids_of(first) == [own[2], own[1]]
    second = listed(book, chief.client, f"?limit=2&cursor={first.json['cursor']}")
    assert (ids_of(second), second.json["cursor"]) == ([own[0]], None)
    pages, cursor = [], ""
    while True:
        page = listed(book, query=f"?limit=2{cursor}")
        pages += ids_of(page)
        if page.json["cursor"] is None:
            break
        cursor = f"&cursor={page.json['cursor']}"
    assert len(pages) == len(set(pages)) == 6
    assert pages == sorted(pages, reverse=True)
    assert listed(book, query=f"?cursor={first.json['cursor']}").status == 200, "the same part of the same book"
    head = book.admin(book.department())
    assert listed(book, head.client, f"?cursor={first.json['cursor']}").code == "invalid_cursor"
    book.city.deliver()


def test_what_was_taken_back_ends_them(book: Book) -> None:
    old = begun(book)
    store.update(WithdrawalRow.of(book.org_id), [WithdrawalRow.withdrawn_at.set(clock.now())])
    new = begun(book)

    assert [(one["export_id"], one["state"]) for one in listed(book).json["items"]] == [
        (new, "waiting"),
        (old, "withdrawn"),
    ]
    book.city.deliver()


def test_they_are_listed_for_a_day(book: Book) -> None:
    kept, over = begun(book), begun(book)
    row = export_row(book, over)
    store.update(row.own_key, [ExportRow.expires_at.set(clock.now() - timedelta(seconds=1))])

    assert ids_of(listed(book)) == [kept]
    with clock.frozen(clock.now() + timedelta(hours=24, seconds=1)):
        assert ids_of(listed(book)) == []
    book.city.deliver()


def test_only_managers_look_and_no_fresh_code_is_asked_for(city: TestCity, book: Book) -> None:
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert listed(book).status == 200
    for client in (book.member().client, anybody(city)):
        assert (listed(book, client).status, listed(book, client).code) == (403, "not_a_manager")
    assert book.owner.get("/v1/organizations/never/exports").code == "organization_not_found"


@pytest.mark.parametrize("query", ["?cursor=x", "?limit=0", "?state=done"])
def test_what_cannot_be_meant_is_refused(book: Book, query: str) -> None:
    answer = listed(book, query=query)
    assert (answer.status, answer.code in {"invalid_cursor", "validation_failed"}) == (422, True)


def test_a_broken_export_is_counted_and_hides_no_other(book: Book) -> None:
    whole, broken, newest = begun(book), begun(book), begun(book)
    spoil(ExportRow.of(book.org_id, broken), "path")

    answer = listed(book)
    first = listed(book, query="?limit=1")
    second = listed(book, query=f"?limit=1&cursor={first.json['cursor']}")

    assert (ids_of(answer), answer.json["unreadable"]) == ([newest, whole], 1)
    assert (ids_of(first), first.json["unreadable"]) == ([newest], 0)
    assert (ids_of(second), second.json["unreadable"], second.json["cursor"]) == ([whole], 1, None)
    store.delete(ExportRow.of(book.org_id, broken))
    book.city.deliver()
