"""Whom a visitor brings along: each checked in for themself (R2.5)."""

import pytest

from chalicelib.core import clock, store
from chalicelib.people.tables.dependants import DependantRow
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.dependants import child_of, put_binding
from tests.support.people import TestPerson
from tests.support.rows import spoil
from tests.support.visits import Site, put_in_state, row_of, scan, site, well

pytestmark = pytest.mark.api


@pytest.fixture
def mother(city: TestCity) -> TestPerson:
    return city.stranger()


@pytest.fixture
def client(city: TestCity, mother: TestPerson) -> Client:
    (client,) = well(city, mother)
    return client


@pytest.fixture
def children(city: TestCity, mother: TestPerson, client: Client) -> list[tuple[TestPerson, str]]:
    """Two children in the normal state, and the ids under which their mother knows them."""
    assert client.token
    found = []
    for _ in range(2):
        child = child_of(city, mother)
        dependant_id, _ = put_binding(city, mother, child)
        put_in_state(child, "green")
        found.append((child, dependant_id))
    return found


def test_each_has_a_result_of_their_own(city: TestCity, client: Client, children: list[tuple[TestPerson, str]]) -> None:
    (well_child, first), (ill_child, second) = children
    put_in_state(ill_child, "red")
    place = site(city)

    answer = scan(client, place.code, dependants=[first, second, first], temperature="normal")

    assert answer.status == 201, answer.text
    one, other = answer.json["dependants"]
    assert answer.json["allowed"] is True
    assert (one["dependant_id"], one["name"], one["refused"]) == (first, "王**", None)
    assert (one["checkin"]["allowed"], one["checkin"]["mode"]) == (True, "dependant")
    assert (other["checkin"]["allowed"], other["checkin"]["alarm"]) == (False, True)
    assert len(place.rows()) == 3
    row = row_of(one["checkin"]["checkin_id"])
    mine = row_of(answer.json["checkin_id"])
    assert (row.person_id, row.by) == (person_id_of(well_child), mine.member_id)

    again = scan(client, place.code, dependants=[first])
    assert (again.status, len(place.rows())) == (200, 3)


def test_a_full_place_refuses_only_whom_it_has_no_room_for(
    city: TestCity, client: Client, children: list[tuple[TestPerson, str]]
) -> None:
    place = site(city, capacity=2, capacity_mode="strict")

    answer = scan(client, place.code, dependants=[one for _, one in children])

    assert [one["refused"] for one in answer.json["dependants"]] == [None, "place_full"]
    assert (answer.status, len(place.rows())) == (201, 2)


def test_nobody_else_is_checked_in(city: TestCity, client: Client, children: list[tuple[TestPerson, str]]) -> None:
    (child, first), (_, second) = children
    place = site(city)
    (stranger,) = well(city, city.stranger())
    assert stranger.token
    ended = DependantRow.of(person_id_of_guardian(client), second)
    store.update(ended, [DependantRow.until.set(clock.now())])

    own = scan(client, place.code, dependants=["nobody", second]).json["dependants"]
    foreign = scan(stranger, place.code, dependants=[first]).json["dependants"]

    assert [one["refused"] for one in (*own, *foreign)] == ["dependant_not_found"] * 3
    assert {one["name"] for one in (*own, *foreign)} == {None}
    assert len(place.rows()) == 2
    assert child.name


def person_id_of_guardian(client: Client) -> str:
    from chalicelib.core.tokens import open_bearer

    bearer = open_bearer(client.token or "")
    assert bearer is not None
    assert bearer.person_id is not None
    return bearer.person_id


def test_too_many_and_a_broken_binding_are_said_to_be(
    city: TestCity, mother: TestPerson, client: Client, children: list[tuple[TestPerson, str]]
) -> None:
    place: Site = site(city)
    assert scan(client, place.code, dependants=["x"] * 6).code == "validation_failed"
    spoil(DependantRow.of(person_id_of(mother), children[0][1]), "other_id")

    assert scan(client, place.code, dependants=[children[0][1]]).code == "broken_record"
