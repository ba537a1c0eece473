"""Handing a book over: its owner offers it to a member, who takes it over (B16). There is one owner at any moment."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from pynamodb.expressions.condition import Condition

from chalicelib.alerts.raising import ask_to_follow
from chalicelib.core import clock, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Insider, Owner
from chalicelib.groups.errors import InvalidSuccessor, NotTheSuccessor, OfferEnded, OwnerChanged, TooManyBooks
from chalicelib.groups.service.books import is_same_book
from chalicelib.groups.tables import AdminRow, MembershipRow, OrganizationRow
from chalicelib.people.tables.people import LifeTrace, OwnershipPointer, PersonRow
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry, living

OFFER_LASTS = timedelta(days=14)
"""How long an offer may be accepted: a fortnight's holiday, but not until nobody remembers it."""

HANDED_OVER = "BOOK_HANDED_OVER"
"""What the ledger calls a hand-over. Old and new owner find it in their access logs."""

DISCLOSED = "book_owner"
"""What the access log says a hand-over is about."""

WHY_ACCEPTED = "handed_over"
"""The reason in the access log where the owner offered the book and the successor accepted."""


class Offered(Protocol):
    """What can be offered to a successor: a book, and a place too."""

    successor_id: Any
    offered_at: Any


def offered_until(offered: Offered) -> datetime | None:
    """Until when it may be taken over; None if it is offered to nobody, or was for too long."""
    if offered.successor_id is None or offered.offered_at is None:
        return None
    until: datetime = offered.offered_at + OFFER_LASTS
    return until if until > clock.now() else None


def is_offered_to(book: OrganizationRow, member: MembershipRow) -> bool:
    """Whether the book was offered to this membership. Who left and joined again since is another one."""
    if book.successor_id != member.member_id or book.offered_at is None:
        return False
    return bool(member.joined_at <= book.offered_at)


class Succession:
    """Offers books and hands them over."""

    def offer(self, owner: Owner, successor: str) -> OrganizationRow:
        """Offer the book to a member, in place of an earlier offer. Raises InvalidSuccessor or OwnerChanged."""
        book = owner.organization
        if successor == pairwise_id(book.org_id, owner.person.person_id):
            raise InvalidSuccessor
        at = clock.now()
        offered = [OrganizationRow.successor_id.set(successor), OrganizationRow.offered_at.set(at)]
        transaction = Transaction().update(book.own_key, offered, is_same_book(book), OwnerChanged())
        transaction.check(
            MembershipRow.of(book.org_id, successor), MembershipRow.org_id.exists(), InvalidSuccessor()
        ).commit()
        book.successor_id, book.offered_at = successor, at
        return book

    def end_offer(self, insider: Insider) -> None:
        """Take an offer back as the owner, or decline it as the successor; where none stands nothing is done.

        Raises OwnerChanged if another was made or this one accepted at the same moment.
        """
        book, mine = insider.organization, insider.membership
        if book.successor_id is None or not (insider.is_owner or (mine and mine.member_id == book.successor_id)):
            return
        gone = [OrganizationRow.successor_id.remove(), OrganizationRow.offered_at.remove()]
        Transaction().update(book.own_key, gone, _is_same_offer(book), OwnerChanged()).commit()

    def accept(self, insider: Insider) -> OrganizationRow:
        """Make the caller the owner of the book that was offered to them; who is its owner stays it.

        Raises NotTheSuccessor, OfferEnded, TooManyBooks, or OwnerChanged if something happened at the same moment.
        """
        book, membership = insider.organization, insider.membership
        if insider.is_owner:
            return book
        if membership is None or not is_offered_to(book, membership):
            raise NotTheSuccessor
        if offered_until(book) is None:
            raise OfferEnded
        person = insider.person.row
        transaction = Transaction()
        same_member = MembershipRow.enrolment == membership.enrolment
        same_member &= MembershipRow.joined_at == membership.joined_at
        transaction.check(membership.own_key, same_member, NotTheSuccessor())
        hand_over(transaction, book, person, actor=person.name_mask or "", why=WHY_ACCEPTED)
        try:
            transaction.commit()
        except OwnerChanged:
            return _taken_over_meanwhile(insider)
        ask_to_follow(book.owner_id)
        return handed_over(book, person.person_id)


