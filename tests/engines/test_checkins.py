"""Many at a gate at once: each check-in once, none lost, and never more inside than a strict place takes (R-01, T-10)."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest

from chalicelib.core import clock, store
from chalicelib.core.runs import mark_complete
from chalicelib.places.tables import CheckinRow, OccupancyRow, VisitTrace
from tests.engines.conftest import Engine
from tests.support.books import person_id_of
from tests.support.client import Answer, Client
from tests.support.engines import at_once, errors
from tests.support.passes import pass_of
from tests.support.people import TestPerson
from tests.support.visits import OWN, Site, row_of, site, well

VISITORS, INSPECTORS = 50, 10
ROOM, COME = 50, 120
TWICE = 200


@pytest.fixture(autouse=True)
def city_in_use(engine: Engine) -> None:
    """The sources' data are fresh on this engine too."""
    assert engine.city.api.token is None
    mark_complete(1, clock.now())


def visitors(engine: Engine, many: int) -> tuple[list[TestPerson], list[Client]]:
    """So many people in the normal state, with sessions of clients that threads don't share."""
    people = [engine.city.stranger() for _ in range(many)]
    clients = well(engine.city, *people)
    return people, [Client(client.transport, client.token) for client in clients]


def scan_until_settled(clients: list[Client], bodies: list[tuple[str, dict[str, object]]]) -> list[Answer]:
    """The last answer to each. Who is told 503 does what the answer asks for: sends the same again."""
    answers: list[Answer | None] = [None] * len(clients)
    for _ in count():
        waiting = [number for number, answer in enumerate(answers) if answer is None or answer.status == 503]
        if not waiting:
            break

        def one(place: int, who: list[int] = waiting) -> Answer:
            path, body = bodies[who[place]]
            return clients[who[place]].post(path, body)

        done = at_once(len(waiting), one)
        assert errors(done) == set()
        for number, outcome in zip(waiting, done, strict=True):
            answers[number] = outcome.value
    return [answer for answer in answers if answer is not None]


def rows_of(place: Site) -> list[CheckinRow]:
    return place.rows()


def test_of_120_at_once_exactly_50_come_into_a_place_for_50(engine: Engine) -> None:
    place = site(engine.city, capacity=ROOM, capacity_mode="strict")
    _, clients = visitors(engine, COME)
    body: dict[str, object] = {"code": place.code, "scanned_at": clock.iso(clock.now())}

    answers = scan_until_settled(clients, [("/v1/checkins", body)] * COME)

    codes = Counter(answer.status if answer.status < 300 else answer.code for answer in answers)
    inside = codes[200] + codes[201]
    assert (inside, codes["place_full"]) == (ROOM, COME - ROOM), codes
    assert len(rows_of(place)) == ROOM
    key = OccupancyRow.of(place.place_id)
    number = store.read_together([key]).get(key)
    assert number is not None
    assert number.inside == ROOM


def test_200_simultaneous_double_taps_are_200_records(engine: Engine) -> None:
    place = site(engine.city)
    people, clients = visitors(engine, TWICE // 10)
    places = [place, *(site(engine.city, place.managing, place.manager) for _ in range(9))]
    at = clock.iso(clock.now())
    bodies: list[tuple[str, dict[str, object]]] = [
        ("/v1/checkins", {"code": one.code, "scanned_at": at}) for one in places for _ in clients for _ in range(2)
    ]
    senders = [client for _ in places for client in clients for _ in range(2)]

    statuses: Counter[int] = Counter()
    for start in range(0, len(senders), 40):
        done = at_once(40, lambda number, start=start: senders[start + number].post(*bodies[start + number]))  # type: ignore[misc]
        assert errors(done) == set()
        statuses.update(outcome.value.status for outcome in done if outcome.value is not None)

    assert statuses == {201: TWICE, 200: TWICE}
    assert sum(len(rows_of(one)) for one in places) == TWICE
    assert len(people) * len(places) == TWICE


def test_fifty_visitors_and_ten_inspectors_at_once_lose_nothing_and_store_nothing_twice(engine: Engine) -> None:
    place = site(engine.city)
    people, clients = visitors(engine, VISITORS)
    shown, _ = visitors(engine, VISITORS)
    inspectors = [place.staff() for _ in range(INSPECTORS)]
    own: list[tuple[str, dict[str, object]]] = [("/v1/checkins", {"code": place.code}) for _ in people]
    inspected: list[tuple[str, dict[str, object]]] = [
        (place.path, {"pass": pass_of(one), "temperature": "normal"}) for one in shown
    ]
    staff = [
        Client(inspectors[number % INSPECTORS].transport, inspectors[number % INSPECTORS].token)
        for number in range(VISITORS)
    ]

    answers = scan_until_settled([*clients, *staff], [*own, *inspected])

    assert Counter(answer.status for answer in answers) == {201: 2 * VISITORS}
    accepted = {answer.json["checkin_id"] for answer in answers}
    assert len(accepted) == 2 * VISITORS
    assert {row_of(one).person_id for one in accepted} == {person_id_of(one) for one in (*people, *shown)}
    assert len(rows_of(place)) == 2 * VISITORS
    for person in (*people, *shown):
        page = store.query(VisitTrace, person_id_of(person), index="by_visitor", consistent=False)
        assert len(page.rows) == 1
    (visit,) = clients[0].get(OWN).json["items"]
    assert visit["checkin_id"] in accepted
    assert clock.now() - row_of(visit["checkin_id"]).stored_at < timedelta(minutes=5)
