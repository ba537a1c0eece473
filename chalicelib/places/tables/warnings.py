"""Early warnings, which lie in `decisions` until officers have seen to them (R2.7)."""

from datetime import date

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core import clock, ids
from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.settings import settings
from chalicelib.core.store import Key, maybe


class WarningRow(DecisionsTable):
    """That so many check-ins with fever, or a state that sounds the siren, came together: at a place, or in a sub-district.

    There is one a day of each, however often it is found: its id is made of the city's day and of what it is about. `amount`
    is how many there were when it was last looked at, over the `hours` before `at`.
    """

    place_id = maybe(UnicodeAttribute)
    subdistrict = UnicodeAttribute()
    amount = NumberAttribute()
    hours = NumberAttribute()
    at = UTCDateTimeAttribute()
    expires_at = TTLAttribute()

    KIND = "WARNING"

    @classmethod
    def of(cls, day: date, about: str) -> "Key[WarningRow]":
        """Where the warning of a day about a place or sub-district lies."""
        return cls.key(cls.KIND, ids.derived_id(clock.midnight(settings().city.time_zone, day), about))
