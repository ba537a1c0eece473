"""What is behind the code of an entrance, for anybody who holds it (R2.4, R2.6)."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.core import clock, store
from chalicelib.places.access import living_place
from chalicelib.places.codes import POSTER, SCREEN, read_gate_code
from chalicelib.places.errors.places import GateCodeInvalid
from chalicelib.places.tables import GateRow, PlaceRow
from chalicelib.places.visiting.hours import is_open_at

Standing = Literal["open", "shut", "suspended", "replaced", "screen"]
"""Whether one may check in with a code now, or why not: outside the hours, while place or gate are suspended, after the poster
was replaced or voided (B7), or because only what is on the gate's screen counts."""


@dataclass(frozen=True)
class Entrance:
    """A gate of a place, and what was scanned there."""

    place: PlaceRow
    gate: GateRow
    version: int
    kind: Literal["poster", "screen"]

    @property
    def standing(self) -> Standing:
        """Whether one may check in with this code now."""
        if self.version != self.gate.version or self.gate.voided_at is not None:
            return "replaced"
        if self.gate.presence == "rotating" and self.kind == POSTER:
            return "screen"
        if not self.place.is_open or self.gate.suspended_since is not None:
            return "suspended"
        return "open" if is_open_at(self.place, clock.now()) else "shut"


class Entrances:
    """Reads the codes of entrances."""

    def behind(self, code: str) -> Entrance:
        """What a code belongs to, even if nobody may check in with it now.

        Raises GateCodeInvalid, ScreenCodeOver or PlaceNotFound.
        """
        read = read_gate_code(code)
        keys = PlaceRow.of(read.place_id), GateRow.of(read.place_id, read.gate_id)
        rows = store.read_together(keys)
        place, gate = living_place(rows.get(keys[0])), rows.get(keys[1])
        if gate is None:
            raise GateCodeInvalid
        return Entrance(place, gate, read.version, SCREEN if read.rotating else POSTER)
