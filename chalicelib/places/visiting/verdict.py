"""What a check-in says of its visitor, and what becomes of it if they scan again within the same five minutes.

It says what stands in the city's scheme and what was measured. It never changes a status (B4, T-13).
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.core.scheme import State
from chalicelib.places.tables import CheckinRow

FEVER = "fever"
DEPENDANT = "dependant"
"""How somebody was known whom a companion brought along."""


@dataclass(frozen=True)
class Verdict:
    """Whether somebody in a state, with a temperature or none, may enter, and whether the siren sounds (R4.2)."""

    state: State
    temperature: str | None

    @property
    def allowed(self) -> bool:
        """Whether they may enter."""
        return self.state.allows_entry and self.temperature != FEVER

    @property
    def alarm(self) -> bool:
        """Whether the siren sounds."""
        return self.state.alarm or self.temperature == FEVER


def says_the_same(stored: CheckinRow, new: CheckinRow) -> bool:
    """Whether a check-in tells nothing that an earlier one does not: neither another verdict, nor that the staff looked."""
    is_looked_at = _looked(stored) >= _looked(new)
    return (stored.allowed, stored.alarm) == (new.allowed, new.alarm) and is_looked_at


def amended(stored: CheckinRow, new: CheckinRow) -> dict[str, Any]:
    """What a second check-in of the same five minutes changes on the first: the stricter verdict stays, and who looked.

    A siren that sounded has sounded, and whoever was kept out is let in by a check-in of its own.
    """
    change: dict[str, Any] = {
        "allowed": stored.allowed and new.allowed,
        "alarm": stored.alarm or new.alarm,
        "state": new.state if new.alarm or not new.allowed else stored.state,
    }
    if new.by is not None and _looked(new) >= _looked(stored):
        change |= {"by": new.by, "mode": new.mode, "assurance": new.assurance, "gate_id": new.gate_id or stored.gate_id}
    if new.temperature is not None and stored.temperature != FEVER:
        change |= {"temperature": new.temperature, "temperature_source": new.temperature_source}
    return {name: value for name, value in change.items() if value != getattr(stored, name)}


def _looked(row: CheckinRow) -> int:
    """How much was shown, and to whom: nobody else, who brought the visitor along, or the staff, who see the most (B1)."""
    if row.by is None:
        return 0
    return 1 if row.mode == DEPENDANT else 2
