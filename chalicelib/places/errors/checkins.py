"""What can go wrong with a check-in."""

from chalicelib.core.errors import Conflict, Gone, Invalid, NotFound, Refused, TooMany


class ScannedAtImpossible(Invalid):
    """The device says that it scanned the code in the future, or more than three days ago."""

    code = "scanned_at_impossible"
    field = "scanned_at"


class PosterReplaced(Gone):
    """The poster was replaced or taken down (B7)."""

    code = "poster_replaced"


class ScreenRequired(Refused):
    """The gate's code is on a screen and changes: a poster of it proves no presence."""

    code = "screen_required"


class PlaceSuspended(Refused):
    """The place, or the gate, admits nobody for now (R4.3)."""

    code = "place_suspended"


class PlaceShut(Refused):
    """The place is not open at this hour."""

    code = "place_shut"


class PlaceFull(Conflict):
    """As many are inside as the place takes."""

    code = "place_full"


class WrongGate(Invalid):
    """The place has no such gate, or it belongs to another registrar."""

    code = "wrong_gate"
    field = "gate_id"


class CheckinNotFound(NotFound):
    """No such check-in, or not the caller's, or one that was forgotten in time."""

    code = "checkin_not_found"


class OneWayOfKnowing(Invalid):
    """A visitor is known by a pass or by name and document, one of them."""

    code = "one_way_of_knowing"
    field = "pass"


class TypedLater(Invalid):
    """A typed look-up asks the city while the visitor stands there; it can't wait in a queue."""

    code = "typed_later"
    field = "scanned_at"


class TypedMismatch(Refused):
    """Nobody of this name and document is enrolled; which of it differs is not said (T-04)."""

    code = "typed_mismatch"


class TooManyTyped(TooMany):
    """Today's typed look-ups of this inspector are used up (design §7)."""

    code = "too_many_typed"