def hand_over(transaction: Transaction, book: OrganizationRow, successor: PersonRow, *, actor: str, why: str) -> None:
    """Add what makes a person the owner in place of the present one: book, pointers and counts of both, the ledger.

    A role that either has in it as an administrator ends: the new owner needs none, and all that the former one could do
    is over.

    The transaction raises OwnerChanged unless book and offer are still as they were read, and TooManyBooks for a
    successor who owns as many as the city allows, or whose life ended.
    """
    changes = [OrganizationRow.owner_id.set(successor.person_id), OrganizationRow.owner_term.add(1)]
    changes += [OrganizationRow.successor_id.remove(), OrganizationRow.offered_at.remove()]
    transaction.update(book.own_key, changes, _is_same_offer(book), OwnerChanged())
    former = _disown(transaction, book)
    pointer = OwnershipPointer.of(successor.person_id, book.org_id)
    transaction.put(OwnershipPointer(pointer.hash_value, pointer.range_value))
    may = (PersonRow.enrolment == successor.enrolment) & (PersonRow.books < settings().city.books.max_per_person)
    transaction.update(successor.own_key, [PersonRow.books.add(1)], may, TooManyBooks())
    for person_id in (book.owner_id, successor.person_id):
        transaction.delete(AdminRow.of(book.org_id, pairwise_id(book.org_id, person_id)))
    lives = [living(one.person_id, int(one.enrolment)) for one in (former, successor) if one is not None]
    transaction.put(_entry(book, lives, actor, why))


def _disown(transaction: Transaction, book: OrganizationRow) -> LifeTrace | None:
    """Take the book from its owner and from their count. One who is not there any more has nothing to be taken from."""
    life, pointer = LifeTrace.of(book.owner_id), OwnershipPointer.of(book.owner_id, book.org_id)
    rows = store.read_together([life, pointer])
    former = rows.get(life)
    if rows.get(pointer) is not None:
        transaction.delete(pointer, OwnershipPointer.person_id.exists(), OwnerChanged())
        if former is not None:
            transaction.update(life, [PersonRow.books.add(-1)], PersonRow.person_id.exists(), OwnerChanged())
    return former


def _entry(book: OrganizationRow, lives: list[str], actor: str, why: str) -> LedgerRow:
    """The entry from which old and new owner read of it, and from which it is done again after a restore."""
    return ledger_entry(
        HANDED_OVER,
        [f"{life}.1" for life in lives],
        org_id=book.org_id,
        organization=book.name,
        actor=actor,
        what=[DISCLOSED],
        why=why,
        term=int(book.owner_term) + 1,
    )


def handed_over(book: OrganizationRow, owner_id: str) -> OrganizationRow:
    """The row as a hand-over leaves it."""
    book.owner_id, book.owner_term, book.successor_id, book.offered_at = owner_id, book.owner_term + 1, None, None
    return book


def _is_same_offer(book: OrganizationRow) -> Condition:
    """That the stored book has the same owner as when it was read, and is offered as it was then."""
    same: Condition = is_same_book(book) & store.unchanged(book, "successor_id", "offered_at")
    return same


def _taken_over_meanwhile(insider: Insider) -> OrganizationRow:
    """The book, if a twin of this request was faster. Raises NotTheSuccessor if something else happened."""
    key = insider.organization.own_key
    book = store.read_together([key]).get(key)
    if book is None or book.deleted_at is not None or book.owner_id != insider.person.person_id:
        raise NotTheSuccessor
    return book
