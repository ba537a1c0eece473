"""The certificate of deletion: what was removed, counted once, under a seal that the city can verify (R1.4)."""

import json
from datetime import datetime
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.groups.tables import OrganizationsTable, TallyRow
from chalicelib.people.service.certificates import Statement
from chalicelib.people.tables.certificates import CertificateRow
from chalicelib.people.tables.people import PersonRow
from infra.restore import Ledger, ledger_since, replay
from tests.api.groups.steps import certificate, certified
from tests.api.tracing.steps import run
from tests.support.books import Book, fill, person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody, enrolled
from tests.support.events import Events
from tests.support.people import TestPerson
from tests.support.rows import items_of, put_raw, spoil, stored

pytestmark = pytest.mark.api

PATH = "/v1/me/certificates"


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    return city.stranger()


@pytest.fixture
def owner(city: TestCity, person: TestPerson) -> Client:
    return enrolled(city, person)[0]


def statement_of(shown: dict[str, Any]) -> Statement:
    moments = [datetime.fromisoformat(shown[name]) for name in ("deleted_at", "completed_at")]
    return Statement(shown["org_id"], shown["organization"], moments[0], moments[1], shown["removed"])


def test_a_deleted_book_is_certified(city: TestCity, owner: Client) -> None:
    book = Book.opened(city, owner)
    fill(book.org_id, 5)
    assert owner.get(PATH).json == {"items": [], "cursor": None}

    assert book.delete().status == 204

    begun = certificate(owner, book.org_id)
    assert begun.pop("deleted_at")
    assert begun == {
        "org_id": book.org_id,
        "organization": "Third School",
        "state": "under_way",
        "completed_at": None,
        "removed": {},
        "seal": None,
    }
    city.deliver()
    shown = certificate(owner, book.org_id)
    assert (shown["state"], shown["removed"]) == ("complete", {"members": 5, "invitations": 1})
    assert shown["completed_at"] > shown["deleted_at"]
    assert items_of(OrganizationsTable, book.org_id) == []


def test_an_empty_book_is_certified(city: TestCity, owner: Client) -> None:
    book = Book(city, owner, city.book(owner), "")
    assert book.delete().status == 204
    city.deliver()

    assert certified(owner, book.org_id) == {}
    assert certificate(owner, book.org_id)["seal"]


def test_the_seal_is_the_citys_over_every_word(city: TestCity, owner: Client) -> None:
    book = Book.opened(city, owner)
    assert book.delete().status == 204
    city.deliver()
    shown = certificate(owner, book.org_id)

    assert statement_of(shown).is_sealed_by(shown["seal"])
    changes: list[dict[str, Any]] = [
        {"org_id": "01aaaaaaaaaaaaaaaaaaaaaaaa"},
        {"organization": "Fourth School"},
        {"deleted_at": "2026-01-01T00:00:00Z"},
        {"completed_at": "2026-01-01T00:00:00Z"},
        {"removed": {"invitations": 2}},
        {"removed": {"members": 1}},
        {"removed": {}},
    ]
    for change in changes:
        assert not statement_of({**shown, **change}).is_sealed_by(shown["seal"])
    assert not statement_of(shown).is_sealed_by("")
    assert not statement_of(shown).is_sealed_by("é")


def test_every_kind_of_row_of_an_organization_is_counted_under_its_name(city: TestCity, owner: Client) -> None:
    book = Book(city, owner, city.book(owner), "")
    for number, kind in enumerate([*TallyRow.COUNTED, "SOMETHING"], start=1):
        for one in range(number):
            put_raw(OrganizationsTable.key(book.org_id, f"{kind}#{one}"), {})

    assert book.delete().status == 204
    city.deliver()

    expected = {name: number for number, name in enumerate([*TallyRow.COUNTED.values(), "others"], start=1)}
    assert certified(owner, book.org_id) == expected


def test_rows_with_a_prefix_are_all_known_to_the_tally() -> None:
    """A new kind of row is counted by its own name before it is stored. Access points are unbound before the sweep begins."""
    prefixes = {str(row.PREFIX).rstrip("#") for row in OrganizationsTable.__subclasses__() if hasattr(row, "PREFIX")}
    assert prefixes
    assert prefixes - {"PLACE"} <= TallyRow.COUNTED.keys()


def test_certificates_are_for_verified_people_and_everybody_sees_their_own(city: TestCity, owner: Client) -> None:
    book = Book.opened(city, owner)
    assert book.delete().status == 204

    assert city.api.get(PATH).code == "session_required"
    assert city.log_in(city.stranger()).get(PATH).code == "identity_required"
    assert anybody(city).get(PATH).json["items"] == []
    assert len(owner.get(PATH).json["items"]) == 1


