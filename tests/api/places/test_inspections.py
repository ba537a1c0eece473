"""An inspector scans me: card, temperature, siren; or types who I am (R2.3, R2.5, B6, design §7)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.core.runs import mark_complete
from chalicelib.core.settings import settings
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import AccessRow
from chalicelib.places.codes import new_gate_id
from chalicelib.places.tables import StaffRow
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody
from tests.support.passes import pass_of
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored
from tests.support.seam import Seam
from tests.support.visits import Site, inspect, look_up, put_in_state, scan, site, well

pytestmark = pytest.mark.api


@pytest.fixture
def place(city: TestCity) -> Site:
    return site(city)


@pytest.fixture
def inspector(place: Site) -> Client:
    """Somebody on its staff."""
    return place.staff()


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    """Somebody in the normal state, with a phone or without."""
    person = city.stranger()
    well(city, person)
    return person


@pytest.fixture
def noon(person: TestPerson) -> Iterator[clock.FrozenClock]:
    """A minute after a bucket of five began; time stands still."""
    assert person.name
    at = clock.now().replace(microsecond=0)
    with clock.frozen(at - timedelta(seconds=int(at.timestamp()) % 300 - 60)) as time:
        mark_complete(1, clock.now())
        yield time


def refused(answer: Answer, status: int, code: str) -> bool:
    assert (answer.status, answer.code) == (status, code), answer.text
    return True


# What is right


def test_a_scan_shows_a_masked_card_and_stores_the_visit(place: Site, inspector: Client, person: TestPerson) -> None:
    answer = inspect(inspector, place, person, gate_id=place.gate_id)

    shown = answer.json
    assert answer.status == 201, answer.text
    assert shown["visitor"] == {
        "name": "王**",
        "document": f"{person.number[:2]}{'*' * 14}{person.number[-2:]}",
        "phone": f"{person.phone[:3]}******{person.phone[-2:]}",
        "portrait": None,
        "declaration": None,
    }
    assert (shown["allowed"], shown["alarm"], shown["mode"], shown["assurance"]) == (True, False, "pass", "inspector")
    assert (shown["temperature"], shown["temperature_source"]) == ("normal", "measured")
    (row,) = place.rows()
    assert (row.person_id, row.gate_id, row.temperature) == (person_id_of(person), place.gate_id, "normal")
    assert row.by is not None
    assert person_id_of(person) not in answer.text


def test_whoever_proves_identity_has_a_phone_mask(city: TestCity, place: Site, inspector: Client) -> None:
    person = city.person()
    city.verified(person)

    shown = inspect(inspector, place, person).json

    assert shown["visitor"]["phone"] == f"{person.phone[:3]}******{person.phone[-2:]}"


def test_two_sequential_calls_and_no_more(
    place: Site, inspector: Client, person: TestPerson, faults: Seam, noon: clock.FrozenClock
) -> None:
    assert place.manager.post(place.path, {"pass": pass_of(person), "temperature": "normal"}).status == 201
    text = pass_of(person)
    faults.calls.clear()
    noon.tick(1)

    answer = inspector.post(place.path, {"pass": text, "temperature": "normal"})

    assert (answer.status, faults.operations) == (200, ["BatchGetItem", "PutItem"])
    tables = faults.calls[0][1]["RequestItems"]
    read = sum(len(one["Keys"]) * (1 if one["ConsistentRead"] else 0.5) for one in tables.values())
    assert read == 6.5, (
        "session, inspector, visitor, place and role as they are now; a declaration; the visit before as it was"
    )


@pytest.mark.parametrize(("temperature", "state"), [("fever", "green"), ("normal", "red"), ("fever", "red")])
def test_fever_and_an_abnormal_state_sound_the_siren_and_change_no_status(
    place: Site, inspector: Client, person: TestPerson, temperature: str, state: str
) -> None:
    put_in_state(person, state)
    before = stored(person_key(person))

    shown = inspect(inspector, place, person, temperature).json

    assert (shown["allowed"], shown["alarm"], shown["temperature"]) == (False, True, temperature)
    assert shown["state"]["state"] == state
    assert stored(person_key(person)) == before


def test_fever_after_an_own_scan_is_added_to_the_record_of_these_minutes(
    city: TestCity, place: Site, inspector: Client, noon: clock.FrozenClock
) -> None:
    person = city.stranger()
    (visitor,) = well(city, person)
    assert scan(visitor, place.code, temperature="normal").json["allowed"] is True
    noon.tick(30)

    shown = inspect(inspector, place, person, "fever").json
    again = scan(visitor, place.code)

    assert (shown["repeated"], shown["allowed"], shown["alarm"]) == (True, False, True)
    (row,) = place.rows()
    assert (row.temperature, row.temperature_source, row.allowed, row.alarm) == ("fever", "measured", False, True)
    assert (row.mode, row.assurance, row.by is None) == ("pass", "inspector", False)
    assert (again.status, again.json["allowed"], again.json["alarm"]) == (200, False, True)


def test_the_manager_may_inspect_and_a_registrar_stands_at_their_own_gate(
    city: TestCity, place: Site, person: TestPerson
) -> None:
    assert inspect(place.manager, place, person, gate_id=place.gate_id).status in (200, 201)
    registrar = city.stranger()
    (client,) = well(city, registrar)
    member_id = place.hire(registrar, "registrar")

    assert refused(inspect(client, place, person, gate_id=place.gate_id), 422, "wrong_gate")
    place.change_gate(registrar_id=member_id)
    assert inspect(client, place, person, gate_id=place.gate_id).status == 200
    assert refused(inspect(client, place, person), 422, "wrong_gate")


# What waited without network


def test_a_pass_that_waited_without_network_is_judged_as_of_its_scan(
    place: Site, inspector: Client, person: TestPerson, noon: clock.FrozenClock
) -> None:
    text, at = pass_of(person), clock.now()
    body = {"pass": text, "temperature": "normal"}
    noon.tick(7200)

    in_time = inspector.post(place.path, {**body, "scanned_at": clock.iso(at + timedelta(seconds=59))})
    late = inspector.post(place.path, {**body, "scanned_at": clock.iso(at + timedelta(seconds=60))})

    assert (in_time.status, in_time.json["queued"]) == (201, True)
    assert refused(late, 410, "pass_expired")
    assert refused(inspector.post(place.path, body), 410, "pass_expired")


# Who may


def test_only_the_staff_of_an_open_place_may(
    city: TestCity, place: Site, inspector: Client, person: TestPerson
) -> None:
    assert refused(inspect(anybody(city), place, person), 403, "not_staff")
    assert refused(inspect(inspector, site(city), person), 403, "not_staff")
    place.change(suspended_since=clock.now())
    assert refused(inspect(inspector, place, person), 403, "place_suspended")
    assert refused(look_up(inspector, place, person), 403, "place_suspended")
    place.change(suspended_since=None, closed_at=clock.now())
    assert refused(inspect(inspector, place, person), 404, "place_not_found")
    assert place.rows() == []


def test_a_role_that_ended_is_dead_at_the_next_request(city: TestCity, place: Site, person: TestPerson) -> None:
    hired = city.stranger()
    (client,) = well(city, hired)
    member_id = place.hire(hired)
    assert inspect(client, place, person).status == 201
    store.delete(StaffRow.of(place.place_id, member_id))

    assert refused(inspect(client, place, person), 403, "not_staff")


def test_a_suspended_gate_checks_nobody_in(place: Site, inspector: Client, person: TestPerson) -> None:
    place.change_gate(suspended_since=clock.now())

    assert refused(inspect(inspector, place, person, gate_id=place.gate_id), 403, "place_suspended")
    assert refused(inspect(inspector, place, person, gate_id=new_gate_id()), 422, "wrong_gate")


# What is wrong with a pass


def test_a_pass_that_is_not_right_is_refused_with_the_reason(
    place: Site, inspector: Client, person: TestPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = pass_of(person)
    forged = text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:]
    body = {"temperature": "normal"}
    assert refused(inspector.post(place.path, {**body, "pass": forged}), 422, "pass_forged")
    assert refused(inspector.post(place.path, {**body, "pass": "x"}), 422, "pass_malformed")
    elsewhere = settings().model_copy(update={"city_name": "huian"})
    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.core.jws.settings", lambda: elsewhere)
        foreign = pass_of(person)
    assert refused(inspector.post(place.path, {**body, "pass": foreign}), 422, "pass_of_another_city")
    assert refused(inspector.post(place.path, {**body, "pass": pass_of(person, 7)}), 410, "pass_revoked")
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        assert refused(inspector.post(place.path, {**body, "pass": text}), 410, "pass_expired")
    assert place.rows() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"temperature": "normal"}, "one_way_of_knowing"),
        ({"pass": "x"}, "validation_failed"),
        ({"pass": "x", "temperature": "hot"}, "validation_failed"),
        ({"pass": "x", "name": "y", "temperature": "normal"}, "one_way_of_knowing"),
        ({"name": "y", "temperature": "normal"}, "one_way_of_knowing"),
        ({"name": "1", "document": {"type": "passport", "number": "1"}, "temperature": "normal"}, "invalid_name"),
    ],
)
def test_a_request_that_is_not_as_it_should_be_is_refused(
    place: Site, inspector: Client, body: dict[str, object], code: str
) -> None:
    assert refused(inspector.post(place.path, body), 422, code)


def test_a_broken_visitor_is_said_to_be_broken(place: Site, inspector: Client, person: TestPerson) -> None:
    text = pass_of(person)
    spoil(person_key(person), "enrolment")

    assert refused(inspector.post(place.path, {"pass": text, "temperature": "normal"}), 500, "broken_record")


# Typed (design §7)


def test_a_typed_look_up_checks_in_and_stands_in_the_access_log(
    city: TestCity, place: Site, inspector: Client, person: TestPerson
) -> None:
    shown = look_up(inspector, place, person).json

    assert (shown["mode"], shown["assurance"], shown["visitor"]["name"]) == ("typed", "inspector", "王**")
    city.deliver()
    (entry,) = store.query_all(AccessRow, person_id_of(person))
    assert (entry.why, entry.what, entry.organization) == (
        "typed_look_up",
        ["name", "document", "phone", "health_code", "declaration"],
        "Noodle House",
    )
    assert entry.actor_id is not None
    index = store.query(AccessRow, entry.actor_id, index="by_actor", consistent=False)
    assert len(index.rows) + index.unreadable == 1


def test_nothing_tells_a_wrong_name_from_nobody(
    city: TestCity, place: Site, inspector: Client, person: TestPerson, faults: Seam
) -> None:
    other, unknown, erased = city.stranger(), city.stranger(), city.stranger()
    well(city, erased)
    store.update(person_key(erased), [PersonRow.verified_at.remove()])
    seen = []
    for one in (TestPerson(other.name, person.number, person.phone), unknown, erased):
        faults.calls.clear()
        answer = look_up(inspector, place, one)
        seen.append((answer.status, {**answer.json, "request_id": ""}, faults.operations))

    assert seen[0][1]["code"] == "typed_mismatch"
    assert seen[0] == seen[1] == seen[2]
    assert place.rows() == []


def test_an_inspector_looks_up_so_many_a_day(
    city: TestCity, place: Site, inspector: Client, person: TestPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = settings().city.places
    monkeypatch.setitem(policy.__dict__, "typed_per_day", 2)
    assert [look_up(inspector, place, one).status for one in (city.stranger(), person)] == [403, 201]

    answer = look_up(inspector, place, person)

    assert refused(answer, 429, "too_many_typed")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert look_up(place.manager, place, person).status == 200, "the limit is each inspector's own"


def test_what_is_typed_is_asked_now(place: Site, inspector: Client, person: TestPerson) -> None:
    hour_ago = clock.iso(clock.now() - timedelta(hours=1))

    assert refused(look_up(inspector, place, person, scanned_at=hour_ago), 422, "typed_later")
