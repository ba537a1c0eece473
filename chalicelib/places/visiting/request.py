"""What a request to check somebody in brings with it beside its fields: when it came, and what was known of places then.

Admission asks for rows before it has any, and decides on them afterwards: both go by the same moment and the same hints.
"""

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core import clock
from chalicelib.places.visiting import hints
from chalicelib.places.visiting.arrival import Arrival
from chalicelib.places.visiting.hints import NOTHING, Hint, Hints


@dataclass(frozen=True)
class Received:
    """The circumstances in which a request was read."""

    at: datetime = field(default_factory=clock.now)
    hints: Hints = field(default_factory=hints.present)

    def hint(self, place_id: str) -> Hint:
        """What was known of a place."""
        return self.hints.get(place_id, NOTHING)

    def arrival(self, scanned_at: datetime | None) -> Arrival:
        """When the code was scanned. Raises ScannedAtImpossible."""
        return Arrival.of(scanned_at, self.at)
