"""The city registry as a health source: what it confirms, and what it says of rows that it can't read."""

import sys
from dataclasses import replace

import pytest

from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.errors import Broken
from chalicelib.core.ports import IdentityClaim, Kinship
from chalicelib.health.importer import Importer
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.tables import FactRow, IdentityRow
from tests.api.health.steps import forget
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.people import TestPerson
from tests.support.rows import items_of, spoil
from tests.support.seam import Seam

pytestmark = pytest.mark.api


def claim(person: TestPerson) -> IdentityClaim:
    macs, person_id = IdentityMacs(), person_id_of(person)
    return IdentityClaim(
        person_id,
        macs.name_mac(person_id, person.name),
        macs.phone_mac(person.phone),
        DocumentType(person.type),
        person.number,
        person.name,
        person.phone,
    )


def test_only_name_phone_and_document_together_are_confirmed(city: TestCity, faults: Seam) -> None:
    person, other = city.person(), city.person()
    source, right, wrong = RegistrySource(), claim(person), claim(other)
    unknown = replace(right, person_id=person_id_of(city.stranger()))
    start = len(faults.calls)

    assert source.confirms(right) is True
    assert source.confirms(replace(right, name_mac=wrong.name_mac)) is False
    assert source.confirms(replace(right, phone_mac=wrong.phone_mac)) is False
    assert source.confirms(replace(right, person_id=wrong.person_id)) is False
    assert source.confirms(unknown) is False
    assert faults.operations[start:] == ["BatchGetItem"] * 5


def test_a_claim_says_nothing_of_its_person(city: TestCity) -> None:
    assert repr(claim(city.stranger())) == "IdentityClaim(…)"


def test_a_phone_is_confirmed_while_the_source_holds_it(city: TestCity) -> None:
    person, source = city.person(), RegistrySource()
    person_id, mac = person_id_of(person), IdentityMacs().phone_mac(person.phone)

    assert source.confirms_phone(person_id, mac) is True
    assert source.confirms_phone(person_id, IdentityMacs().phone_mac("13900000000")) is False
    assert source.confirms_phone(person_id_of(city.stranger()), mac) is False


@pytest.mark.slow
def test_facts_are_read_page_after_page_and_identity_is_none(city: TestCity) -> None:
    person = city.person()
    row = {
        "document_number": person.number, "kind": "nucleic_acid", "result": "negative",
        "occurred_at": "2022-04-05T10:00:00", "source": "lab", "place": "p" * 200,
    }  # fmt: skip
    assert {one.error for one in Importer().facts({**row, "fact_id": f"{n}{'x' * 190}"} for n in range(1800))} == {None}

    assert len(RegistrySource().facts_of(person_id_of(person))) == 1800
    if sys.version_info >= (
        3,
        12,
    ):  # one answer of DynamoDB holds one megabyte; the emulator for 3.11 gives all at once
        assert len(items_of(IdentityRow, person_id_of(person))) < 1801
    forget(person)


@pytest.mark.parametrize("attribute", ["name_mac", "phone_mac", "delivered_at"])
def test_a_damaged_identity_confirms_nobody(city: TestCity, attribute: str) -> None:
    person = city.person()
    client = city.log_in(person)
    spoil(IdentityRow.of(person_id_of(person)), attribute)

    with pytest.raises(Broken):
        RegistrySource().confirms(claim(person))
    answer = client.put("/v1/me/identity", person.claim())
    assert (answer.status, answer.code) == (500, "broken_record")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("source", None), ("occurred_at", {"S": "in spring"}), ("occurred_at", {"S": "2021-02-01T10:00:00"})],
)
def test_a_damaged_fact_is_passed_over(city: TestCity, attribute: str, value: dict[str, str] | None) -> None:
    person = city.person()
    for number in ("1", "2"):
        city.fact(person, "vaccination", number, f"2021-0{number}-01T10:00:00", fact_id=number)
    spoil(FactRow.key(person_id_of(person), "vaccination#2"), attribute, value)

    assert [one.fact_id for one in RegistrySource().facts_of(person_id_of(person))] == ["1"]


def test_a_dependant_is_known_by_name_and_document_with_who_may_act_for_them(city: TestCity, faults: Seam) -> None:
    guardian, other, child = city.person(), city.person(), city.stranger()
    row = {**child.row(), "guardian_document_number": f"{guardian.number}; passport:E1234567"}
    assert [one.error for one in Importer().people([row])] == [None]
    source, right, theirs, wrong = RegistrySource(), claim(child), person_id_of(guardian), claim(other)
    nobody = person_id_of(city.stranger())
    start = len(faults.calls)

    assert source.kinship(right, theirs) == Kinship(is_guardian=True, has_phone=True)
    assert source.kinship(replace(right, phone_mac=""), theirs) == Kinship(is_guardian=True, has_phone=False)
    assert source.kinship(right, wrong.person_id) == Kinship(is_guardian=False, has_phone=True)
    assert source.kinship(replace(right, name_mac=wrong.name_mac), theirs) is None
    assert source.kinship(replace(right, person_id=nobody), theirs) is None
    assert faults.operations[start:] == ["BatchGetItem"] * 5
    assert source.kinship(wrong, theirs) == Kinship(is_guardian=False, has_phone=True), "nobody is named there"

    assert [one.error for one in Importer().people([child.row()])] == [None]
    assert source.kinship(right, theirs) == Kinship(is_guardian=False, has_phone=True), "a newer row says no more of it"


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ("371302199001011234", "invalid_document"),
        ("visa:E1234567", "unknown_document_type"),
        (";".join(f"passport:E123456{number}" for number in range(6)), "too_many_guardians"),
        (" ; ", None),
    ],
)
def test_a_guardian_is_named_by_a_document(city: TestCity, named: str, error: str | None) -> None:
    row = {**city.stranger().row(), "guardian_document_number": named}

    assert [one.error for one in Importer().people([row])] == [error]
