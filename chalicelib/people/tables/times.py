"""As much of rows as the sweep of what is past its time needs, so that nothing else in them can stop it (B13)."""

from pynamodb.attributes import TTLAttribute, UnicodeAttribute

from chalicelib.core.store import maybe
from chalicelib.people.tables.people import PeopleTable
from chalicelib.people.tables.privacy import AccessLogTable, ConsentsTable, LedgerTable


class AccessTime(AccessLogTable):
    """Until when a disclosure is kept."""

    expires_at = maybe(TTLAttribute)


class ReceiptTime(ConsentsTable):
    """Until when a receipt is kept."""

    expires_at = maybe(TTLAttribute)


class LedgerTime(LedgerTable):
    """Until when an entry of the ledger is kept."""

    expires_at = maybe(TTLAttribute)


class PersonTime(PeopleTable):
    """Until when a row of a person is kept; of the person, the phone by which they log in."""

    account = maybe(UnicodeAttribute)


class OfSegment(PeopleTable):
    """What the index by segment holds of a person."""

    segment = UnicodeAttribute()
