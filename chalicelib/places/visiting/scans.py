"""A scanned code of a gate, and what it proves."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.places.codes import GateCode, read_gate_code
from chalicelib.places.errors.places import ScreenCodeOver
from chalicelib.places.visiting.arrival import Arrival

ADDRESS = "/c/"
"""What stands before the code in what is printed, `<public_url>/c/<code>`."""


@dataclass(frozen=True)
class Scanned:
    """What a code says, when it was scanned, and whether it was on the gate's screen at the moment of the request."""

    code: GateCode
    arrival: Arrival
    is_live: bool

    @property
    def mode(self) -> Literal["poster", "screen"]:
        """What was scanned."""
        return "screen" if self.code.rotating else "poster"

    @property
    def assurance(self) -> Literal["static", "rotating"]:
        """What it proves: a screen's code that comes late may have been sent by somebody who stood there (T-12)."""
        return "rotating" if self.code.rotating and self.is_live and not self.arrival.queued else "static"


def scanned(text: str, arrival: Arrival) -> Scanned:
    """What somebody scanned: a code, or the address that holds it. Raises GateCodeInvalid or ScreenCodeOver.

    A screen's code that is over holds if it was shown when the device says that it scanned it: a lost answer is asked for again.
    """
    code = text.rpartition(ADDRESS)[2].partition("?")[0].partition("#")[0].strip()
    try:
        return Scanned(read_gate_code(code), arrival, is_live=True)
    except ScreenCodeOver:
        return Scanned(read_gate_code(code, arrival.at), arrival, is_live=False)