def test_certificates_come_page_by_page_newest_book_first(city: TestCity, owner: Client) -> None:
    org_ids = []
    for _ in range(3):
        org_ids.append(city.book(owner))
        assert owner.delete(f"/v1/organizations/{org_ids[-1]}").status == 204

    first = owner.get(f"{PATH}?limit=2").json
    second = owner.get(f"{PATH}?limit=2&cursor={first['cursor']}").json

    shown = [one["org_id"] for one in first["items"] + second["items"]]
    assert shown == sorted(org_ids, reverse=True)
    assert second["cursor"] is None
    assert owner.get(f"{PATH}?cursor=wrong").code == "invalid_cursor"
    assert owner.get(f"{PATH}?limit=0").code == "validation_failed"


@pytest.mark.parametrize("attribute", ["organization", "deleted_at", "enrolment"])
def test_a_damaged_certificate_is_passed_over_and_told(
    city: TestCity, owner: Client, person: TestPerson, events: Events, attribute: str
) -> None:
    books = [Book.opened(city, owner) for _ in range(2)]
    for book in books:
        assert book.delete().status == 204
    spoil(CertificateRow.of(person_id_of(person), books[0].org_id), attribute)

    assert [one["org_id"] for one in owner.get(PATH).json["items"]] == [books[1].org_id]
    assert [line["table"] for line in events.of("row.broken")] == ["people"]
    city.deliver()
    assert items_of(OrganizationsTable, books[0].org_id) == []


def test_counts_that_cannot_be_read_are_an_answer(city: TestCity, owner: Client, person: TestPerson) -> None:
    book = Book.opened(city, owner)
    assert book.delete().status == 204
    city.deliver()
    spoil(CertificateRow.of(person_id_of(person), book.org_id), "removed", {"L": [{"S": "many"}]})

    assert owner.get(PATH).code == "broken_record"


def test_a_certificate_is_kept_as_long_as_receipts(city: TestCity, owner: Client, person: TestPerson) -> None:
    book = Book.opened(city, owner)
    assert book.delete().status == 204
    city.deliver()

    row = stored(CertificateRow.of(person_id_of(person), book.org_id)) or {}
    assert int(row["expires_at"]["N"]) == pytest.approx(clock.epoch() + 1096 * 86_400, abs=60)


def test_an_expired_certificate_is_not_shown(city: TestCity, owner: Client, person: TestPerson) -> None:
    book = Book.opened(city, owner)
    assert book.delete().status == 204
    spoil(CertificateRow.of(person_id_of(person), book.org_id), "expires_at", {"N": str(clock.epoch() - 1)})

    assert owner.get(PATH).json["items"] == []


def test_it_goes_with_the_person(city: TestCity, owner: Client, person: TestPerson) -> None:
    books = [Book.opened(city, owner) for _ in range(2)]
    for book in books:
        assert book.delete().status == 204
    city.deliver()
    spoil(CertificateRow.of(person_id_of(person), books[0].org_id), "enrolment")

    assert owner.delete("/v1/me").status == 204
    (again,) = enrolled(city, person)
    spoil(person_key(person), "enrolment", {"N": "2"})
    assert again.get(PATH).status == 401
    city.deliver()

    assert [stored(CertificateRow.of(person_id_of(person), book.org_id)) for book in books] == [None, None]


def test_each_life_has_its_own(city: TestCity, owner: Client, person: TestPerson) -> None:
    later = CertificateRow.of(person_id_of(person), "01aaaaaaaaaaaaaaaaaaaaaaaa")
    book = Book.opened(city, owner)
    assert book.delete().status == 204
    item = stored(CertificateRow.of(person_id_of(person), book.org_id)) or {}
    put_raw(later, {**item, "enrolment": {"N": "2"}})

    assert [one["org_id"] for one in owner.get(PATH).json["items"]] == [book.org_id]
    assert owner.delete("/v1/me").status == 204
    city.deliver()

    assert stored(later) is not None
    assert stored(CertificateRow.of(person_id_of(person), book.org_id)) is None


# --- the operators' command ------------------------------------------------------------------------------------------------


def verified(shown: Any) -> tuple[int, str]:
    result = run("verify-certificate", typed=shown if isinstance(shown, str) else json.dumps(shown))
    return result.exit_code, result.output


