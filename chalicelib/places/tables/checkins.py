"""The table `checkins`: who was let in, or kept out, where, when and how.

The key is made of place, day, part of the place, five minutes and visitor: whoever sends the same check-in again meets the
row that is there (B9, R-01).
"""

from datetime import date, datetime
from hashlib import sha256

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.core.errors import Broken
from chalicelib.core.store import Key, Row, TableMeta, maybe

BUCKET_SECONDS = 300
"""One check-in per person, place and five minutes (T-10)."""

BUCKET_DIGITS = 8
"""Enough for buckets to sort as texts until the year 2920."""


def bucket_of(at: datetime) -> str:
    """The five minutes of an aware moment, as keys name them."""
    return f"{int(at.timestamp()) // BUCKET_SECONDS:0{BUCKET_DIGITS}d}"


def part_of(place_id: str, day: date, member_id: str, shards: int) -> str:
    """The partition in which a visitor's check-ins of a day, in the city's calendar, lie."""
    return f"{place_id}#{day}#{sha256(member_id.encode()).digest()[0] % shards}"


def parts_of(place_id: str, day: date, shards: int) -> list[str]:
    """All partitions in which a place's check-ins of a day lie."""
    return [f"{place_id}#{day}#{shard}" for shard in range(shards)]


def read_part(part: str) -> tuple[str, date, int]:
    """Place, day and number of a partition. Raises Broken for what is none."""
    try:
        place_id, day, shard = part.split("#")
        return place_id, date.fromisoformat(day), int(shard)
    except ValueError as error:
        raise Broken from error


def sort_key_of(bucket: str, member_id: str) -> str:
    """Where in its partition a check-in lies."""
    return f"{bucket}#{member_id}"


class VisitIndex(GlobalSecondaryIndex["CheckinRow"]):
    """A person's visits by time."""

    class Meta:
        """Keys only, so that a check-in costs two writes and no more; whoever lists visits reads the rows."""

        index_name = "by_visitor"
        projection = KeysOnlyProjection()

    person_id = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class CheckinsTable(Row):
    """Check-ins by place and day."""

    class Meta(TableMeta):
        """Named `checkins` in design §4, with a stream."""

        table = "checkins"
        stream_view_type = "NEW_AND_OLD_IMAGES"

    part = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    by_visitor = VisitIndex()


class CheckinRow(CheckinsTable):
    """One check-in, and what was shown to whom by it (B1, design §4 `access_log`).

    `at` is when the code was scanned, RFC 3339 in UTC, as the device said; `stored_at` when the city heard of it. `mode`
    says how the visitor was known: `poster` or `screen` (they scanned), `pass`, `paper`, `typed` (somebody at the gate
    scanned or typed), and `dependant` for whom a companion brought. `assurance` is what proves presence: `static`,
    `rotating` or `inspector`. `state` is what was shown, `allowed` whether it lets in and `alarm` whether the siren
    sounded. `temperature` is a band, `temperature_source` who says so (`self`, `measured`). `relation` is `internal` or
    `visitor` at a bound place (R0.6). `by` is the member of the staff, kiosk or companion who did it, as the place knows
    them; None for the visitor. `out_at` is set by a check-out; otherwise the stay ends by itself after `stay_minutes`. A
    row says nothing any more after `expires_at`, whether it was swept or not (B13).
    """

    person_id = UnicodeAttribute()
    enrolment = NumberAttribute()
    at = UnicodeAttribute()
    stored_at = UTCDateTimeAttribute()
    gate_id = maybe(UnicodeAttribute)
    mode = UnicodeAttribute()
    assurance = UnicodeAttribute()
    queued = maybe(BooleanAttribute)
    state = UnicodeAttribute()
    allowed = BooleanAttribute()
    alarm = BooleanAttribute()
    temperature = maybe(UnicodeAttribute)
    temperature_source = maybe(UnicodeAttribute)
    relation = maybe(UnicodeAttribute)
    name_mask = UnicodeAttribute()
    document_mask = UnicodeAttribute()
    by = maybe(UnicodeAttribute)
    stay_minutes = NumberAttribute()
    out_at = maybe(UTCDateTimeAttribute)
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, part: str, sk: str, *, consistent: bool = True) -> "Key[CheckinRow]":
        """Where a check-in lies."""
        return cls.key(part, sk, consistent=consistent)

    @property
    def place_id(self) -> str:
        """The place."""
        return self.part.partition("#")[0]

    @property
    def member_id(self) -> str:
        """The visitor, as the place knows them."""
        return self.sk.partition("#")[2]


class VisitTrace(CheckinsTable):
    """Where a visit of a person lies, and when it was: what the index holds."""

    person_id = UnicodeAttribute()
    at = UnicodeAttribute()


class VisitorTrace(CheckinsTable):
    """Whose check-in it is, in which life of theirs."""

    person_id = UnicodeAttribute()
    enrolment = NumberAttribute()
