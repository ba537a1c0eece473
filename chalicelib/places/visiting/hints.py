"""What this process learned of places and needs before it can read them: the parts of their days, and their organization.

A hint is compared with the place's row, which comes in the same batch. A wrong one costs another read and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from chalicelib.places.tables import PlaceRow

MOST = 1_000
"""Places that one process remembers: only those that are spread or bound."""


@dataclass(frozen=True)
class Hint:
    """What a place was when it was last read. A place of which nothing is known is taken for one of one part, unbound."""

    shards: Mapping[str, int] = field(default_factory=dict)
    org_id: str | None = None

    def shards_on(self, day: date) -> int:
        """Into how many parts the check-ins of a day are spread."""
        return self.shards.get(day.isoformat(), 1)


Hints = Mapping[str, Hint]
NOTHING = Hint()


class _Learned:
    """The hints of this process. Each change makes another mapping, so whoever took one goes by it to the end."""

    hints: Hints = MappingProxyType({})


def present() -> Hints:
    """What is known at this moment."""
    return _Learned.hints


def learn(place: PlaceRow, known: Hint) -> None:
    """Remember what a place is, if it is not what was known; the oldest is forgotten for it."""
    found = Hint(dict(place.shards or {}), place.org_id)
    if found == known:
        return
    rest = {place_id: hint for place_id, hint in _Learned.hints.items() if place_id != place.place_id}
    for oldest in list(rest)[: max(0, len(rest) - MOST + 1)]:
        del rest[oldest]
    _Learned.hints = MappingProxyType(rest if found == NOTHING else {**rest, place.place_id: found})


def forget() -> None:
    """Know nothing."""
    _Learned.hints = MappingProxyType({})
