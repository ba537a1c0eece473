"""Registered sources deliver who is who; until one is registered, a deployed city compares nobody's identity."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core import store
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.health.service import registry
from chalicelib.health.sources import has_identities, has_source
from chalicelib.health.tables import IdentityRow, SourceRow
from chalicelib.health.tables.deliveries import IdentitiesRow
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored
from tests.support.seam import Seam
from tests.support.sources import SourceClient, identity, outcomes, registered, report

pytestmark = pytest.mark.api

LATER = "2022-04-06T02:00:00Z"


@pytest.fixture
def office(city: TestCity) -> SourceClient:
    return registered(city)


def row_of(person: TestPerson) -> dict[str, Any]:
    return stored(IdentityRow.of(person_id_of(person))) or {}


def test_who_was_delivered_proves_their_identity(city: TestCity, office: SourceClient) -> None:
    person = city.stranger()
    client = city.log_in(person)
    assert client.put("/v1/me/identity", person.claim()).code == "identity_mismatch"

    answer = office.identities(identity(person))

    assert (answer.json["state"], outcomes(answer)) == ("stored", [("stored", None)])
    assert client.put("/v1/me/identity", person.claim()).status == 200


def test_a_source_says_who_may_act_for_a_person_and_a_newer_report_says_it_anew(
    city: TestCity, office: SourceClient
) -> None:
    person, mother, father = city.stranger(), city.stranger(), city.stranger()
    named = f"{mother.number};{father.number}"
    assert outcomes(office.identities(identity(person, guardian_document_number=named))) == [("stored", None)]
    assert {one["S"] for one in row_of(person)["guardians"]["L"]} == {person_id_of(mother), person_id_of(father)}
    assert outcomes(office.identities(identity(person, guardian_document_number=named))) == [("unchanged", None)]

    newer = identity(person, source_time=LATER)
    assert outcomes(office.identities(newer)) == [("stored", None)]
    assert "guardians" not in row_of(person)


def test_names_documents_and_phones_are_sealed_and_the_row_says_who_delivered(
    city: TestCity, office: SourceClient
) -> None:
    person = city.stranger()
    answer = office.identities(identity(person), reporter="Population office")
    row = row_of(person)
    said = {name: row[name]["S"] for name in ("source", "batch", "reporter")}
    assert said == {"source": office.source, "batch": answer.json["batch_id"], "reporter": "Population office"}
    cipher, place = FieldCipher(), f"registry|{person_id_of(person)}|IDENTITY"
    assert cipher.open(FieldClass.NAME, place, row["name_sealed"]["B"]) == person.name
    assert cipher.open(FieldClass.DOCUMENT, place, row["document_sealed"]["B"]) == f"resident_id:{person.number}"
    assert cipher.open(FieldClass.PHONE, place, row["phone_sealed"]["B"]) == person.phone


def test_the_newest_word_stays_whichever_source_says_it_and_whenever_it_comes(
    city: TestCity, office: SourceClient
) -> None:
    person, other = city.stranger(), registered(city)
    moved = replace(person, phone=city.stranger().phone)
    assert outcomes(other.identities(identity(moved, source_time=LATER))) == [("stored", None)]
    assert outcomes(office.identities(identity(person))) == [("older", None)]
    assert outcomes(other.identities(identity(moved, source_time=LATER))) == [("unchanged", None)]
    assert row_of(person)["source"]["S"] == other.source
    city.verified(moved)


def test_a_bad_row_says_why_and_stops_no_other(city: TestCity, office: SourceClient) -> None:
    good, bad = city.stranger(), city.stranger()
    answer = office.identities(
        identity(bad, name="Dr. 7"),
        identity(bad, phone="12345"),
        identity(bad, document_number="1"),
        identity(bad, source_time=""),
        identity(good),
    )
    assert outcomes(answer) == [
        ("refused", "invalid_name"),
        ("refused", "invalid_phone"),
        ("refused", "invalid_document"),
        ("refused", "invalid_source_time"),
        ("stored", None),
    ]
    assert (bool(row_of(bad)), bool(row_of(good))) == (False, True)


def test_a_broken_row_holds_up_no_other(city: TestCity, office: SourceClient) -> None:
    broken, person = city.stranger(), city.stranger()
    office.identities(identity(broken))
    spoil(IdentityRow.of(person_id_of(broken)), "phone_mac")
    answer = office.identities(identity(broken), identity(person))
    assert outcomes(answer) == [("refused", "broken_record"), ("stored", None)]
    assert outcomes(office.identities(identity(broken, source_time=LATER))) == [("stored", None)]


def test_the_identity_key_is_asked_for_once_a_batch_and_nothing_is_opened(
    city: TestCity, office: SourceClient, faults: Seam
) -> None:
    rows = [identity(city.stranger()) for _ in range(20)]
    faults.calls.clear()
    assert outcomes(office.identities(*rows)) == [("stored", None)] * 20
    assert faults.counts["GenerateMac"] == 1
    assert faults.counts["Decrypt"] == 0


def test_what_was_delivered_before_is_not_written_again(city: TestCity, office: SourceClient, faults: Seam) -> None:
    rows = [identity(city.stranger()) for _ in range(3)]
    office.identities(*rows)
    faults.calls.clear()
    assert outcomes(office.identities(*rows, identity(city.stranger()))) == [("unchanged", None)] * 3 + [
        ("stored", None)
    ]
    assert faults.counts["PutItem"] == 2, "one identity, and that the source delivers them"


@given(order=st.permutations([("a", "1"), ("a", "2"), ("b", "1"), ("b", "3"), ("a", "2")]))
@settings(
    max_examples=10, deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
def test_any_order_ends_in_the_same_identity(city: TestCity, order: list[tuple[str, str]]) -> None:
    sources = {"a": registered(city), "b": registered(city)}
    person = city.stranger()
    phones = {name: city.stranger().phone for name in "ab"}
    for name, day in order:
        row = identity(replace(person, phone=phones[name]), source_time=f"2022-04-0{day}T00:00:00Z")
        sources[name].identities(row)
    assert row_of(person)["source"]["S"] == sources["b"].source
    assert row_of(person)["version"]["S"].startswith("2022-04-03")


def deployed(monkeypatch: pytest.MonkeyPatch, *, sources: bool, identities: bool = True) -> None:
    """As it is in a deployed city, with sources or without."""
    not_here = type("Deployed", (), {"is_local": False})()
    monkeypatch.setattr(registry, "settings", lambda: not_here)
    monkeypatch.setattr(registry, "has_source", lambda: sources)
    monkeypatch.setattr(registry, "has_identities", lambda: identities)


@pytest.mark.parametrize(("sources", "identities"), [(False, True), (True, False)])
def test_a_deployed_city_that_was_told_of_nobody_compares_nobody_and_counts_no_try(
    city: TestCity, monkeypatch: pytest.MonkeyPatch, *, sources: bool, identities: bool
) -> None:
    person = city.person()
    client = city.log_in(person)
    with monkeypatch.context() as patched:
        deployed(patched, sources=sources, identities=identities)
        for _ in range(6):
            answer = client.put("/v1/me/identity", person.claim())
            assert (answer.status, answer.code) == (503, "source_unavailable")
            assert answer.headers["retry-after"] == "3600"
    assert client.put("/v1/me/identity", person.claim()).status == 200


def test_a_deployed_city_with_a_source_compares(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    person = city.person()
    client = city.log_in(person)
    deployed(monkeypatch, sources=True)
    assert client.put("/v1/me/identity", person.claim()).status == 200


def test_facts_or_refused_rows_tell_a_city_of_nobody(city: TestCity, office: SourceClient) -> None:
    for row in list(store.query_all(IdentitiesRow, IdentitiesRow.RUN)):
        store.delete(row.own_key)
    person = city.stranger()
    office.facts(report(person))
    office.identities(identity(person, phone="12345"))
    assert not has_identities()
    office.identities(identity(person))
    assert has_identities()


def test_a_source_counts_while_it_is_granted(city: TestCity) -> None:
    office = registered(city)
    assert has_source()
    granted = [row for row in store.query_all(SourceRow, SourceRow.KIND) if row.granted]
    try:
        for row in granted:
            store.update(row.own_key, [SourceRow.granted.set(False)])
        assert not has_source()
    finally:
        for row in granted:
            store.put(row)
    assert office.identities(identity(city.stranger())).status == 200
