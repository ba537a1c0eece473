"""A change of a person's state suspends what they run, and a better one resumes it (R4.3).

What is written is what the person's status says at that moment, and only while it says so: a change that comes twice, late or
after its like finds things as they must be.
"""

from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.errors import Conflict, Unavailable
from chalicelib.core.settings import settings
from chalicelib.core.store import Key, Transaction
from chalicelib.groups.legible import legible
from chalicelib.health.people_effects import StatusChange
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.running import is_kept_from_running
from chalicelib.places.service.gates import gates_at
from chalicelib.places.service.places import managed_by, staffed_by
from chalicelib.places.tables import GateRow, PlaceRow

Suspended = PlaceRow | GateRow
AT_ONCE = store.TRANSACTION_LIMIT - 1
"""Rows of one transaction beside the person's own."""


class ChangedMeanwhile(Conflict):
    """The person has another status by now, or somebody else runs the place or the gate."""


def suspend_by_state(change: StatusChange) -> None:
    """Suspend or resume the places that a person manages, and the gates that are theirs, as their present state says.

    Who gets a place or a gate meanwhile gets it with this status or a newer one, for that is demanded where it is given.
    Raises Unavailable if others change the same rows again and again.
    """
    if change.began is None or not settings().city.places.abnormal_suspends:
        return
    person: PersonRow | None = change.person
    for attempt in range(store.ROUNDS):
        if person is None or _is_carried(person):
            return
        store.wait_before(attempt)
        person = _present(person)
    raise Unavailable


def _is_carried(person: PersonRow) -> bool:
    """Whether all that a person runs is now as their state says; False if something changed since it was read."""
    is_kept = is_kept_from_running(person)
    behind = [row for row in _run_by(person) if (row.suspended_since is not None) != is_kept]
    try:
        for start in range(0, len(behind), AT_ONCE):
            _writing(person, behind[start : start + AT_ONCE], is_kept=is_kept).commit()
    except ChangedMeanwhile:
        return False
    return True


def _writing(person: PersonRow, rows: list[Suspended], *, is_kept: bool) -> Transaction:
    transaction = Transaction().check(person.own_key, person.same_status(), ChangedMeanwhile())
    since = {"suspended_since": clock.now() if is_kept else None}
    for row in rows:
        transaction.update(row.own_key, store.assign(type(row), since), _is_same_runner(row), ChangedMeanwhile())
    return transaction


def _is_same_runner(row: Suspended) -> Condition:
    same: Condition
    if isinstance(row, PlaceRow):
        same = PlaceRow.alive() & (PlaceRow.manager_id == row.manager_id)
    else:
        same = GateRow.registrar_id == row.registrar_id
    return same


def _run_by(person: PersonRow) -> list[Suspended]:
    """What a person runs: open places, and gates of their own. What can't be read is left as it is.

    Who runs nothing is known by their own row, and costs nothing.
    """
    found: list[Suspended] = []
    keys = [PlaceRow.of(place_id) for place_id in managed_by(person.person_id)] if person.places else []
    rows = store.read_together(keys)
    for key in keys:
        place = legible(rows, key)
        if place is not None and place.closed_at is None and place.manager_id == person.person_id:
            found.append(place)
    for pointer in staffed_by(person.person_id) if person.staffed else ():
        found += [gate for gate in gates_at(pointer.place_id).gates if gate.registrar_id == pointer.member_id]
    return found


def _present(person: PersonRow) -> PersonRow | None:
    """The person as they are now; None if that life is over."""
    key: Key[Any] = person.own_key
    now: PersonRow | None = store.read_together([key]).get(key)
    return now if now is not None and now.enrolment == person.enrolment else None
