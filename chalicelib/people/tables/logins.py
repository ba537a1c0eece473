"""The table `logins`: accounts, sessions, SMS codes and limits, all by subject.

A subject is `phone#<mac>` for what belongs to a phone, `address#<mac>` for a network address and `city#sms#<hour>#<shard>`
for the city's SMS budget. No phone number or address is stored in clear.
"""

from pynamodb.attributes import (
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib.core.store import Key, Row, SealedAttribute, TableMeta, list_of, maybe
from chalicelib.core.tokens import Bearer


def phone_subject(phone_mac: str) -> str:
    """The subject of what belongs to a phone."""
    return f"phone#{phone_mac}"


def kiosk_subject(place_id: str, kiosk_id: str) -> str:
    """The subject of what belongs to a kiosk."""
    return f"kiosk#{place_id}#{kiosk_id}"


class LoginsTable(Row):
    """Everything that logging in needs."""

    class Meta(TableMeta):
        """Named `logins` in design §4."""

        table = "logins"

    subject = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = maybe(TTLAttribute)


class AccountRow(LoginsTable):
    """A phone that logs in, and the person who proved identity on it, in that life (`enrolment`) of theirs."""

    person_id = maybe(UnicodeAttribute)
    enrolment = maybe(NumberAttribute)
    last_used_at = UTCDateTimeAttribute()

    @classmethod
    def of(cls, phone_mac: str) -> "Key[AccountRow]":
        """Where the account of a phone lies."""
        return cls.key(phone_subject(phone_mac), "ACCOUNT")


class SessionRow(LoginsTable):
    """One session. The phone is sealed under the bearer's own secret; `proved_at` is the last SMS code, for step-up.

    `enrolment` and `moves` are the person's at its beginning: it ends when either changes.
    """

    person_id = maybe(UnicodeAttribute)
    enrolment = maybe(NumberAttribute)
    moves = maybe(NumberAttribute)
    phone_sealed = SealedAttribute()
    proved_at = UTCDateTimeAttribute()
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, bearer: Bearer) -> "Key[SessionRow]":
        """Where a bearer's session lies."""
        return cls.key(phone_subject(bearer.subject), f"SESSION#{bearer.session_id}")


class CodeRow(LoginsTable):
    """The one live SMS code of a phone and purpose: its keyed hash, how often it was tried, and who asked for it."""

    code_mac = UnicodeAttribute()
    tries = NumberAttribute()
    address_hour = UnicodeAttribute()
    address_day = UnicodeAttribute()
    address = UnicodeAttribute()
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, phone_mac: str, purpose: str) -> "Key[CodeRow]":
        """Where the live code of a phone for a purpose lies."""
        return cls.key(phone_subject(phone_mac), f"SMS#{purpose}")


class SendsRow(LoginsTable):
    """When a phone was sent codes in the last day, and when wrong ones were entered; both lists are short by their limits."""

    sent_at = list_of(NumberAttribute)
    wrong_at = list_of(NumberAttribute)
    version = NumberAttribute()

    @classmethod
    def of(cls, phone_mac: str) -> "Key[SendsRow]":
        """Where the sends to a phone are remembered."""
        return cls.key(phone_subject(phone_mac), "LIMIT#sends")


class CountRow(LoginsTable):
    """A counter of one window: `LIMIT#hour#…`, `LIMIT#day#…`, `LIMIT#identity#…`."""

    counted = NumberAttribute()
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, subject: str, window: str) -> "Key[CountRow]":
        """Where a window is counted."""
        return cls.key(subject, f"LIMIT#{window}")
