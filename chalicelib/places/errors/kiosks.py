"""What can go wrong with a kiosk."""

from typing import ClassVar

from chalicelib.core.errors import Conflict, NotFound, TooMany, Unauthenticated


class KioskRefused(Unauthenticated):
    """No kiosk has these credentials now; what is wrong about them is not said."""

    code = "kiosk_refused"
    challenge: ClassVar[str] = 'Kiosk realm="gatebook"'


class KioskNotFound(NotFound):
    """The place has no such kiosk."""

    code = "kiosk_not_found"


class TooManyKiosks(Conflict):
    """The place has as many kiosks as it may."""

    code = "too_many_kiosks"


class TooManyPrints(TooMany):
    """The kiosk printed, or tried to print, as many passes as the city allows in a day."""

    code = "too_many_prints"
