"""Idempotency of the creates that have no natural key (design §6): `Idempotency-Key` makes a retry find the first answer.

The row is put in the same transaction as what the request creates, so either both exist or neither does. It holds
references only, never a body.
"""

from dataclasses import dataclass
from datetime import timedelta

from pynamodb.attributes import TTLAttribute, UnicodeAttribute

from chalicelib.core import clock
from chalicelib.core.crypto import keyed_id
from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.store import Row, TableMeta, Transaction, read_together

REMEMBERED = timedelta(hours=24)


class RequestsTable(Row):
    """The table `requests`: what a caller's idempotency key created."""

    class Meta(TableMeta):
        """Named `requests` in design §4."""

        table = "requests"

    subject = UnicodeAttribute(hash_key=True)
    request_key = UnicodeAttribute(range_key=True)


class RequestRow(RequestsTable):
    """One remembered request: a fingerprint of its body and a reference to what it made."""

    fingerprint = UnicodeAttribute()
    reference = UnicodeAttribute()
    expires_at = TTLAttribute()


class InvalidIdempotencyKey(Invalid):
    """The header came with nothing in it: taken for none, a retry would create a second time."""

    code = "invalid_idempotency_key"


class IdempotencyMismatch(Invalid):
    """The same idempotency key came with another body (threats, H6)."""

    code = "idempotency_mismatch"


class AlreadyDone(Conflict):
    """A request with this key was carried out before; raised inside a transaction and resolved by `Requests`."""

    code = "conflict"


@dataclass(frozen=True)
class RequestKey:
    """A caller's own name for one request. `caller` is an id of the service's; `text` is what the client sent."""

    caller: str
    operation: str
    text: str
    body: str

    def __post_init__(self) -> None:
        """Raises InvalidIdempotencyKey."""
        if not self.text.strip():
            raise InvalidIdempotencyKey

    @property
    def fingerprint(self) -> str:
        """What tells two bodies apart without storing either; keyed, or a short one could be found by trying."""
        return keyed_id("request-body", self.caller, self.body)

    def row_key(self) -> tuple[str, str]:
        """Where the request is remembered. Keyed, since clients may put anything into the header."""
        return self.caller, keyed_id("request", self.operation, self.text)


def remembered(request: RequestKey | None) -> str | None:
    """Reference to what this request created before, or None if it is new.

    Raises IdempotencyMismatch if the key was used for another body.
    """
    if request is None:
        return None
    key = RequestRow.key(*request.row_key())
    row = read_together([key]).get(key)
    if row is None or row.expires_at <= clock.now():
        return None
    if row.fingerprint != request.fingerprint:
        raise IdempotencyMismatch
    return row.reference


def remember(transaction: Transaction, request: RequestKey | None, reference: str) -> None:
    """Add the memory of this request to the transaction that carries it out.

    The transaction raises AlreadyDone if a twin of this request was faster.
    """
    if request is None:
        return
    expires_at = clock.now() + REMEMBERED
    row = RequestRow(*request.row_key(), fingerprint=request.fingerprint, reference=reference, expires_at=expires_at)
    free = RequestRow.subject.does_not_exist() | (RequestRow.expires_at <= clock.now())
    transaction.put(row, free, AlreadyDone())
