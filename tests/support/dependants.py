"""Children and others for whom somebody acts: known to the source, or bound already for a fraction of the calls."""

from datetime import date
from typing import Any

from chalicelib.core import clock, masks, store
from chalicelib.core.canonical import DocumentType
from chalicelib.people.service.bindings import Relation, of_age
from chalicelib.people.tables.dependants import DependantRow, GuardianRow
from chalicelib.people.tables.people import PersonRow
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson, resident_id

BORN = "20180610"
"""When the children of tests were born."""


def child(city: TestCity, born: str = BORN) -> TestPerson:
    """A new child whom the health source does not know yet; born on a day that is their own number's."""
    like = city.stranger()
    number = resident_id(f"44{like.number[2:6]}", born, int(like.phone[-6:]) % 1000)
    return city.stranger(number=number)


def child_of(city: TestCity, *guardians: TestPerson, born: str = BORN) -> TestPerson:
    """A new child whose guardians the health source knows."""
    person = child(city, born)
    know_kin(city, person, *guardians)
    return person


def know_kin(city: TestCity, person: TestPerson, *guardians: TestPerson) -> None:
    """Tell the health source of somebody and of who may act for them."""
    named = ";".join(f"{one.type}:{one.number}" for one in guardians)
    results = list(city._importer.people([{**person.row(), "guardian_document_number": named}]))  # noqa: SLF001
    assert [one.error for one in results] == [None]


def bind_by_code(city: TestCity, guardian: Client, person: TestPerson) -> str:
    """Let somebody whom the health source knows agree by a code that a guardian acts for them; returns their dependant_id."""
    claimed = {**person.claim_of_a_guardian(), "phone": person.phone}
    asked = guardian.post("/v1/me/dependants/codes", claimed)
    assert asked.status == 202, asked.text
    agreed = {**claimed, "relation": "parent", "code": city.sms.last_code(person.phone)}
    answer = guardian.post("/v1/me/dependants", agreed)
    assert answer.status == 201, answer.text
    dependant_id: str = answer.json["dependant_id"]
    return dependant_id


def put_binding(
    city: TestCity, guardian: TestPerson, dependant: TestPerson, relation: Relation = Relation.CHILD
) -> tuple[str, str]:
    """A binding as it is stored, of people who live their first life; who is not enrolled is, without an account.

    Returns the ids under which guardian and dependant know each other. Again leaves the same.
    """
    city.canaries.watch(dependant)
    for person in (guardian, dependant):
        _enrol(person)
    theirs = person_id_of(guardian), person_id_of(dependant)
    until = of_age(date.fromisoformat(BORN)) if relation is Relation.CHILD else None
    said: dict[str, Any] = {"enrolment": 1, "other_enrolment": 1, "relation": relation.value, "bound_at": clock.now()}
    said["until"] = until
    key = DependantRow.between(*theirs)
    row = DependantRow(
        key.hash_value, key.range_value, other_id=theirs[1], name_mask="王**", document_mask="44**", **said
    )
    twin = GuardianRow(row.twin.hash_value, row.twin.range_value, other_id=theirs[0], name_mask="王**", **said)
    store.put(row)
    store.put(twin)
    store.update(PersonRow.of(theirs[0]), [PersonRow.dependants.set(1)])
    store.update(PersonRow.of(theirs[1]), [PersonRow.guardians.set(1)])
    return row.dependant_id, twin.guardian_id


def _enrol(person: TestPerson) -> None:
    key = PersonRow.of(person_id_of(person))
    if store.read_together([key]).get(key) is None:
        store.put(
            PersonRow(
                key.hash_value,
                key.range_value,
                enrolment=1,
                name_mask=masks.mask_name(person.name),
                document_mask=masks.mask_document(DocumentType(person.type), person.number),
                verified_at=clock.now(),
                checked_at=clock.now(),
            )
        )
