"""Who was told already that a viewer looks at a live list: one row a viewer, place and window, in `logins` (B1)."""

from pynamodb.attributes import TTLAttribute, UnicodeAttribute

from chalicelib.core.store import Key, maybe_list_of
from chalicelib.people.tables.logins import LoginsTable, phone_subject


class LookRow(LoginsTable):
    """The visitors, as the place knows them and cut short, whose access logs know of this viewer in this window."""

    told = maybe_list_of(UnicodeAttribute)
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, phone_mac: str, place_id: str, window: int) -> "Key[LookRow]":
        """Where it lies what a viewer at a phone was shown in a window."""
        return cls.key(phone_subject(phone_mac), f"LIVE#{place_id}#{window}")
