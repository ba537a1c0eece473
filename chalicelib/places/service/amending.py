"""What a second scan within the same five minutes adds to the check-in that is stored."""

from pynamodb.expressions.condition import Condition

from chalicelib.core import store
from chalicelib.places.tables import CheckinRow
from chalicelib.places.visiting.verdict import amended


def amend(stored: CheckinRow, row: CheckinRow) -> CheckinRow:
    """Add to a check-in what a second one within the same five minutes tells more."""
    for _ in range(store.ROUNDS):
        changes = amended(stored, row)
        if not changes:
            break
        changed = store.update(stored.own_key, store.assign(CheckinRow, changes), _as_read(stored))
        if changed is not None:
            return changed
        stored = store.read_together([stored.own_key]).get(stored.own_key) or stored
    return stored


def _as_read(stored: CheckinRow) -> Condition:
    """That nobody amended the check-in since it was read: of two who look at once neither hides what the other one saw."""
    return store.unchanged(stored, "enrolment", "stored_at", "alarm", "allowed", "state", "temperature", "by")