def test_an_operator_verifies_a_certificate(city: TestCity, owner: Client) -> None:
    book = Book.opened(city, owner)
    assert book.delete().status == 204
    begun = certificate(owner, book.org_id)
    city.deliver()
    shown = certificate(owner, book.org_id)

    assert verified(shown) == (0, "demo sealed this.\n")
    assert verified({**shown, "removed": {}}) == (1, "demo did not seal this, or something in it was changed.\n")
    assert verified({**shown, "seal": "é"})[0] == 1
    unusable: list[Any] = [begun, [], 7, "", "{", {**shown, "deleted_at": "2026-01-01"}, {**shown, "removed": 3}]
    for one in unusable:
        code, words = verified(one)
        assert (code, "no complete certificate" in words) == (2, True)


# --- after a restore -------------------------------------------------------------------------------------------------------


def entries_of(org_id: str) -> Ledger:
    return Ledger([one for one in ledger_since(clock.now()).entries if one.org_id == org_id])


def test_a_lost_certificate_is_issued_again_word_for_word(city: TestCity, owner: Client, person: TestPerson) -> None:
    book = Book.opened(city, owner)
    fill(book.org_id, 3)
    assert book.delete().status == 204
    key = CertificateRow.of(person_id_of(person), book.org_id)
    begun = stored(key) or {}
    city.deliver()
    shown = certificate(owner, book.org_id)
    for before in (None, begun):
        store.delete(key)
        if before is not None:
            put_raw(key, before)

        assert replay(entries_of(book.org_id), write=False).behind["BOOK_SWEPT"] == 1
        assert replay(entries_of(book.org_id)).failed == []

        again = certificate(owner, book.org_id)
        assert {**again, "deleted_at": shown["deleted_at"]} == shown
        assert again["deleted_at"][:19] == shown["deleted_at"][:19]
        assert replay(entries_of(book.org_id)).is_settled


@pytest.mark.parametrize("begun", [False, True])
def test_a_restored_book_is_taken_apart_and_certified_again(
    city: TestCity, owner: Client, person: TestPerson, begun: bool
) -> None:
    """Whatever of it came back: the book as it was, or the book as it lay when its sweep began."""
    book = Book.opened(city, owner)
    fill(book.org_id, 3)
    if begun:
        assert book.delete().status == 204
    books, people = items_of(OrganizationsTable, book.org_id), items_of(PersonRow, person_id_of(person))
    if not begun:
        assert book.delete().status == 204
    city.deliver()
    shown = certificate(owner, book.org_id)
    store.delete(CertificateRow.of(person_id_of(person), book.org_id))
    for item in books:
        put_raw(OrganizationsTable.key_in(item), item)
    for item in people:
        put_raw(PersonRow.key_in(item), item)
    ledger = entries_of(book.org_id)
    if begun:
        ledger = Ledger([one for one in ledger.entries if one.kind == "BOOK_SWEPT"])

    assert replay(ledger).failed == []

    assert items_of(OrganizationsTable, book.org_id) == []
    assert certificate(owner, book.org_id)["seal"] == shown["seal"]
    assert replay(ledger).is_settled
    assert owner.get("/v1/organizations").json["items"] == []


def test_a_sweep_that_was_lost_is_certified_by_the_replay(city: TestCity, owner: Client, person: TestPerson) -> None:
    book = Book.opened(city, owner)
    assert book.delete().status == 204
    kept = items_of(OrganizationsTable, book.org_id)
    city.deliver()
    store.delete(CertificateRow.of(person_id_of(person), book.org_id))
    for item in kept:
        put_raw(OrganizationsTable.key_in(item), item)
    ledger = Ledger([one for one in entries_of(book.org_id).entries if one.kind == "BOOK_DELETED"])

    assert replay(ledger).failed == []

    shown = certificate(owner, book.org_id)
    assert (shown["state"], shown["removed"]) == ("complete", {"invitations": 1})
    assert statement_of(shown).is_sealed_by(shown["seal"])
    assert replay(ledger).is_settled


def test_who_was_erased_since_gets_no_certificate_back(city: TestCity, owner: Client, person: TestPerson) -> None:
    book = Book.opened(city, owner)
    assert book.delete().status == 204
    city.deliver()
    assert owner.delete("/v1/me").status == 204
    city.deliver()

    assert replay(entries_of(book.org_id)).is_settled
    assert stored(CertificateRow.of(person_id_of(person), book.org_id)) is None


@pytest.mark.parametrize("change", [{"since": None}, {"organization": None}, {"what": ["members"]}])
def test_an_entry_that_says_nothing_is_told(city: TestCity, owner: Client, change: dict[str, Any]) -> None:
    book = Book.opened(city, owner)
    assert book.delete().status == 204
    city.deliver()
    (entry,) = [one for one in entries_of(book.org_id).entries if one.kind == "BOOK_SWEPT"]
    for name, value in change.items():
        setattr(entry, name, value)

    assert [one.why for one in replay(Ledger([entry])).failed] == ["Broken"]
