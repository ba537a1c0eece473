"""The health code: a person's status as they show it, its history, and the travel check that ends a pop-up (R3.1, R4.7, B2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, store, tokens
from chalicelib.core.errors import Unavailable
from chalicelib.core.ports import Fact, TravelResult, TravelVerifier
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.health.errors import TooManyTravelChecks
from chalicelib.health.facts import PLATFORM, Kind, derived_fact_id
from chalicelib.health.service.status import Shown, Status
from chalicelib.health.tables import FactRow
from chalicelib.people.access import Person
from chalicelib.people.service.limits import DAY, Window, count_one, seconds_left, take_back, today
from chalicelib.people.service.privacy import Listed, own_page
from chalicelib.people.tables.logins import phone_subject
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.status import StatusRow

TRAVEL_CHECKS_A_DAY = 10
"""Travel checks of one person in a day of the city: somebody who travels asks again after each leg of the journey."""

PassHook = Callable[[PersonRow], str | None]


@dataclass(frozen=True)
class Code:
    """A health code: the status as it may be shown now, and the pass that proves who shows it, if the city signs one."""

    status: Shown
    signed: str | None


class HealthCode:
    """Shows people their own code."""

    def __init__(self, status: Status, travel: TravelVerifier) -> None:
        """Take what shows statuses, and who is asked about travel."""
        self._status, self._travel = status, travel
        self._pass_of: PassHook = lambda _: None

    def signs_passes(self, hook: PassHook) -> None:
        """Register what makes the pass of a person; without it a code has none."""
        self._pass_of = hook

    def show(self, person: Person) -> Code:
        """The code of the caller, from the row that their admission read."""
        return self._code(person.row)

    def check_travel(self, person: Person) -> Code:
        """Ask the national platform about the caller's travel, keep its answer as a fact, and show what follows from it at once.

        Of one day only the last answer is kept. Raises TravelUnavailable, TooManyTravelChecks, or Unavailable if the answer is
        kept and what follows from it is not computed yet.
        """
        store.put(FactRow.storing(person.person_id, _travel_fact(self._result(person), clock.now())))
        row = self._status.refresh(person.person_id)
        if row is None:
            raise Unavailable
        return self._code(row)

    def _result(self, person: Person) -> TravelResult:
        """What the platform says of the caller's phone. A check that it did not answer is not counted."""
        window = today(phone_subject(person.account.phone_mac), "travel", TRAVEL_CHECKS_A_DAY)
        _count(window)
        phone = tokens.open_for(person.account.bearer, person.account.session.phone_sealed)
        try:
            return self._travel.verify(phone)
        except Unavailable:
            _uncount(window)
            raise

    def history(self, person: Person, limit: int, cursor: str | None) -> Listed[StatusRow]:
        """The statuses that the person had in this life, newest first (B2). Raises InvalidCursor."""
        return own_page(StatusRow, person, limit, cursor, StatusRow.sk.startswith(StatusRow.PREFIX))

    def _code(self, row: PersonRow) -> Code:
        return Code(self._status.shown(row), self._pass_of(row))


def _count(window: Window) -> None:
    transaction = Transaction()
    count_one(transaction, window, TooManyTravelChecks(seconds_left(DAY), fields={"limit": TRAVEL_CHECKS_A_DAY}))
    transaction.commit()


def _uncount(window: Window) -> None:
    transaction = Transaction()
    take_back(transaction, window.subject, window.name)
    transaction.commit()


def _travel_fact(result: str, at: datetime) -> Fact:
    day, now = clock.local_day(settings().city.time_zone, at).isoformat(), clock.iso(at)
    fact_id = derived_fact_id(PLATFORM, Kind.TRAVEL_CHECK, day, "")
    return Fact(fact_id, Kind.TRAVEL_CHECK.value, result, now, "", PLATFORM, now)
