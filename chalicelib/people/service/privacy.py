"""What a person can read of themself: who they are here, what they agreed to, and who looked (B1, B5)."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, ids, masks, store, tokens
from chalicelib.core.log import Event, emit
from chalicelib.core.store import Row
from chalicelib.core.texts import contents
from chalicelib.people.access import Account, Person
from chalicelib.people.tables.privacy import AccessRow, LedgerRow, ReceiptRow, kept_until

RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True)
class OwnRecord:
    """What the service knows of the caller, masked as everybody else would see it."""

    verified: bool
    name: str | None
    document: str | None
    phone: str
    roles: list[str]


@dataclass(frozen=True)
class Listed(Generic[RowT]):
    """One page of rows and the cursor of the next."""

    rows: list[RowT]
    cursor: str | None


class Privacy:
    """Answers the caller's questions about their own data."""

    def own_record(self, account: Account) -> OwnRecord:
        """Who the caller is here."""
        phone = masks.mask_phone(tokens.open_for(account.bearer, account.session.phone_sealed))
        person = account.person
        if person is None:
            return OwnRecord(verified=False, name=None, document=None, phone=phone, roles=[])
        name, document, roles = person.name_mask, person.document_mask, sorted(person.roles or ())
        return OwnRecord(verified=True, name=name, document=document, phone=phone, roles=roles)

    def receipts(self, person: Person, limit: int, cursor: str | None) -> Listed[ReceiptRow]:
        """What the person agreed to and took back in this life, by organization, newest first. Raises InvalidCursor."""
        page = own_page(ReceiptRow, person, limit, cursor)
        known = [row for row in page.rows if row.text_version in contents("consents")]
        if unknown := len(page.rows) - len(known):
            emit(Event.ROW_BROKEN, table=ReceiptRow.Meta.table, count=unknown)
        return Listed(known, page.cursor)

    def access_log(self, person: Person, limit: int, cursor: str | None) -> Listed[AccessRow]:
        """Who saw what of the person in this life, newest first (B1). Raises InvalidCursor."""
        return own_page(AccessRow, person, limit, cursor)


def own_page(
    row: type[RowT], person: Person, limit: int, cursor: str | None, within: Condition | None = None
) -> Listed[RowT]:
    """One page of a person's own rows of this life that have not expired; expired ones may lie there for days (R-10).

    `within` limits them to a range of their sort keys.
    """
    scope = f"{row.__name__}|{person.person_id}"
    start = tokens.open_cursor(scope, cursor)
    page = store.query(row, person.person_id, within, limit=limit, start=start, newest_first=True)
    alive = [one for one in page.rows if _is_of_this_life(one, person)]
    following = tokens.seal_cursor(scope, page.next_key)
    return Listed(alive, following)


def _is_of_this_life(row: Row, person: Person) -> bool:
    return row.enrolment == person.enrolment and row.expires_at > clock.now()  # type: ignore[attr-defined,no-any-return]


def disclosures_of(entry: LedgerRow) -> list[AccessRow]:
    """The access-log entries that a DISCLOSURE in the ledger means, one for each life that it names.

    The id comes from the entry and the person, so that a second delivery means the same rows again.
    """
    shown = [one.rsplit(".", 1) for one in entry.people or ()]
    return [_access_row(entry, life, int(mask, 16)) for life, mask in shown]


def _access_row(entry: LedgerRow, life: str, mask: int) -> AccessRow:
    person_id, enrolment = life.rsplit(".", 1)
    return AccessRow(
        person_id,
        ids.derived_id(entry.at, entry.entry_id, person_id),
        enrolment=int(enrolment),
        at=entry.at,
        actor=entry.actor or "",
        actor_id=entry.actor_id,
        org_id=entry.org_id,
        organization=entry.organization,
        what=[name for place, name in enumerate(entry.what or ()) if mask >> place & 1],
        why=entry.why or "",
        expires_at=kept_until("access_log", entry.at),
    )
