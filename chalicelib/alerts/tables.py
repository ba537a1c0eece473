"""The table `alerts`: that something is to be told, how far that is, and what holds it up. Ids and versions only.

Names and states come from the membership when an alert is sent or read, and are gone with it. Channels by which a person
wants to be told lie in `people`, with the rest of what is known of them.
"""

import zlib
from datetime import datetime
from enum import StrEnum

from pynamodb.attributes import BooleanAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core import clock, ids
from chalicelib.core.store import Key, Row, SealedAttribute, TableMeta, list_of, maybe
from chalicelib.people.tables.people import PeopleTable

CITY = "city"
"""The partition of what belongs to no organization. Ids of organizations are longer."""

FIRST_WORD = "A"
"""Ids of alerts begin with a digit or a small letter beyond nothing that is stored, so words in capitals sort between."""


class Outcome(StrEnum):
    """What became of an alert; none of it says anything about the person."""

    SENT = "sent"
    """Everybody who could be reached was told."""
    WITHHELD = "withheld"
    """The member left, takes back what they shared, or was normal again before anybody was told, so nobody was."""
    UNREACHABLE = "unreachable"
    """Nobody who should have been told could be reached."""
    DROPPED = "dropped"
    """An operator dropped it, with others of one hold."""


class AlertsTable(Row):
    """Alerts by organization."""

    class Meta(TableMeta):
        """Named `alerts` in design §4."""

        table = "alerts"

    org_id = UnicodeAttribute(hash_key=True)
    alert_id = UnicodeAttribute(range_key=True)
    expires_at = maybe(TTLAttribute)


class AlertRow(AlertsTable):
    """One change of one member's status that an organization is told of: one row, however often the change is seen.

    `sent` lists `<member_id>#<channel>#<time>` for each message that is out, written after it was. Without an `outcome` it
    is still to be sent. `claim` and `claimed_until` say who is at it, so that no two are. `hold` is the hold in which it
    waits for an operator, `released` that one let it go, and `counted` that its window counted it.
    """

    member_id = UnicodeAttribute()
    status_version = NumberAttribute()
    sent = list_of(UnicodeAttribute)
    outcome = maybe(UnicodeAttribute)
    settled_at = maybe(UTCDateTimeAttribute)
    claim = maybe(UnicodeAttribute)
    claimed_until = maybe(UTCDateTimeAttribute)
    counted = maybe(BooleanAttribute)
    hold = maybe(UnicodeAttribute)
    released = maybe(BooleanAttribute)
    acknowledged_by = maybe(UnicodeAttribute)
    acknowledged_at = maybe(UTCDateTimeAttribute)
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, org_id: str, alert_id: str) -> "Key[AlertRow]":
        """Where an alert lies."""
        return cls.key(org_id, alert_id)

    @property
    def at(self) -> datetime:
        """When the status changed."""
        return ids.time_of(self.alert_id)

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to be sent of it."""
        return self.outcome is not None or self.expires_at <= clock.now()

    def was_sent(self, member_id: str, channel: str) -> bool:
        """Whether somebody was told by this channel."""
        return any(one.startswith(f"{member_id}#{channel}#") for one in self.sent)


class BreakerRow(AlertsTable):
    """Whether alerts are held now (`hold`), since when, whether operators were told, and the hold before it (`last`)."""

    hold = maybe(UnicodeAttribute)
    last = maybe(UnicodeAttribute)
    opened_at = maybe(UTCDateTimeAttribute)
    told_at = maybe(UTCDateTimeAttribute)
    decision = maybe(UnicodeAttribute)

    @classmethod
    def here(cls) -> "Key[BreakerRow]":
        """Where the city's one lies."""
        return cls.key(CITY, "BREAKER")


class WindowRow(AlertsTable):
    """How many alerts one window had, since the last hold ended."""

    amount = NumberAttribute()
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, last_hold: str | None, window: int) -> "Key[WindowRow]":
        """Where a window is counted: it begins anew behind each hold, or what was let go would be held again."""
        return cls.key(CITY, f"WINDOW#{last_hold or ''}#{window}")


