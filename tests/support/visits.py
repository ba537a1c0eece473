"""Places in tests, stored as their managers would have opened them, and people who visit them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.settings import settings
from chalicelib.health.known import known_of
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.codes import new_gate_id, poster_code, screen_code
from chalicelib.places.tables import CheckinRow, GateRow, PlaceRow, StaffRow, VisitTrace
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import enrolled
from tests.support.passes import pass_of
from tests.support.people import TestPerson
from tests.support.statuses import person_row

STAY = 120
CHECKINS = "/v1/checkins"
OWN = "/v1/me/checkins"


@dataclass(frozen=True)
class Site:
    """A place with one gate, and its manager."""

    city: TestCity
    place_id: str
    gate_id: str
    manager: Client
    managing: TestPerson
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """What its first poster holds."""
        return poster_code(self.place_id, self.gate_id, 1)

    @property
    def screen(self) -> str:
        """What its screen shows now."""
        return screen_code(self.place_id, self.gate_id, 1)

    @property
    def path(self) -> str:
        """Where its staff check people in."""
        return f"/v1/places/{self.place_id}/checkins"

    def change(self, **columns: Any) -> None:
        """Change what is stored of the place."""
        actions = store.assign(PlaceRow, columns)
        assert store.update(PlaceRow.of(self.place_id), actions, PlaceRow.place_id.exists()) is not None

    def change_gate(self, **columns: Any) -> None:
        """Change what is stored of its gate."""
        key = GateRow.of(self.place_id, self.gate_id)
        assert store.update(key, store.assign(GateRow, columns), GateRow.place_id.exists()) is not None

    def rows(self, at: datetime | None = None) -> list[CheckinRow]:
        """Its check-ins of a day in one part, by time."""
        from chalicelib.places.visiting.keys import day_of

        return list(store.query_all(CheckinRow, f"{self.place_id}#{day_of(at or clock.now())}#0"))

    def staff(self, role: str = "inspector") -> Client:
        """Somebody new on its staff."""
        person = self.city.stranger()
        (client,) = enrolled(self.city, person)
        self.hire(person, role)
        return client

    def hire(self, person: TestPerson, role: str = "inspector") -> str:
        """Put somebody who is enrolled on its staff; under which id."""
        person_id = person_id_of(person)
        member_id = pairwise_id(self.place_id, person_id)
        row = StaffRow(
            self.place_id,
            f"{StaffRow.PREFIX}{member_id}",
            person_id=person_id,
            enrolment=1,
            role=role,
            name_mask="王**",
            bound_at=clock.now(),
        )
        store.write_all([row])
        return member_id


def site(city: TestCity, managing: TestPerson | None = None, manager: Client | None = None, **columns: Any) -> Site:
    """A new place of somebody, or of somebody new."""
    managing = managing or city.stranger()
    manager = manager or enrolled(city, managing)[0]
    place_id, gate_id, now = ids.new_id(), new_gate_id(), clock.now()
    place = PlaceRow(
        place_id,
        "PLACE",
        **{
            "name": "Noodle House",
            "type": "restaurant",
            "subdistrict": "371302001",
            "address": "Market Street 1",
            "stay_minutes": STAY,
            "manager_id": person_id_of(managing),
            "manager_enrolment": 1,
            "gates": 1,
            "created_at": now,
            **columns,
        },
    )
    gate = GateRow(place_id, f"{GateRow.PREFIX}{gate_id}", name="Main entrance", printed_at=now, created_at=now)
    store.write_all([place, gate])
    return Site(city, place_id, gate_id, manager, managing)


def scan(client: Client, code: str, **fields: Any) -> Answer:
    """Somebody scans a place."""
    return client.post(CHECKINS, {"code": code, **fields})


def inspect(client: Client, place: Site, person: TestPerson, temperature: str = "normal", **fields: Any) -> Answer:
    """Somebody on the staff scans a person's pass of this moment."""
    return client.post(place.path, {"pass": pass_of(person), "temperature": temperature, **fields})


def look_up(client: Client, place: Site, person: TestPerson, **fields: Any) -> Answer:
    """Somebody on the staff types who a person is."""
    return client.post(place.path, {**person.claim(), "temperature": "normal", **fields})


def traces(person: TestPerson) -> list[str]:
    """When a person's stored visits were, as the index says."""
    page = store.query(VisitTrace, person_id_of(person), index="by_visitor", consistent=False)
    return [row.at for row in page.rows]


def row_of(checkin_id: str) -> CheckinRow:
    """A check-in as it is stored."""
    from chalicelib.places.visiting.keys import read_checkin_id

    key = read_checkin_id(checkin_id)
    assert key is not None
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def put_in_state(person: TestPerson, state: str) -> None:
    """Give somebody a status that is as good as one that was computed now."""
    now = clock.now().replace(microsecond=0)
    rule = next((one.name for one in settings().city.scheme.rules if one.state == state), None)
    before = person_row(person)
    columns = {"state": state, "rule": rule, "state_since": now, "status_at": now, "known": known_of([], None)}
    version = int(before.status_version) + 1
    assert store.update(before.own_key, store.assign(PersonRow, {**columns, "status_version": version})) is not None


def well(city: TestCity, *people: TestPerson) -> list[Client]:
    """Sessions of these people, who are in the normal state and stored as `enrolled` stores them."""
    clients = enrolled(city, *people)
    for person in people:
        put_in_state(person, settings().city.scheme.normal.name)
    return clients


def never_visited(place_id: str) -> str:
    """How a check-in at a place would be called that there never was."""
    from chalicelib.places.visiting.keys import checkin_id_of

    return checkin_id_of(CheckinRow(f"{place_id}#2026-01-01#0", f"{0:08d}#{'A' * 22}"))
