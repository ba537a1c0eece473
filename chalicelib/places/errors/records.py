"""What can go wrong with what is looked up of visits later."""

from chalicelib.core.errors import Invalid


class DayNotKept(Invalid):
    """Visits of that day are not kept any more, or it has not come yet."""

    code = "day_not_kept"
    field = "day"
