"""A place's declaration code: given out anew, and found by who types it (R2.2)."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.core import clock, store
from chalicelib.core.store import Transaction
from chalicelib.people.access import Person
from chalicelib.people.service.limits import DAY, HOUR, Window, count_one, day_window, hour_window, seconds_left
from chalicelib.people.tables.logins import phone_subject
from chalicelib.places.declaration import drawn_code, spelled
from chalicelib.places.errors.places import DeclarationCodeRefused, TooManyDeclarationTries
from chalicelib.places.tables import DeclarationIndex, PlaceRow, PlacesTable

TRIES_AN_HOUR = 10
TRIES_A_DAY = 30
"""Codes that one person may try: nobody binds to more places in a day, and of 2^35 codes thirty find nothing."""


class DeclaredPlace(PlacesTable):
    """What the index by declaration code holds of a place."""

    declaration_code = UnicodeAttribute()


def unused_code() -> str:
    """A new code that no place has."""
    code = drawn_code()
    while _listed(code):
        code = drawn_code()
    return code


def declared_place(person: Person, typed: str) -> PlaceRow:
    """The place whose code somebody typed, as it is now; the try is counted before anything is compared.

    A code that was replaced, that of a place that was closed, and one that never was are refused alike. Raises
    DeclarationCodeMisspelt, TooManyDeclarationTries or DeclarationCodeRefused.
    """
    code = spelled(typed)
    _count_try(person)
    keys = [PlaceRow.of(place_id) for place_id in _listed(code)]
    rows = store.read_together(keys)
    places = [row for key in keys if (row := rows.get(key)) is not None and row.declaration_code == code]
    living = [place for place in places if place.closed_at is None]
    if len(living) != 1:  # two places never have one code, but for two that drew it at the same moment
        raise DeclarationCodeRefused
    return living[0]


def _listed(code: str) -> list[str]:
    """The places that the index lists under a code. It may be late: whoever relies on one reads it again."""
    page = store.query(DeclaredPlace, code, index=DeclarationIndex.Meta.index_name, consistent=False)
    return [row.place_id for row in page.rows]


def _count_try(person: Person) -> None:
    subject, now = phone_subject(person.account.phone_mac), clock.now()
    transaction = Transaction()
    for window, limit, lasts in (
        (hour_window(now), TRIES_AN_HOUR, HOUR),
        (day_window(now), TRIES_A_DAY, DAY),
    ):
        too_many = TooManyDeclarationTries(seconds_left(lasts))
        count_one(transaction, Window(subject, f"declaration#{window}", limit, lasts), too_many)
    transaction.commit()