class HeldRow(AlertsTable):
    """That an alert is in a hold: a partition of its own for each, so that an operator finds all of them by one query."""

    expires_at = TTLAttribute()

    @classmethod
    def of(cls, hold: str, org_id: str, alert_id: str) -> "Key[HeldRow]":
        """Where a hold lists an alert."""
        return cls.key(partition_of(hold), f"{org_id}#{alert_id}")

    @property
    def alert(self) -> Key[AlertRow]:
        """Where the alert itself lies."""
        org_id, alert_id = self.alert_id.rsplit("#", 1)
        return AlertRow.of(org_id, alert_id)


def partition_of(hold: str) -> str:
    """The partition in which a hold lists its alerts."""
    return f"hold#{hold}"


class TopicRow(AlertsTable):
    """An organization's e-mail topic, and how many subscribe to it. It is there while somebody does."""

    arn = UnicodeAttribute()
    subscribers = NumberAttribute()

    SK = "TOPIC"

    @classmethod
    def of(cls, org_id: str) -> "Key[TopicRow]":
        """Where an organization's topic is noted."""
        return cls.key(org_id, cls.SK)


class TopicsRow(AlertsTable):
    """How many organizations have a topic."""

    amount = NumberAttribute()

    @classmethod
    def here(cls) -> "Key[TopicsRow]":
        """Where the city counts them."""
        return cls.key(CITY, "TOPICS")


MORNING_SHARDS = 16
"""Parts of those who want the morning's numbers, each its own piece of work."""


class MorningRow(AlertsTable):
    """That somebody may want the numbers of their books each morning, and on which day they were told last.

    What they want is said by their channels (`ChannelsRow.morning`); this is where the job finds them, and where it forgets
    whoever does not want it any more, or was erased.
    """

    enrolment = NumberAttribute()
    told = maybe(UnicodeAttribute)

    @classmethod
    def of(cls, person_id: str) -> "Key[MorningRow]":
        """Where a person's lies."""
        return cls.key(morning_part(zlib.crc32(person_id.encode()) % MORNING_SHARDS), person_id)

    @property
    def person_id(self) -> str:
        """Whose it is."""
        return self.alert_id


def morning_part(shard: int) -> str:
    """One of the parts of those who want the morning's numbers."""
    return f"morning#{shard}"


class ChannelsRow(PeopleTable):
    """How a person wants to be told, in this life of theirs (`enrolment`). Who never chose has no such row."""

    by_sms = BooleanAttribute()
    by_email = BooleanAttribute()
    language = UnicodeAttribute()
    morning = maybe(BooleanAttribute)
    enrolment = NumberAttribute()
    email_sealed = maybe(SealedAttribute)
    email_mask = maybe(UnicodeAttribute)
    address_version = NumberAttribute(default=0)

    SK = "CHANNELS"

    @classmethod
    def of(cls, person_id: str) -> "Key[ChannelsRow]":
        """Where a person's channels lie."""
        return cls.key(person_id, cls.SK)


class SubscriptionRow(PeopleTable):
    """That a person's address subscribes to an organization's topic, by which subscription, and which of their addresses it is.

    SNS asks the address itself to confirm; until that was seen there is no `confirmed_at`, and nothing goes there. `to` is
    what its filter lets through: another word for each address, since SNS lets nobody end a subscription that was not
    confirmed, and whoever confirms a mistyped one later must get nothing by it.
    """

    arn = UnicodeAttribute()
    topic = UnicodeAttribute()
    to = UnicodeAttribute()
    address_version = NumberAttribute()
    confirmed_at = maybe(UTCDateTimeAttribute)

    PREFIX = "SUBSCRIPTION#"

    @classmethod
    def of(cls, person_id: str, org_id: str) -> "Key[SubscriptionRow]":
        """Where a person's subscription to an organization's topic lies."""
        return cls.key(person_id, f"{cls.PREFIX}{org_id}")

    @property
    def org_id(self) -> str:
        """The organization whose topic it is."""
        return self.sk.removeprefix(self.PREFIX)
