"""Who may open and run a place by their own state (R4.3)."""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.settings import settings
from chalicelib.people.tables.people import PersonRow


def is_kept_from_running(person: PersonRow | None) -> bool:
    """Whether a person's state suspends what they run, in a city where it does.

    Who has no status yet, or is not there, is kept from nothing: the state that they get says so by itself.
    """
    city = settings().city
    if person is None or person.state is None or not city.places.abnormal_suspends:
        return False
    return not city.scheme.state(person.state).may_run_register


def suspended_since(person: PersonRow | None) -> datetime | None:
    """What a row says of its suspension by the state of who runs it, as that is now."""
    return clock.now() if is_kept_from_running(person) else None
