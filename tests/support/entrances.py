"""Entrances of places in tests, stored as a manager would have opened them."""

from dataclasses import dataclass
from typing import Any

from chalicelib.core import clock, ids, store
from chalicelib.places.codes import new_gate_id, poster_code, screen_code
from chalicelib.places.tables import GateRow, PlaceRow


@dataclass(frozen=True)
class TestEntrance:
    """A place with one gate, of nobody who ever logged in."""

    __test__ = False

    place_id: str
    gate_id: str

    @classmethod
    def opened(cls, **columns: Any) -> "TestEntrance":
        """A new place with a gate."""
        place_id, gate_id, now = ids.new_id(), new_gate_id(), clock.now()
        place = PlaceRow(
            place_id,
            "PLACE",
            **{
                "name": "Lotus Restaurant",
                "type": "restaurant",
                "subdistrict": "371302001",
                "address": "12 Riverside Road",
                "stay_minutes": 120,
                "manager_id": "m" * 22,
                "manager_enrolment": 1,
                "gates": 1,
                "created_at": now,
                **columns,
            },
        )
        gate = GateRow(place_id, f"{GateRow.PREFIX}{gate_id}", name="East gate", printed_at=now, created_at=now)
        store.write_all([place, gate])
        return cls(place_id, gate_id)

    @property
    def poster(self) -> str:
        """What its first poster holds."""
        return poster_code(self.place_id, self.gate_id, 1)

    @property
    def screen(self) -> str:
        """What its screen shows now."""
        return screen_code(self.place_id, self.gate_id, 1)

    def change_place(self, **columns: Any) -> None:
        """Change what is stored of the place."""
        actions = store.assign(PlaceRow, columns)
        assert store.update(PlaceRow.of(self.place_id), actions, PlaceRow.place_id.exists()) is not None

    def change_gate(self, **columns: Any) -> None:
        """Change what is stored of the gate."""
        key = GateRow.of(self.place_id, self.gate_id)
        assert store.update(key, store.assign(GateRow, columns), GateRow.place_id.exists()) is not None
