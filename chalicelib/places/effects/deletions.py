"""What is over with a deleted book: its access points are places of nobody again (R0.1)."""

from contextlib import suppress

from chalicelib.core import store
from chalicelib.core.errors import Broken
from chalicelib.groups.legible import legible
from chalicelib.people.tables.privacy import LedgerRow
from chalicelib.places.errors.places import PlaceChanged
from chalicelib.places.service.bindings import unbind
from chalicelib.places.tables import AccessPointRow, PlaceRow


def unbind_deleted(entry: LedgerRow) -> None:
    """Unbind every place from the book of a BOOK_DELETED entry, before its sweep removes what says which they are.

    A place that changed at the same moment was unbound by its manager, or asks somebody else by now. Raises Broken for an
    entry that names no book.
    """
    if not entry.org_id:
        raise Broken
    prefix = AccessPointRow.sk.startswith(AccessPointRow.PREFIX)
    for row in store.query_all(AccessPointRow, entry.org_id, prefix):
        key = PlaceRow.of(row.place_id)
        place = legible(store.read_together([key]), key)
        if place is not None and entry.org_id in {place.org_id, place.asked_org_id}:
            with suppress(PlaceChanged):
                unbind(place)
