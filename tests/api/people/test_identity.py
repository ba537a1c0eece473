"""PUT /v1/me/identity: who is verified, and what no claim can hold (R1.1, R1.2)."""

import pytest

import app
from chalicelib.core.canonical import DocumentType
from chalicelib.core.clock import FrozenClock
from chalicelib.health.tables import IdentityRow
from chalicelib.people.service.identity import Identity
from tests.api.people.steps import claim, is_verified, person_key, prove
from tests.support.city import TestCity
from tests.support.people import resident_id
from tests.support.rows import spoil, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.api


def test_a_passport_of_the_same_number_opens_nothing_of_its_first_holder(city: TestCity) -> None:
    first = city.person(type="passport", number="E56094005", name="JOHN SMITH")
    client = city.verified(first)
    book = city.book(client)
    namesake = city.person(type="passport", number="E56094005", name="OTHER COUNTRYMAN")

    answer = city.log_in(namesake).put("/v1/me/identity", namesake.claim())

    assert (answer.status, answer.code) == (403, "identity_mismatch")
    assert client.get(f"/v1/organizations/{book}").status == 200


IDENTITY = "/v1/me/identity"


def check_digit_off(number: str) -> str:
    """A number that no resident can have."""
    return number[:-1] + ("0" if number[-1] != "0" else "1")


def test_who_matches_in_name_document_and_phone_is_verified(city: TestCity) -> None:
    person = city.person()
    client = city.log_in(person)

    answer = client.put(IDENTITY, person.claim())

    assert answer.status == 200
    assert answer.json.keys() == {"name", "document", "token"}
    assert answer.json["name"] == person.name[0] + "**"
    assert answer.json["document"] == person.number[:2] + "*" * 14 + person.number[-2:]
    assert answer.json["token"] != client.token
    assert client.get("/v1/me").code == "session_ended", "the new token replaces the old one"
    assert is_verified(client.as_(answer.json["token"]))


@pytest.mark.parametrize(
    ("type_", "number", "mask"),
    [
        (DocumentType.PASSPORT, "EA7654321", "EA*****21"),
        (DocumentType.HK_MACAU_PERMIT, "H7654321001", "H7*****10"),
        (DocumentType.HK_MACAU_PERMIT, resident_id("810000", "19850304", 11), None),
        (DocumentType.TAIWAN_PERMIT, "76543210", "76*****10"),
        (DocumentType.TAIWAN_PERMIT, resident_id("830000", "19850304", 12), None),
    ],
)
def test_identity_is_proved_with_every_kind_of_document(
    city: TestCity, type_: DocumentType, number: str, mask: str | None
) -> None:
    person = city.person(type=type_, number=number)

    answer = city.log_in(person).put(IDENTITY, person.claim())

    assert answer.status == 200, answer.text
    assert answer.json["document"] == (mask or number[:2] + "*****" + number[-2:])


def test_a_person_is_the_same_however_name_and_number_are_spelled(city: TestCity, later: FrozenClock) -> None:
    number = resident_id("371302", "19900307", 7)
    while not number.endswith("X"):
        number = resident_id("371302", "19900307", int(number[14:17]) + 1)
    person = city.person(number=number)
    prove(city.log_in(person), person)
    later.tick(60)
    fullwidth = number.lower().translate({ord("0") + digit: ord("０") + digit for digit in range(10)})

    answer = city.log_in(person).put(
        IDENTITY, claim(person, name=f" {person.name[0]} {person.name[1:]}\u200b", number=fullwidth)
    )

    assert answer.status == 200, answer.text
    item = stored(person_key(person))
    assert item is not None
    assert item["enrolment"] == {"N": "1"}


