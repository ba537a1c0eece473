"""A change of a person's status reaches the books that may see it: first what they hold, then an alert to who looks after it."""

from collections.abc import Iterator, Sequence

from chalicelib.alerts.raising import raise_alert
from chalicelib.core import store
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings
from chalicelib.groups import attention, statuses
from chalicelib.groups.consents import Scope
from chalicelib.groups.legible import legible
from chalicelib.groups.service.memberships import pointers_of
from chalicelib.groups.tables import MembershipRow
from chalicelib.health.people_effects import Began, StatusChange
from chalicelib.people.tables.people import MembershipPointer, PersonRow


def carry_status(change: StatusChange) -> None:
    """Bring the status to every membership that shares it, each found by its pointer and read consistently.

    Who joins or begins to share meanwhile does so with this status or a newer one, for they demand in their transactions that it
    is the one they read. A state that is not normal is told once it is there to be looked at; the same alert again is the
    same row. Raises Unavailable if others change the same rows again and again.
    """
    person = change.person
    pending = pointers_of(person.person_id, int(person.enrolment))
    for attempt in range(store.ROUNDS):
        pending = [pointer for pointer, row in _sharing(person, pending) if not _carried(change, row)]
        if not pending:
            return
        store.wait_before(attempt)
    raise Unavailable


def _sharing(
    person: PersonRow, pointers: Sequence[MembershipPointer]
) -> Iterator[tuple[MembershipPointer, MembershipRow]]:
    """The memberships of this life that share the health code. What can't be read is left as it is."""
    keys = [MembershipRow.of(one.org_id, one.member_id) for one in pointers]
    rows = store.read_together(keys)
    for pointer, key in zip(pointers, keys, strict=True):
        row = legible(rows, key)
        if row is not None and row.enrolment == person.enrolment and Scope.HEALTH_CODE in row.scopes:
            yield pointer, row


def _carried(change: StatusChange, row: MembershipRow) -> bool:
    """Whether a membership holds the status, and its organization hears of it; False if the row changed since it was read."""
    if not _stored(row, change.person):
        return False
    if change.began is not None and _is_told(row, change.began):
        raise_alert(row.org_id, row.member_id, change.began.version, change.began.at)
    return True


def _stored(row: MembershipRow, person: PersonRow) -> bool:
    """Whether a membership holds the status now. What is overdue stays as it is, so no policies are read for it.

    Written is only over what was read: the consent is the same one, and no other status came since.
    """
    same = attention.unchanged(row, attention.STATUS_INPUTS) & (MembershipRow.consent_version == row.consent_version)
    now = statuses.columns(row, person)
    if all(getattr(row, name) == value for name, value in now.items()):
        return True
    attention.assign_to(row, now)
    now |= attention.of_status(row)
    return store.update(row.own_key, store.assign(MembershipRow, now), same) is not None


def _is_told(row: MembershipRow, began: Began) -> bool:
    """Whether an organization is told that a state began: of one that is not normal, if it began while the member shared it.

    Also of one that is milder than the one before, for somebody has to do something else then; a return to normal shows in
    the book alone.
    """
    is_normal = began.state == settings().city.scheme.normal.name
    return not is_normal and statuses.shared_since(row, began.version)
