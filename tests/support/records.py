"""Places with staff and check-ins, put straight into the tables as the service would have."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import clock, ids, masks, store
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.settings import settings
from chalicelib.places.tables import CheckinRow, GateRow, PlaceRow, StaffRow, bucket_of, part_of, sort_key_of
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson


@dataclass(frozen=True)
class Place:
    """A place and its manager."""

    city: TestCity
    place_id: str
    manager: Client
    boss: TestPerson

    @property
    def path(self) -> str:
        """Its address."""
        return f"/v1/places/{self.place_id}"

    @property
    def key(self) -> store.Key[PlaceRow]:
        """Where it lies."""
        return PlaceRow.of(self.place_id)

    def staff(self, role: str = "inspector", *gates: str) -> Client:
        """Somebody new on its staff, with these gates if they are a registrar."""
        person = self.city.stranger()
        (client,) = enrolled(self.city, person)
        person_id = person_id_of(person)
        key = StaffRow.of(self.place_id, pairwise_id(self.place_id, person_id))
        row = StaffRow(
            key.hash_value, key.range_value, person_id=person_id, enrolment=1, role=role, bound_at=clock.now()
        )
        row.name_mask = masks.mask_name(person.name)
        store.put(row)
        for gate_id in gates:
            gate = GateRow.of(self.place_id, gate_id)
            made = GateRow(
                gate.hash_value, gate.range_value, name=gate_id, printed_at=clock.now(), created_at=clock.now()
            )
            made.registrar_id = key.range_value.removeprefix(StaffRow.PREFIX) if key.range_value else None
            store.put(made)
        return client


def place(city: TestCity, name: str = "North Market", shards: int = 1, **fields: Any) -> Place:
    """A new place with a manager who is enrolled."""
    boss, now = city.stranger(), clock.now()
    (client,) = enrolled(city, boss)
    place_id = ids.new_id()
    today = clock.local_day(settings().city.time_zone, now).isoformat()
    row = PlaceRow(place_id, "PLACE", name=name, type="ordinary", subdistrict="371302001", address="1 Long Street")
    row.stay_minutes, row.created_at, row.shards = 120, now, {today: shards}
    row.manager_id, row.manager_enrolment = person_id_of(boss), 1
    for field, value in fields.items():
        setattr(row, field, value)
    store.put(row)
    return Place(city, place_id, client, boss)


def visit(
    at_place: Place, person: TestPerson, at: datetime | None = None, shards: int = 1, **fields: Any
) -> CheckinRow:
    """A check-in, not yet stored."""
    at, person_id = at or clock.now(), person_id_of(person)
    member_id = pairwise_id(at_place.place_id, person_id)
    city = settings().city
    day = clock.local_day(city.time_zone, at)
    usual = {
        "person_id": person_id, "enrolment": 1, "at": clock.iso(at), "stored_at": at, "mode": "pass", "assurance": "inspector",
        "state": city.scheme.states[0].name, "allowed": True, "alarm": False, "temperature": "normal",
        "temperature_source": "measured", "name_mask": masks.mask_name(person.name),
        "document_mask": masks.mask_document(DocumentType(person.type), person.number), "stay_minutes": 120,
        "expires_at": at + timedelta(days=city.retention.checkins),
    }  # fmt: skip
    part = part_of(at_place.place_id, day, member_id, shards)
    return CheckinRow(part, sort_key_of(bucket_of(at), member_id), **{**usual, **fields})


def visits(
    at_place: Place, people: Iterable[TestPerson], at: datetime | None = None, every: int = 60, **fields: Any
) -> list[CheckinRow]:
    """Check-ins of these people, stored, each so many seconds before the next; the last is at the moment given, or now."""
    listed, last = list(people), at or clock.now()
    steps = range(len(listed) - 1, -1, -1)
    rows = [
        visit(at_place, person, last - timedelta(seconds=every * step), **fields)
        for person, step in zip(listed, steps, strict=True)
    ]
    store.write_all(rows)
    return rows
