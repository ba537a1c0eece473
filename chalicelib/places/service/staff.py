"""The staff of a place: bound with its declaration code, listed, given gates and unbound (R2.1, R2.2, R4.4)."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.people.access import Person
from chalicelib.people.errors import SessionEnded
from chalicelib.people.tables.people import PersonRow, StaffPointer
from chalicelib.places.access import PlaceManager, Staff
from chalicelib.places.errors.places import (
    DeclarationCodeRefused,
    GateChanged,
    GatesNeedARegistrar,
    PlaceChanged,
    StaffChanged,
    StaffNotFound,
    TooManyStaff,
    UnknownGate,
)
from chalicelib.places.running import suspended_since
from chalicelib.places.service.declarations import declared_place, unused_code
from chalicelib.places.service.gates import gates_at
from chalicelib.places.service.places import is_same_place, staffed_by
from chalicelib.places.service.registrars import Registrar, member_of_staff, person_of_staff
from chalicelib.places.tables import INSPECTOR, REGISTRAR, GateRow, PlaceRow, StaffRow


@dataclass(frozen=True)
class Worker:
    """Somebody on the staff, with the gates that are theirs."""

    row: StaffRow
    gates: list[str]


@dataclass(frozen=True)
class StaffFound:
    """The staff of a place, and how many more can't be read."""

    workers: list[Worker]
    unreadable: int


class StaffMembers:
    """Binds people to places and unbinds them."""

    def rotate_code(self, manager: PlaceManager) -> PlaceRow:
        """Give the place another declaration code; who is bound stays bound. Raises PlaceChanged."""
        place = manager.place
        new = [PlaceRow.declaration_code.set(unused_code()), PlaceRow.declared_at.set(clock.now())]
        changed = store.update(place.own_key, new, is_same_place(place))
        if changed is None:
            raise PlaceChanged
        return changed

    def bind(self, person: Person, typed: str) -> tuple[Staff, bool]:
        """Bind a person as inspector to the place whose code they typed, and whether that is new; a manager is bound already.

        Raises DeclarationCodeMisspelt, TooManyDeclarationTries, DeclarationCodeRefused, TooManyStaff, SessionEnded, or
        StaffNotFound for who was unbound at the same moment.
        """
        place = declared_place(person, typed)
        key = StaffRow.of(place.place_id, pairwise_id(place.place_id, person.person_id))
        role = store.read_together([key]).get(key)
        bound = Staff(person, place, role if role is not None and role.enrolment == person.enrolment else None)
        if bound.row is not None or bound.is_manager:
            return bound, False
        row = _new_inspector(person, key)
        try:
            _binding(person, place, row, role).commit()
        except TooManyStaff:
            _refuse_replaced(place)
            raise
        except StaffChanged:
            return replace(bound, row=member_of_staff(place.place_id, row.member_id)), False
        place.staff += role is None
        return replace(bound, row=row), True

    def list_staff(self, manager: PlaceManager) -> StaffFound:
        """Who works at the place, in the order in which they were bound."""
        place_id, broken = manager.place.place_id, list[Any]()
        prefix = StaffRow.sk.startswith(StaffRow.PREFIX)
        rows = sorted(store.query_all(StaffRow, place_id, prefix, on_broken=broken.append), key=_by_time)
        gates = gates_at(place_id).gates
        return StaffFound([Worker(row, _own_gates(gates, row)) for row in rows], len(broken))

    def change(self, manager: PlaceManager, member_id: str, role: str | None, gate_ids: list[str] | None) -> Worker:
        """Make somebody an inspector or a registrar, and say which gates are theirs; what is None stays.

        Raises StaffNotFound, GatesNeedARegistrar, UnknownGate, or GateChanged or StaffChanged if something happened to
        them at the same moment.
        """
        row = member_of_staff(manager.place.place_id, member_id)
        wanted_role = role or row.role
        if wanted_role != REGISTRAR and gate_ids:
            raise GatesNeedARegistrar
        gates = {gate.gate_id: gate for gate in gates_at(manager.place.place_id).gates}
        present = _own_gates(list(gates.values()), row)
        wanted = [] if wanted_role != REGISTRAR else present if gate_ids is None else list(dict.fromkeys(gate_ids))
        if not gates.keys() >= set(wanted):
            raise UnknownGate
        row = _with_role(row, wanted_role)
        given = [gates[gate_id] for gate_id in wanted if gate_id not in present]
        back = [gates[gate_id] for gate_id in present if gate_id not in wanted]
        if given or back:
            _moving(row, given, back).commit()
        return Worker(row, wanted)

    def unbind(self, manager: PlaceManager, member_id: str) -> None:
        """Take somebody off the staff; their gates are the manager's. Raises StaffNotFound."""
        end_role(member_of_staff(manager.place.place_id, member_id))

    def leave(self, person: Person, place_id: str) -> None:
        """Leave the staff of a place, whether it is still open or not. Raises StaffNotFound."""
        row = member_of_staff(place_id, pairwise_id(place_id, person.person_id))
        if row.enrolment != person.enrolment:
            raise StaffNotFound
        end_role(row)

    def leave_all(self, person: Person) -> None:
        """Leave every place, before a person is erased. What was left meanwhile is passed over."""
        for pointer in staffed_by(person.person_id):
            end_by_ids(pointer.place_id, pointer.member_id, person.person_id)


