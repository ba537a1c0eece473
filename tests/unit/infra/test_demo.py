"""The fictional people of a local city."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from chalicelib.core import canonical
from chalicelib.core.canonical import DocumentType
from chalicelib.core.masks import mask_name
from chalicelib.health.facts import RESULTS, Kind
from infra.local.book import book_people
from infra.local.demo import demo_facts, demo_people, shown_people
from infra.local.demo_places import cast

NOW = datetime(2022, 4, 6, 1, 2, 3, tzinfo=UTC)


def test_there_are_at_least_300_and_every_kind_of_document() -> None:
    kinds = Counter(person.document_type for person in demo_people())
    assert kinds.total() >= 300
    assert set(kinds) == set(DocumentType)


def test_every_value_is_canonical_so_check_digits_and_birth_dates_are_right() -> None:
    for person in demo_people():
        assert canonical.document(person.document_type, person.document_number) == person.document_number
        assert canonical.phone(person.phone) == person.phone
        assert canonical.person_name(person.name) == person.name


def test_documents_and_phones_are_distinct() -> None:
    people = demo_people()
    assert len({(person.document_type, person.document_number) for person in people}) == len(people)
    assert len({person.phone for person in people}) == len(people)


def test_names_are_varied_and_some_surnames_are_compound() -> None:
    residents = [person.name for person in demo_people() if person.document_type is DocumentType.RESIDENT_ID]
    assert len(set(residents)) > len(residents) * 0.9
    assert any(len(mask_name(name)) == 4 for name in residents)
    assert any("·" in name for name in residents)


def test_they_are_the_same_people_each_time() -> None:
    assert demo_people() == demo_people()


def test_the_people_shown_first_are_of_every_kind() -> None:
    assert {person.document_type for person in shown_people()} == set(DocumentType)
    assert set(shown_people()) <= set(demo_people())


def test_facts_are_known_kinds_of_the_past_about_these_people() -> None:
    people = demo_people()
    facts = demo_facts(people, NOW)
    documents = {(person.document_type, person.document_number) for person in people}

    assert len({fact.fact_id for fact in facts}) == len(facts)
    assert {"nucleic_acid", "vaccination", "travel_check"} <= {fact.kind for fact in facts}
    for fact in facts:
        assert (fact.document_type, fact.document_number) in documents
        assert fact.result in RESULTS[Kind(fact.kind)]
        assert datetime.fromisoformat(fact.occurred_at) < NOW
    tests = [datetime.fromisoformat(fact.occurred_at) for fact in facts if fact.kind == "nucleic_acid"]
    assert min(tests) > NOW - timedelta(days=4)


def test_who_runs_the_places_is_well_and_nobody_whom_a_page_plays() -> None:
    people = cast()
    staff = {people.manager, *people.inspectors}
    bad = {"positive", "pending", "high", "medium"}
    unwell = {one.document_number for one in demo_facts(demo_people(), NOW) if one.result in bad}
    assert not {one.document_number for one in staff} & unwell
    assert [one.document_number in unwell for one in people.visitors] == [False] * 4 + [True], "one is kept out"
    assert not {*staff, *people.visitors} & {*shown_people(), *book_people()}
