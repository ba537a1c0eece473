"""The codes of gates: place, gate and version under the city's signature, small enough for a QR code of version 5 (design §7).

A screen's code holds the half minute in which it is shown too: who sends it in time has seen the screen.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core import clock, ids, tokens
from chalicelib.core.crypto import decode, encode
from chalicelib.places.errors.places import GateCodeInvalid, ScreenCodeOver

POSTER: Final = "poster"
SCREEN: Final = "screen"
GATE_BYTES = 4
"""32 random bits tell a place's gates apart; what keeps codes from being guessed is the signature."""

PLACE_BYTES = 16
VERSION_BYTES = 2
TURN_BYTES = 4
SCREEN_SECONDS = 30
"""How often a screen changes."""

SCREEN_TURNS = 2
"""How many of its codes hold: the one that is shown, and the one before it, for who scanned just then."""


@dataclass(frozen=True)
class GateCode:
    """What a code says: the gate, the version of its poster, and whether it was seen on a screen just now."""

    place_id: str
    gate_id: str
    version: int
    rotating: bool


def new_gate_id() -> str:
    """A new id, unique within its place for all practical purposes; the put that stores it checks."""
    return encode(secrets.token_bytes(GATE_BYTES))


def poster_code(place_id: str, gate_id: str, version: int) -> str:
    """The signed code that is printed."""
    return tokens.sign_code(POSTER, _gate(place_id, gate_id, version))


def screen_code(place_id: str, gate_id: str, version: int) -> str:
    """The signed code that the gate's screen shows in this half minute."""
    turn = (clock.epoch() // SCREEN_SECONDS).to_bytes(TURN_BYTES)
    return tokens.sign_code(SCREEN, _gate(place_id, gate_id, version) + turn)


def read_gate_code(code: str, at: datetime | None = None) -> GateCode:
    """What a code of a poster or screen says. Raises GateCodeInvalid for any that this city did not sign, or ScreenCodeOver.

    A screen's must have been shown at that moment, or else now.
    """
    printed = tokens.open_code(POSTER, code)
    if printed is not None:
        return _read(printed, rotating=False)
    shown = tokens.open_code(SCREEN, code)
    if shown is None:
        raise GateCodeInvalid
    seen = clock.epoch() if at is None else int(at.timestamp())
    if not 0 <= seen // SCREEN_SECONDS - int.from_bytes(shown[-TURN_BYTES:]) < SCREEN_TURNS:
        raise ScreenCodeOver
    return _read(shown[:-TURN_BYTES], rotating=True)


def is_gate_code(code: str) -> bool:
    """Whether this city signed a code for a poster or a screen, be it over or not."""
    return any(tokens.open_code(kind, code) is not None for kind in (POSTER, SCREEN))


def _gate(place_id: str, gate_id: str, version: int) -> bytes:
    return ids.to_bytes(place_id) + decode(gate_id) + version.to_bytes(VERSION_BYTES)


def _read(payload: bytes, *, rotating: bool) -> GateCode:
    if len(payload) != PLACE_BYTES + GATE_BYTES + VERSION_BYTES:
        raise GateCodeInvalid
    gate, version = payload[PLACE_BYTES:-VERSION_BYTES], int.from_bytes(payload[-VERSION_BYTES:])
    return GateCode(ids.from_bytes(payload[:PLACE_BYTES]), encode(gate), version, rotating)