def end_role(row: StaffRow) -> None:
    """End somebody's role at a place: from the answer on they scan nobody there. Raises StaffNotFound if it ended meanwhile."""
    if not end_by_ids(row.place_id, row.member_id, row.person_id):
        raise StaffNotFound


def end_by_ids(place_id: str, member_id: str, person_id: str) -> bool:
    """Remove role and pointer and count down, once; then the gates go back. Whether there was a role to end.

    The gates follow, so that however many there are, the role is over first; who has none runs no gate.
    """
    transaction = Transaction()
    transaction.delete(StaffRow.of(place_id, member_id), StaffRow.place_id.exists(), StaffNotFound())
    transaction.delete(StaffPointer.of(person_id, place_id))
    transaction.update(PlaceRow.of(place_id), [PlaceRow.staff.add(-1)], PlaceRow.place_id.exists(), StaffNotFound())
    transaction.update(PersonRow.of(person_id), [PersonRow.staffed.add(-1)])
    try:
        transaction.commit()
    except StaffNotFound:
        _drop_pointer(place_id, person_id)
        return False
    finally:
        return_gates(place_id, member_id)
    return True


def _drop_pointer(place_id: str, person_id: str) -> None:
    """Remove a pointer to a role that is not there, and count down, once."""
    transaction = Transaction()
    transaction.delete(StaffPointer.of(person_id, place_id), StaffPointer.person_id.exists(), StaffNotFound())
    transaction.update(PersonRow.of(person_id), [PersonRow.staffed.add(-1)])
    with suppress(StaffNotFound):
        transaction.commit()


def return_gates(place_id: str, member_id: str) -> None:
    """Make every gate of a registrar the manager's; a suspension by the registrar's state ends with that."""
    for gate in gates_at(place_id).gates:
        if gate.registrar_id == member_id:
            back = [GateRow.registrar_id.remove(), GateRow.suspended_since.remove()]
            store.update(gate.own_key, back, GateRow.registrar_id == member_id)


def _refuse_replaced(place: PlaceRow) -> None:
    """Raises DeclarationCodeRefused if the place was closed, or has another code, since it was read."""
    now = store.read_together([place.own_key]).get(place.own_key)
    if now is None or now.closed_at is not None or now.declaration_code != place.declaration_code:
        raise DeclarationCodeRefused


def _new_inspector(person: Person, key: store.Key[StaffRow]) -> StaffRow:
    return StaffRow(
        key.hash_value,
        key.range_value,
        person_id=person.person_id,
        enrolment=person.enrolment,
        role=INSPECTOR,
        name_mask=person.row.name_mask or "",
        bound_at=clock.now(),
    )


def _binding(person: Person, place: PlaceRow, row: StaffRow, before: StaffRow | None) -> Transaction:
    """Role, pointer and count in one transaction, while the code is still the place's; `before` is a role of an ended life."""
    transaction = Transaction()
    may = PlaceRow.alive() & (PlaceRow.declaration_code == place.declaration_code)
    may &= PlaceRow.staff < settings().city.places.staff_max
    transaction.update(place.own_key, [PlaceRow.staff.add(0 if before else 1)], may, TooManyStaff())
    free: Condition = StaffRow.place_id.does_not_exist() if before is None else StaffRow.enrolment == before.enrolment
    transaction.put(row, free, StaffChanged())
    pointer = StaffPointer.of(person.person_id, place.place_id)
    transaction.put(
        StaffPointer(pointer.hash_value, pointer.range_value, member_id=row.member_id, enrolment=row.enrolment)
    )
    living = PersonRow.enrolment == person.enrolment
    counted = [PersonRow.staffed.add(0 if before else 1)]
    return transaction.update(person.row.own_key, counted, living, SessionEnded())


def _with_role(row: StaffRow, role: str) -> StaffRow:
    if role == row.role:
        return row
    changed = store.update(row.own_key, [StaffRow.role.set(role)], StaffRow.enrolment == row.enrolment)
    if changed is None:
        raise StaffNotFound
    return changed


def _moving(row: StaffRow, given: Sequence[GateRow], back: Sequence[GateRow]) -> Transaction:
    """Gates that become a registrar's, suspended if their state asks for it, and others that become the manager's again."""
    transaction = Transaction()
    if given:
        registrar = Registrar(row, person_of_staff(row))
        registrar.demand(transaction)
        values = {"registrar_id": row.member_id, "suspended_since": suspended_since(registrar.person)}
        for gate in given:
            transaction.update(gate.own_key, store.assign(GateRow, values), GateRow.place_id.exists(), GateChanged())
    for gate in back:
        nobodys = store.assign(GateRow, {"registrar_id": None, "suspended_since": None})
        transaction.update(gate.own_key, nobodys, GateRow.registrar_id == row.member_id, GateChanged())
    return transaction


def _own_gates(gates: Sequence[GateRow], row: StaffRow) -> list[str]:
    return [gate.gate_id for gate in gates if gate.registrar_id == row.member_id]


def _by_time(row: StaffRow) -> tuple[Any, str]:
    return row.bound_at, row.sk
