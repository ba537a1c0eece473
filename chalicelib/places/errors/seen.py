"""What can go wrong when a place's check-ins are looked at."""

from chalicelib.core.errors import Conflict, Invalid, TooMany


class CheckinsNeedHours(Conflict):
    """There are more check-ins than a file of one answer takes; each part of the day has a file of its own."""

    code = "checkins_need_hours"


class NoSuchHours(Invalid):
    """The hours end before they begin, or are of a day of which there are no check-ins."""

    code = "no_such_hours"
    field = "to_hour"


class TooManyCheckinExports(TooMany):
    """Today's files of this place are used up."""

    code = "too_many_checkin_exports"
