"""Where the check-ins of a visitor lie, and how a check-in is called outside: its key in fewer letters."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.core import clock, ids
from chalicelib.core.crypto import ID_BYTES, decode, encode
from chalicelib.core.settings import settings
from chalicelib.core.store import Key
from chalicelib.places.tables import CheckinRow, bucket_of, part_of, read_part, sort_key_of
from chalicelib.places.tables.checkins import BUCKET_DIGITS, BUCKET_SECONDS
from chalicelib.places.visiting.hints import Hint

PLACE_BYTES, DAY_BYTES, SHARD_BYTES, BUCKET_BYTES = 16, 3, 2, 4
_DAY = PLACE_BYTES
_SHARD = _DAY + DAY_BYTES
_BUCKET = _SHARD + SHARD_BYTES
_MEMBER = _BUCKET + BUCKET_BYTES


@dataclass(frozen=True)
class Spot:
    """A visitor at a place, as the place knows them, at a moment."""

    place_id: str
    member_id: str
    at: datetime

    def here(self, hint: Hint) -> Key[CheckinRow]:
        """Where the check-in of this moment lies, or is to lie."""
        return self._key(self.at, hint)

    def before(self, hint: Hint) -> Key[CheckinRow]:
        """Where that of the five minutes before lies, which may have been another day."""
        return self._key(self.at - timedelta(seconds=BUCKET_SECONDS), hint)

    def _key(self, at: datetime, hint: Hint) -> Key[CheckinRow]:
        day = day_of(at)
        part = part_of(self.place_id, day, self.member_id, hint.shards_on(day))
        return CheckinRow.of(part, sort_key_of(bucket_of(at), self.member_id), consistent=False)


def day_of(at: datetime) -> date:
    """The day in the city's calendar on which a check-in is stored."""
    return clock.local_day(settings().city.time_zone, at)


def checkin_id_of(row: CheckinRow) -> str:
    """How a check-in is called in addresses. It names nobody but as the place knows them."""
    place_id, day, shard = read_part(row.part)
    bucket, _, member_id = row.sk.partition("#")
    numbers = (day.toordinal(), DAY_BYTES), (shard, SHARD_BYTES), (int(bucket), BUCKET_BYTES)
    return encode(ids.to_bytes(place_id) + b"".join(one.to_bytes(size) for one, size in numbers) + decode(member_id))


def read_checkin_id(checkin_id: str) -> Key[CheckinRow] | None:
    """Where the check-in lies that is called so; None for what is no such name."""
    try:
        raw = decode(checkin_id)
        place_id, member_id = ids.from_bytes(raw[:PLACE_BYTES]), encode(raw[_MEMBER:])
        day = date.fromordinal(int.from_bytes(raw[_DAY:_SHARD]))
    except (ValueError, OverflowError):
        return None
    if len(raw) != _MEMBER + ID_BYTES:
        return None
    shard, bucket = int.from_bytes(raw[_SHARD:_BUCKET]), int.from_bytes(raw[_BUCKET:_MEMBER])
    return CheckinRow.of(f"{place_id}#{day}#{shard}", sort_key_of(f"{bucket:0{BUCKET_DIGITS}d}", member_id))
