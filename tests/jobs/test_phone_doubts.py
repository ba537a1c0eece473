"""Phones change hands: a phone that the source no longer holds for a person is doubted until it does again (design §7)."""

from typing import Any

import pytest

import app
from chalicelib.core import store
from chalicelib.health import effects as health_effects
from chalicelib.health.tables import IdentityRow
from tests.support import messages
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.dependants import bind_by_code
from tests.support.enrolled import anybody
from tests.support.lambdas import batch, failed, identity_record, removed_record
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.jobs


def to_registry(*records: dict[str, Any]) -> Any:
    return app.registry_stream(batch(*records), None)


def is_refuted(person: TestPerson) -> bool:
    return "phone_refuted" in (stored(person_key(person)) or {})


def test_a_phone_that_the_source_no_longer_holds_is_doubted_until_it_does_again(city: TestCity) -> None:
    person, other = city.person(), city.stranger()
    city.verified(person)
    confirmed = identity_record(person)
    assert to_registry(confirmed) == failed()
    assert not is_refuted(person)

    city.know(TestPerson(person.name, person.number, other.phone))
    refuting = identity_record(person)
    assert to_registry(refuting, refuting) == failed()
    assert is_refuted(person)

    assert to_registry(confirmed) == failed()
    assert is_refuted(person), "an old record came late"

    city.know(person)
    assert to_registry(refuting) == failed()
    assert not is_refuted(person), "what the source holds now counts, whatever the record says"


def test_the_phone_of_a_dependant_without_an_account_is_doubted_too(city: TestCity) -> None:
    person, other = city.person(), city.stranger()
    bind_by_code(city, anybody(city), person)
    kept = stored(person_key(person)) or {}
    assert ("account" in kept, "phone_sealed" in kept) == (False, True)

    city.know(TestPerson(person.name, person.number, other.phone))
    assert to_registry(identity_record(person)) == failed()
    assert is_refuted(person)

    city.know(person)
    assert to_registry(identity_record(person)) == failed()
    assert not is_refuted(person)


def test_a_change_and_back_in_one_batch_leaves_no_doubt(city: TestCity) -> None:
    person, other = city.person(), city.stranger()
    city.verified(person)
    records = [identity_record(person)]
    for known in (TestPerson(person.name, person.number, other.phone), person):
        city.know(known)
        records.append(identity_record(person))

    assert to_registry(*records) == failed()
    assert not is_refuted(person)


def test_a_phone_moved_under_the_consumer_is_not_doubted(city: TestCity, faults: Seam) -> None:
    """The person proved themself on a new phone between the consumer's read and its write."""
    person = city.person()
    city.verified(person)
    moved = city.person(name=person.name, number=person.number, phone=city.stranger().phone)
    stale = store.read_together([person_key(person)]).get(person_key(person))
    assert stale is not None
    city.verified(moved)
    faults.calls.clear()

    health_effects._compare_phone(stale)  # noqa: SLF001

    assert faults.counts["UpdateItem"] == 1
    assert not is_refuted(person)


def test_an_identity_that_was_removed_or_cannot_be_read(city: TestCity) -> None:
    person, broken = city.person(), city.person()
    city.verified(person)
    city.verified(broken)
    key = IdentityRow.of(person_id_of(person))
    row = store.read_together([key]).get(key)
    assert row is not None
    store.delete(key)
    poison = identity_record(broken)
    spoil(IdentityRow.of(person_id_of(broken)), "phone_mac")

    messages.take("registry_retries")

    assert to_registry(removed_record(row), poison) == failed()
    assert messages.keys(messages.take("registry_retries")) == [poison["dynamodb"]["Keys"]]

    assert not is_refuted(person)
    assert not is_refuted(broken)


@pytest.mark.usefixtures("city")
def test_nothing_is_read_for_an_empty_event(faults: Seam) -> None:
    assert to_registry() == failed()
    assert app.registry_stream({}, None) == failed()
    assert faults.calls == []
