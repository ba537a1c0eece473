"""Gates of a place, with their posters and screens (R4.4, B7)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.places.access import PlaceManager, Staff
from chalicelib.places.codes import SCREEN_SECONDS, VERSION_BYTES, new_gate_id, poster_code, screen_code
from chalicelib.places.errors.places import (
    GateChanged,
    GateNotFound,
    LastGate,
    NoScreen,
    NotYourGate,
    PosterVoided,
    TooManyGates,
    TooManyPosters,
)
from chalicelib.places.running import suspended_since
from chalicelib.places.service.places import stored_place
from chalicelib.places.service.registrars import Registrar, registrar_of
from chalicelib.places.tables import GateRow, PlaceRow

MOST_VERSIONS = 256**VERSION_BYTES - 1
"""Posters of one gate that its code can tell apart."""


@dataclass(frozen=True)
class GatesFound:
    """The gates of a place, and how many more can't be read."""

    gates: list[GateRow]
    unreadable: int


@dataclass(frozen=True)
class Printed:
    """A gate's poster: what stands on it, and the code."""

    place: PlaceRow
    gate: GateRow
    code: str


@dataclass(frozen=True)
class OnScreen:
    """What a gate's screen shows, and until when."""

    code: str
    until: datetime


class Gates:
    """Makes, shows, changes and removes gates; voids and replaces posters."""

    def open_gate(self, manager: PlaceManager, name: str, presence: str, registrar_id: str | None) -> GateRow:
        """Open a gate, the manager's or a registrar's. Raises TooManyGates, StaffNotFound, StaffChanged or PlaceNotFound."""
        place, now = manager.place, clock.now()
        registrar = None if registrar_id is None else registrar_of(place.place_id, registrar_id)
        key = GateRow.of(place.place_id, new_gate_id())
        gate = GateRow(key.hash_value, key.range_value, name=name, presence=presence, printed_at=now, created_at=now)
        gate.registrar_id = registrar_id
        gate.suspended_since = None if registrar is None else suspended_since(registrar.person)
        transaction = Transaction()
        fewer = PlaceRow.alive() & (PlaceRow.gates < settings().city.places.gates_max)
        transaction.update(place.own_key, [PlaceRow.gates.add(1)], fewer, TooManyGates())
        _demand(transaction, registrar)
        transaction.put(gate, GateRow.place_id.does_not_exist())
        try:
            transaction.commit()
        except TooManyGates:
            stored_place(place.place_id)  # which may have been closed at this moment
            raise
        return gate

    def list_gates(self, staff: Staff) -> GatesFound:
        """The gates of a place, the oldest first."""
        return gates_at(staff.place.place_id)

    def change(self, staff: Staff, gate_id: str, name: str | None, presence: str | None) -> GateRow:
        """Give a gate another name or another kind of code; what is None stays.

        Raises GateNotFound, NotYourGate or GateChanged.
        """
        gate = self._own(staff, gate_id)
        wanted = {"name": name or gate.name, "presence": presence or gate.presence}
        return _changed(gate, {what: value for what, value in wanted.items() if value != getattr(gate, what)})

    def remove(self, manager: PlaceManager, gate_id: str) -> None:
        """Remove a gate: its codes are void from the answer on. Raises GateNotFound, LastGate or PlaceNotFound."""
        gate = stored_gate(manager.place.place_id, gate_id)
        transaction = Transaction()
        others = PlaceRow.alive() & (PlaceRow.gates > 1)
        transaction.update(manager.place.own_key, [PlaceRow.gates.add(-1)], others, LastGate())
        transaction.delete(gate.own_key, GateRow.place_id.exists(), GateNotFound())
        try:
            transaction.commit()
        except LastGate:
            stored_place(manager.place.place_id)
            raise

    def poster(self, staff: Staff, gate_id: str) -> Printed:
        """What hangs at a gate. Raises GateNotFound, NotYourGate or PosterVoided."""
        gate = self._own(staff, gate_id)
        if gate.voided_at is not None:
            raise PosterVoided
        return _printed(staff.place, gate)

    def replace_poster(self, staff: Staff, gate_id: str) -> Printed:
        """Void a gate's poster and make another, of the next version: the old one opens nothing any more (B7).

        Raises GateNotFound, NotYourGate, GateChanged or TooManyPosters.
        """
        gate = self._own(staff, gate_id)
        if gate.version >= MOST_VERSIONS:
            raise TooManyPosters
        next_one = {"version": int(gate.version) + 1, "printed_at": clock.now(), "voided_at": None}
        return _printed(staff.place, _changed(gate, next_one))

    def void_poster(self, staff: Staff, gate_id: str) -> None:
        """Void a gate's poster without another. Doing so again changes nothing. Raises GateNotFound, NotYourGate or GateChanged."""
        gate = self._own(staff, gate_id)
        _changed(gate, {} if gate.voided_at is not None else {"voided_at": clock.now()})

    def screen(self, staff: Staff, gate_id: str) -> OnScreen:
        """What a gate's screen shows now, for everybody on the staff. Raises GateNotFound, NoScreen or PosterVoided."""
        gate = stored_gate(staff.place.place_id, gate_id)
        if gate.presence != "rotating":
            raise NoScreen
        if gate.voided_at is not None:
            raise PosterVoided
        turn = clock.epoch() // SCREEN_SECONDS
        code = screen_code(gate.place_id, gate.gate_id, int(gate.version))
        return OnScreen(code, datetime.fromtimestamp((turn + 1) * SCREEN_SECONDS, UTC))

    @staticmethod
    def _own(staff: Staff, gate_id: str) -> GateRow:
        """A gate that is the caller's to change. Raises GateNotFound or NotYourGate."""
        gate = stored_gate(staff.place.place_id, gate_id)
        if not staff.is_manager and gate.registrar_id != staff.member_id:
            raise NotYourGate
        return gate


def stored_gate(place_id: str, gate_id: str) -> GateRow:
    """A gate as it is now. Raises GateNotFound."""
    key = GateRow.of(place_id, gate_id)
    gate = store.read_together([key]).get(key)
    if gate is None:
        raise GateNotFound
    return gate


def gates_at(place_id: str) -> GatesFound:
    """Every gate of a place, the oldest first."""
    broken: list[Any] = []
    rows = store.query_all(GateRow, place_id, GateRow.sk.startswith(GateRow.PREFIX), on_broken=broken.append)
    return GatesFound(sorted(rows, key=lambda gate: (gate.created_at, gate.sk)), len(broken))


def _demand(transaction: Transaction, registrar: Registrar | None) -> None:
    if registrar is not None:
        registrar.demand(transaction)


def _changed(gate: GateRow, changes: dict[str, Any]) -> GateRow:
    """The gate after a change of what was read. Raises GateChanged."""
    if not changes:
        return gate
    changed = store.update(gate.own_key, store.assign(GateRow, changes), _as_read(gate))
    if changed is None:
        raise GateChanged
    return changed


def _as_read(gate: GateRow) -> Condition:
    """That nobody replaced or voided the poster, or gave the gate to somebody else, since it was read."""
    return store.unchanged(gate, "version", "voided_at", "registrar_id")


def _printed(place: PlaceRow, gate: GateRow) -> Printed:
    return Printed(place, gate, poster_code(place.place_id, gate.gate_id, int(gate.version)))