def test_a_person_row_shows_masks_and_nothing_else_in_clear(city: TestCity) -> None:
    person = city.person()
    city.verified(person)

    item = stored(person_key(person))

    assert item is not None
    assert {"name_sealed", "document_sealed", "phone_sealed"} <= item.keys()
    assert item["books"] == item["memberships"] == item["moves"] == {"N": "0"}
    assert not any(value in str(item) for value in (person.name, person.number, person.phone))


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": "=cmd|'/c calc'"}, "invalid_name", "name"),
        ({"name": "12345"}, "invalid_name", "name"),
        ({"name": "\u200b"}, "invalid_name", "name"),
        ({"number": "371302199001010011"}, "invalid_document", "document.number"),
        ({"number": "3713021990"}, "invalid_document", "document.number"),
        ({"type": "passport", "number": "EA 76*"}, "invalid_document", "document.number"),
    ],
)
def test_what_no_document_says_is_refused_before_anything_is_counted(
    city: TestCity, faults: Seam, changes: dict[str, str], code: str, field: str
) -> None:
    person = city.person()
    client = city.log_in(person)
    if changes.get("number", "").startswith("37130219900101"):
        changes = {"number": check_digit_off(person.number)}
    faults.calls.clear()

    answer = client.put(IDENTITY, claim(person, **changes))

    assert (answer.status, answer.code) == (422, code)
    assert [one["field"] for one in answer.json["errors"]] == [field]
    assert not any(value in answer.text for value in changes.values())
    assert "TransactWriteItems" not in faults.operations


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "name", "missing"),
        ({"name": "王", "document": {}}, "document.type", "missing"),
        ({"name": 7, "document": {"type": "resident_id", "number": "1"}}, "name", "string_type"),
        ({"name": "", "document": {"type": "resident_id", "number": "1"}}, "name", "string_too_short"),
        ({"name": "王" * 65, "document": {"type": "resident_id", "number": "1"}}, "name", "string_too_long"),
        ({"name": "王", "document": {"type": "driving_licence", "number": "1"}}, "document.type", "enum"),
        ({"name": "王", "document": {"type": "passport", "number": 1}}, "document.number", "string_type"),
        ({"name": "王", "document": {"type": "passport", "number": "1" * 33}}, "document.number", "string_too_long"),
        ({"name": "王", "document": {"type": "passport", "number": "1", "of": 1}}, "document.of", "extra_forbidden"),
        ({"name": "王", "document": "371302"}, "document", "model_type"),
    ],
)
def test_a_claim_that_cannot_be_read_names_the_field(
    city: TestCity, body: dict[str, object], field: str, code: str
) -> None:
    answer = city.log_in(city.stranger()).put(IDENTITY, body)

    assert (answer.status, answer.code) == (422, "validation_failed")
    assert (field, code) in [(one["field"], one["code"]) for one in answer.json["errors"]]
    assert "王" not in answer.text


def test_identity_needs_a_session(city: TestCity) -> None:
    answer = city.api.put(IDENTITY, city.person().claim())

    assert (answer.status, answer.code) == (401, "session_required")


@pytest.mark.parametrize("attribute", ["name_mac", "phone_mac", "delivered_at"])
def test_a_broken_identity_at_the_source_verifies_nobody(city: TestCity, attribute: str) -> None:
    person = city.person()
    client = city.log_in(person)
    spoil(IdentityRow.of(person_key(person).hash_value), attribute)

    answer = client.put(IDENTITY, person.claim())

    assert (answer.status, answer.code) == (500, "broken_record")
    assert not is_verified(client)


def test_a_broken_person_is_not_proved_over(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    city.verified(person)
    later.tick(60)
    client = city.log_in(person)
    spoil(person_key(person), "enrolment", {"S": "first"})

    assert client.get("/v1/me").code == "broken_record"
    assert client.put(IDENTITY, person.claim()).code == "broken_record"


def test_what_wants_to_know_of_a_verified_person_is_told_once_everything_is_stored(
    city: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, told = city.person(), []

    def hook(person_id: str, enrolment: int) -> None:
        told.append((person_id, enrolment, stored(person_key(person)) is not None))

    identity = app.services.get(Identity)
    monkeypatch.setattr(identity, "_on_verified", [])
    identity.on_person_verified(hook)
    client = city.log_in(person)
    client.put(IDENTITY, city.person().claim())
    assert told == [], "a mismatch verifies nobody"

    prove(client, person)

    assert told == [(person_key(person).hash_value, 1, True)]
