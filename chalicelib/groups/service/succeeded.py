"""After a restore: books that were handed over since the backup belong again to whom they were handed (B16).

Books on one hand, pointers and counts on the other may be of different moments. So the book goes by its term, which only
rises, and each pointer by who owns the book then; a count changes only with its pointer. A second run finds none behind.
"""

from contextlib import suppress

from chalicelib.core import store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.errors import Broken, Conflict
from chalicelib.core.store import Transaction
from chalicelib.groups.tables import AdminRow, OrganizationRow
from chalicelib.people.service.restore import lives_in
from chalicelib.people.tables.people import OwnershipPointer, PersonRow
from chalicelib.people.tables.privacy import LedgerRow


class MovedMeanwhile(Conflict):
    """Another run of the replay was faster; there is nothing left to do."""


def hand_over_again(entry: LedgerRow, *, write: bool) -> int:
    """Hand a book over again, and give the pointers of both to whom they belong. Returns how many rows were behind.

    A book that was deleted since is left alone. Raises Broken for an entry that names nobody.
    """
    key = OrganizationRow.of(entry.org_id or "")
    book = store.read_together([key]).get(key)
    if book is None or book.deleted_at is not None:
        return 0
    lives = lives_in(entry)
    if not lives or entry.term is None:
        raise Broken
    is_behind = bool(book.owner_term < entry.term)
    owner_id = lives[-1][0] if is_behind else book.owner_id
    if is_behind and write:
        _give(book, [person_id for person_id, _ in lives], int(entry.term))
    moves = [
        _point(person_id, enrolment, book.org_id, owns=person_id == owner_id, write=write)
        for person_id, enrolment in lives
    ]
    return is_behind + sum(moves)


def _give(book: OrganizationRow, owners: list[str], term: int) -> None:
    """Make the last of these people the owner; roles as administrators that came back with the backup end, as they did then.

    So do those of the former owner whom the entry names, and of the owner whom the backup knows.
    """
    changes = [OrganizationRow.owner_id.set(owners[-1]), OrganizationRow.owner_term.set(term)]
    changes += [OrganizationRow.successor_id.remove(), OrganizationRow.offered_at.remove()]
    transaction = Transaction()
    transaction.update(book.own_key, changes, OrganizationRow.owner_term == book.owner_term, MovedMeanwhile())
    for person_id in sorted({book.owner_id, *owners}):
        transaction.delete(AdminRow.of(book.org_id, pairwise_id(book.org_id, person_id)))
    with suppress(MovedMeanwhile):
        transaction.commit()


def _point(person_id: str, enrolment: int, org_id: str, *, owns: bool, write: bool) -> bool:
    """Make or remove a person's pointer, and count it. Returns whether it was behind."""
    pointer = OwnershipPointer.of(person_id, org_id)
    is_behind = (store.read_together([pointer]).get(pointer) is not None) != owns
    if not is_behind or not write:
        return is_behind
    transaction = Transaction()
    if owns:
        row = OwnershipPointer(pointer.hash_value, pointer.range_value)
        transaction.put(row, OwnershipPointer.person_id.does_not_exist(), MovedMeanwhile())
    else:
        transaction.delete(pointer, OwnershipPointer.person_id.exists(), MovedMeanwhile())
    transaction.update(PersonRow.of(person_id), _counting(enrolment, 1 if owns else -1))
    try:
        transaction.commit()
    except MovedMeanwhile:
        return False
    return True


def _counting(enrolment: int, step: int) -> list[store.Action]:
    """Count a book. Whoever enrolled since the backup gets a row of that life, which nobody opens before proving it again."""
    whole = [
        counter.set(counter | value)
        for counter, value in ((PersonRow.enrolment, enrolment), (PersonRow.memberships, 0), (PersonRow.moves, 0))
    ]
    return [*whole, PersonRow.books.add(step)]
