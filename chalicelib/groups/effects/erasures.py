"""What an erasure leaves behind in books: alerts that once told of the person, under the id by which the book knew them."""

from collections.abc import Iterator

from chalicelib.alerts.tables import FIRST_WORD, AlertRow
from chalicelib.core import store
from chalicelib.core.crypto import pairwise_id
from chalicelib.people.service.restore import lives_in
from chalicelib.people.tables.privacy import LedgerRow, ReceiptRow


def sweep_alerts(entry: LedgerRow, *, write: bool = True) -> int:
    """Remove the alerts about the ended lives of an ERASURE entry, wherever they were members; nobody was shown them since.

    Returns how many there are, which without `write` stay; again finds none.
    """
    found = [key for person_id, enrolment in lives_in(entry) for key in _alerts_about(person_id, enrolment, entry)]
    if write:
        store.write_all(deletes=found)
    return len(found)


def _alerts_about(person_id: str, enrolment: int, entry: LedgerRow) -> Iterator[store.Key[AlertRow]]:
    """Those up to the end of that life: the same id stands for the next one, and a book of that one has its own."""
    receipts = store.query_all(ReceiptRow, person_id)
    for org_id in sorted({one.org_id for one in receipts if one.enrolment <= enrolment}):
        member_id = pairwise_id(org_id, person_id)
        for row in store.query_all(AlertRow, org_id, AlertRow.alert_id < FIRST_WORD):
            if row.member_id == member_id and row.at <= entry.at:
                yield row.own_key
