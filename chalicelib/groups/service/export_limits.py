"""How many files a manager takes of a book in a day (B12)."""

from datetime import datetime

from chalicelib.core import clock, store
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.errors import ExportWithdrawn, TooManyExports
from chalicelib.groups.tables import ExportRow
from chalicelib.people.service.limits import DAY, Window, count_one, day_window, seconds_left, take_back
from chalicelib.people.tables.logins import phone_subject

A_DAY = 20
"""Files that one manager takes of one book in a day of the city, inline or not (B12): more than one an hour of a long day."""


class _IsSettled(ExportWithdrawn):
    """A link to the export was given out, or it was given back before."""


def counted(manager: Manager) -> Transaction:
    """A transaction that counts one more file of this manager today, or refuses with TooManyExports."""
    today = Window(_subject(manager), _window(manager.org_id, clock.now()), A_DAY, DAY)
    transaction = Transaction()
    count_one(transaction, today, TooManyExports(seconds_left(DAY), fields={"limit": A_DAY}))
    return transaction


def give_back(row: ExportRow, manager: Manager) -> None:
    """Count an export less that ended before anybody could fetch it, once: members who change what they share use up no day."""
    if row.linked_at is not None or row.given_back_at is not None:
        return
    unsettled = ExportRow.run.exists() & ExportRow.linked_at.does_not_exist() & ExportRow.given_back_at.does_not_exist()
    transaction = Transaction()
    transaction.update(row.own_key, [ExportRow.given_back_at.set(clock.now())], unsettled, _IsSettled())
    take_back(transaction, _subject(manager), _window(manager.org_id, row.started_at))
    try:
        transaction.commit()
    except _IsSettled:
        return


def mark_linked(row: ExportRow) -> None:
    """Note before the first link is given out that there is one, so that this export counts. Raises ExportWithdrawn."""
    if row.linked_at is not None:
        return
    kept = ExportRow.run.exists() & ExportRow.given_back_at.does_not_exist()
    if store.update(row.own_key, [ExportRow.linked_at.set(clock.now())], kept) is None:
        raise ExportWithdrawn


def _subject(manager: Manager) -> str:
    return phone_subject(manager.person.account.phone_mac)


def _window(org_id: str, at: datetime) -> str:
    return f"export#{org_id}#{day_window(at)}"
