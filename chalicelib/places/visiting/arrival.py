"""When a code was scanned, as the device says: just now, or while there was no network (design §4, "Check-ins")."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.places.errors.checkins import ScannedAtImpossible

AHEAD = timedelta(minutes=2)
"""How far a device's clock may be ahead of the city's."""

ONLINE = timedelta(minutes=5)
"""How old a scan may be that counts as sent at once, with its retries and a clock that is behind."""

QUEUED = timedelta(hours=72)
"""How long a device keeps what it could not send (B8)."""


@dataclass(frozen=True)
class Arrival:
    """The moment of a scan, to the second, and whether it waited in the device's queue."""

    at: datetime
    queued: bool

    @classmethod
    def of(cls, scanned_at: datetime | None, received: datetime) -> "Arrival":
        """The moment that a device says, or that at which the request came. Raises ScannedAtImpossible."""
        received = received.replace(microsecond=0)
        at = (scanned_at or received).astimezone(UTC).replace(microsecond=0)
        age = received - at
        if not -AHEAD <= age <= QUEUED:
            raise ScannedAtImpossible
        return cls(at, queued=age > ONLINE)
