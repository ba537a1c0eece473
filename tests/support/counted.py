"""A place whose check-ins are counted: its rows put straight into the tables, its numbers asked for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.core import clock, counters, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.ids import new_id
from chalicelib.core.settings import settings
from chalicelib.places.tables import CheckinRow, PlaceRow, StaffRow, bucket_of, part_of, sort_key_of
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson

SUBDISTRICT = "371302001"


@dataclass(frozen=True)
class CountedPlace:
    """An open place with its manager."""

    city: TestCity
    manager: Client
    place_id: str

    @classmethod
    def opened(cls, city: TestCity, **fields: Any) -> "CountedPlace":
        """A new place of somebody new."""
        person = city.stranger()
        (manager,) = enrolled(city, person)
        key = PlaceRow.of(new_id())
        row: dict[str, Any] = {
            "name": "Lotus Restaurant", "type": "restaurant", "subdistrict": SUBDISTRICT, "address": "1 Road",
            "stay_minutes": 60, "manager_id": person_id_of(person), "manager_enrolment": 1, "created_at": clock.now(),
        }  # fmt: skip
        store.write_all([PlaceRow(key.hash_value, key.range_value, **{**row, **fields})])
        return cls(city, manager, key.hash_value)

    @property
    def today(self) -> date:
        """The present day of the city."""
        return clock.local_day(settings().city.time_zone, clock.now())

    @property
    def part(self) -> str:
        """Where today's check-ins lie."""
        return f"{self.place_id}#{self.today}#0"

    @property
    def path(self) -> str:
        """The path of its numbers."""
        return f"/v1/places/{self.place_id}/statistics"

    def inspector(self) -> tuple[Client, str]:
        """Somebody new on the staff, and how the place knows them."""
        person = self.city.stranger()
        (client,) = enrolled(self.city, person)
        member_id = pairwise_id(self.place_id, person_id_of(person))
        key = StaffRow.of(self.place_id, member_id)
        row = StaffRow(
            key.hash_value, key.range_value, person_id=person_id_of(person), enrolment=1, role="inspector",
            name_mask="王**", bound_at=clock.now(),
        )  # fmt: skip
        store.write_all([row])
        return client, member_id

    def visit(self, visitor: TestPerson | None = None, at: datetime | None = None, **fields: Any) -> CheckinRow:
        """A check-in of somebody, with nothing abnormal unless the fields say so. It is not stored yet."""
        person_id = new_id() if visitor is None else person_id_of(visitor)
        member_id, moment = pairwise_id(self.place_id, person_id), at or clock.now()
        day = clock.local_day(settings().city.time_zone, moment)
        row: dict[str, Any] = {
            "person_id": person_id, "enrolment": 1, "at": clock.iso(moment), "stored_at": moment, "mode": "poster",
            "assurance": "static", "state": "green", "allowed": True, "alarm": False, "name_mask": "王**",
            "document_mask": "37**************12", "stay_minutes": 60, "expires_at": moment + timedelta(days=14),
        }  # fmt: skip
        part, sk = part_of(self.place_id, day, member_id, 1), sort_key_of(bucket_of(moment), member_id)
        return CheckinRow(part, sk, **{**row, **fields})

    def numbers(self, part: str | None = None) -> dict[str, int]:
        """The numbers of the day that are not zero."""
        found = counters.numbers(part or self.part).found
        return {name: number for name, number in found.items() if number}


def fever(**fields: Any) -> dict[str, Any]:
    """What a check-in says of somebody whose temperature was taken and is too high."""
    return {
        "mode": "pass",
        "assurance": "inspector",
        "temperature": "fever",
        "temperature_source": "measured",
        **fields,
    }
