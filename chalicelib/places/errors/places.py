"""What can go wrong with a place, its gates and its staff."""

from chalicelib.core.errors import Gone, NotFound, Refused


class PlaceNotFound(NotFound):
    """No such place, or it was closed."""

    code = "place_not_found"


class NotThePlaceManager(Refused):
    """Only the manager of the place may do this."""

    code = "not_the_place_manager"


class NotStaff(Refused):
    """Only the manager and the staff of the place may do this."""

    code = "not_staff"


class GateCodeInvalid(NotFound):
    """The code is not one of this city's gates, was changed, or its gate is gone."""

    code = "gate_code_invalid"


class ScreenCodeOver(Gone):
    """The screen shows another code by now."""

    code = "screen_code_over"
