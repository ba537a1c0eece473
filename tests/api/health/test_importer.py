"""Filling the registry: who is who, and how large files go in."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.health.importer import BATCH, Importer, RowResult
from chalicelib.health.tables import IdentityRow
from tests.api.health.steps import errors, fact, facts_of, forget, import_facts
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.people import resident_id
from tests.support.rows import items_of, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.api


def test_a_person_is_stored_sealed_and_compared_by_macs(city: TestCity) -> None:
    person = city.person()
    person_id = person_id_of(person)

    raw = stored(IdentityRow.of(person_id)) or {}

    assert set(raw) == {
        "person_id", "sk", "name_mac", "phone_mac", "name_sealed", "document_sealed", "phone_sealed", "delivered_at",
    }  # fmt: skip
    cipher, place = FieldCipher(), f"registry|{person_id}|IDENTITY"
    opened = {
        field: cipher.open(field, place, raw[f"{field}_sealed"]["B"])
        for field in (FieldClass.NAME, FieldClass.DOCUMENT, FieldClass.PHONE)
    }
    assert opened == {"name": person.name, "document": f"resident_id:{person.number}", "phone": person.phone}


def test_the_same_person_in_other_spellings_is_the_same_person(city: TestCity) -> None:
    person = city.stranger()
    wide = {ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789X"}
    spellings = [
        person.row(),
        {**person.row(), "document_type": "", "document_number": f" {person.number.lower()} "},
        {**person.row(), "document_number": person.number.translate(wide), "phone": person.phone.translate(wide)},
        {
            **person.row(),
            "phone": f"+86 {person.phone[:3]}-{person.phone[3:7]}-{person.phone[7:]}",
            "name": f" {person.name} ",
        },
    ]
    for spelling in spellings:
        assert errors(Importer().people([spelling])) == [None]
        identity = items_of(IdentityRow, person_id_of(person))
        assert len(identity) == 1
        assert identity[0]["phone_mac"] == {"S": IdentityMacs().phone_mac(person.phone)}
        assert identity[0]["name_mac"] == {"S": IdentityMacs().name_mac(person_id_of(person), person.name)}


def test_fifteen_digits_are_the_eighteen_of_today(city: TestCity) -> None:
    number = resident_id("371302", "19651203", 77)
    person = city.stranger(number=number)
    old = number[:6] + number[8:17]

    assert errors(Importer().people([{**person.row(), "document_number": old}])) == [None]
    assert import_facts(fact(person, document_number=old), fact(person)) == [None, None]

    assert len(items_of(IdentityRow, person_id_of(person))) == 2
    assert city.verified(person).get("/v1/me").json["verified"] is True


@pytest.mark.parametrize(
    ("type_", "number", "renewed"),
    [
        (DocumentType.PASSPORT, "E88200155", " e 88200155"),
        (DocumentType.HK_MACAU_PERMIT, "H8820015501", "H8820015502"),
        (DocumentType.TAIWAN_PERMIT, "88200155", "8820015501(B)"),
    ],
)
def test_every_type_of_document(city: TestCity, type_: DocumentType, number: str, renewed: str) -> None:
    person = city.stranger(number=number, type=type_.value)

    assert errors(Importer().people([person.row(), {**person.row(), "document_number": renewed}])) == [None, None]
    assert import_facts(fact(person, document_type=type_.value, document_number=renewed)) == [None]

    canonical = number[:9] if type_ is DocumentType.HK_MACAU_PERMIT else number
    assert len(items_of(IdentityRow, IdentityMacs().person_id(type_, canonical))) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"document_type": "driving_licence"}, "unknown_document_type"),
        ({"document_number": ""}, "invalid_document"),
        ({"document_number": "371302196512030771"}, "invalid_document"),
        ({"document_number": "1" * 300}, "invalid_document"),
        ({"document_type": "passport", "document_number": "?"}, "invalid_document"),
        ({"name": ""}, "invalid_name"),
        ({"name": "=cmd()"}, "invalid_name"),
        ({"name": "王5"}, "invalid_name"),
        ({"phone": ""}, "invalid_phone"),
        ({"phone": "12345678901"}, "invalid_phone"),
        ({"phone": None}, "invalid_phone"),
    ],
)
def test_a_bad_person_is_reported_by_line_and_stops_nothing(
    city: TestCity, changes: dict[str, Any], reason: str
) -> None:
    before, bad, after = city.stranger(), city.stranger(), city.stranger()

    results = list(Importer().people([before.row(), {**bad.row(), **changes}, after.row()]))

    assert results == [RowResult(2, None), RowResult(3, reason), RowResult(4, None)]
    assert [bool(items_of(IdentityRow, person_id_of(one))) for one in (before, bad, after)] == [True, False, True]


def test_a_person_named_twice_in_one_batch_is_as_the_last_line_says(city: TestCity) -> None:
    person, other = city.stranger(), city.stranger()

    assert errors(Importer().people([{**person.row(), "phone": other.phone}, person.row()])) == [None, None]

    raw = stored(IdentityRow.of(person_id_of(person))) or {}
    assert raw["phone_mac"] == {"S": IdentityMacs().phone_mac(person.phone)}


# --- size ------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_calls_grow_with_a_twenty_fifth_of_the_rows(city: TestCity, faults: Seam) -> None:
    people = [city.stranger() for _ in range(3)]
    rows = (fact(people[number % 3], fact_id=f"f{number}") for number in range(2000))
    start = len(faults.calls)

    assert set(import_facts(*rows)) == {None}

    assert faults.operations[start:].count("BatchWriteItem") == 2000 / 25
    assert len(faults.calls) - start <= 2000 / 25 + 1, "one for the key of ids"
    forget(*people)


def test_people_cost_the_same_and_three_keys(city: TestCity, faults: Seam) -> None:
    people = [city.stranger() for _ in range(100)]
    start = len(faults.calls)

    assert set(errors(Importer().people(person.row() for person in people))) == {None}

    assert faults.operations[start:].count("BatchWriteItem") == 100 / 25
    assert faults.operations[start:].count("PutItem") == 3
    assert faults.operations[start:].count("GenerateDataKey") == 3
    assert len(faults.calls) - start <= 100 / 25 + 3 * 2 + 1, "one for the key of ids"


def test_rows_are_read_and_reported_batch_by_batch(city: TestCity, faults: Seam) -> None:
    """A file of millions is never held as a whole, and what was reported as done is stored."""
    person = city.stranger()
    taken: list[int] = []

    def rows() -> Iterator[dict[str, str | None]]:
        for number in range(10 * BATCH):
            taken.append(number)
            yield fact(person, fact_id=f"f{number}")

    results = Importer().facts(rows())
    first = list(islice(results, BATCH))

    assert [result.line for result in first] == list(range(2, BATCH + 2))
    assert len(taken) == BATCH
    assert len(facts_of(person)) == BATCH
    assert faults.counts["BatchWriteItem"] == BATCH / 25


def test_an_empty_file_is_done(city: TestCity) -> None:  # noqa: ARG001
    assert import_facts() == []
    assert errors(Importer().people([])) == []


@pytest.mark.usefixtures("city")
def test_finishing_makes_every_segment_fresh() -> None:
    from chalicelib.core.runs import FRESHNESS, FreshnessRow

    with clock.frozen(clock.now()):
        Importer().finish()
        rows = items_of(FreshnessRow, FRESHNESS)
        through = {row["complete_through"]["S"] for row in rows}

    assert len(rows) == 256
    assert len(through) == 1
