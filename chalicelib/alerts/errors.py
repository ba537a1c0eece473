"""What can go wrong with alerts and the channels by which they come, in words of the domain."""

from chalicelib.core.errors import Conflict, Invalid, NotFound, TooMany


class AlertNotFound(NotFound):
    """There is no such alert in what the caller manages, or it is about somebody who left or shares their code no more."""

    code = "alert_not_found"


class NoChannel(Invalid):
    """Alerts are urgent, so one channel stays switched on."""

    code = "no_channel"
    field = "sms"


class EmailMissing(Conflict):
    """E-mail is to be switched on and no address is known."""

    code = "email_missing"


class TooManyAddresses(TooMany):
    """The caller named as many addresses today as may be asked to confirm."""

    code = "too_many_addresses"
