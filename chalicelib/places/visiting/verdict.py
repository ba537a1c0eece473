"""What a check-in says of its visitor, and what becomes of it if they scan again within the same five minutes.

It says what stands in the city's scheme and what was measured. It never changes a status (B4, T-13).
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.core.scheme import State
from chalicelib.core.settings import settings
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
    is_as_hot = stored.temperature == FEVER or new.temperature != FEVER
    same = (stored.allowed, stored.alarm, stored.state) == (new.allowed, new.alarm, new.state)
    return same and is_as_hot and is_looked_at


def amended(stored: CheckinRow, new: CheckinRow) -> dict[str, Any]:
    """What a second check-in of the same five minutes changes on the first: the stricter verdict stays, and who looked.

    A siren that sounded has sounded, and whoever was kept out is let in by a check-in of its own.
    """
    change: dict[str, Any] = {
        "allowed": stored.allowed and new.allowed,
        "alarm": stored.alarm or new.alarm,
        "state": max(stored.state, new.state, key=_badness),
    }
    if new.by is not None and _looked(new) >= _looked(stored):
        change |= {"by": new.by, "mode": new.mode, "assurance": new.assurance, "gate_id": new.gate_id or stored.gate_id}
    if new.temperature is not None and stored.temperature != FEVER:
        change |= {"temperature": new.temperature, "temperature_source": new.temperature_source}
    return {name: value for name, value in change.items() if value != getattr(stored, name)}


def _badness(state: str) -> tuple[bool, bool, int]:
    """In which order states are the stricter: a fever beside a milder one must not hide the worse."""
    scheme = settings().city.scheme
    found = scheme.state(state)
    return found.alarm, not found.allows_entry, scheme.rank(state)


def _looked(row: CheckinRow) -> int:
    """How much was shown, and to whom: nobody else, who brought the visitor along, or the staff, who see the most (B1)."""
    if row.by is None:
        return 0
    return 1 if row.mode == DEPENDANT else 2
