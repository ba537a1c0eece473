"""A day of a place, or some hours of it, as a file for its manager (B1, T-30, T-31).

Whoever a file shows has the look in their access log before the file can be read; and the export itself is in the ledger.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.core.texts import Language
from chalicelib.people.service.limits import DAY, count_one, seconds_left, today
from chalicelib.people.tables.logins import phone_subject
from chalicelib.people.tables.privacy import LedgerRow, derived_entry, ledger_entry
from chalicelib.people.tables.privacy import living as life_of
from chalicelib.places.access import PlaceManager
from chalicelib.places.errors.seen import CheckinsNeedHours, NoSuchHours, TooManyCheckinExports
from chalicelib.places.service.days import DayOfPlace, living
from chalicelib.places.service.gates import gates_at
from chalicelib.places.service.looks import WHY_EXPORT, people_of, words
from chalicelib.places.sheets import CheckinSheet, csv_file
from chalicelib.places.tables import CheckinRow, bucket_of

INLINE_ROWS = 5_000
"""Check-ins of one file (T-31: an answer of Lambda takes 6 MB)."""

A_DAY = 20
"""Files that one manager takes of one place in a day of the city (B12)."""

YEARS = range(1971, 9999)
"""Years whose every hour is a moment in all time zones, and sorts as keys do."""

SLICE = 500
"""Check-ins whose visitors one entry of the ledger names: some 20 KB."""


@dataclass(frozen=True)
class Hours:
    """From one hour of a day on the clocks of the city up to another, which is not in it."""

    day: date
    start: int
    end: int

    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment, and the one behind the last. Raises NoSuchHours."""
        if self.start >= self.end or self.day.year not in YEARS:
            raise NoSuchHours
        whole = datetime.combine(self.day, time(), ZoneInfo(settings().city.time_zone))
        return whole + timedelta(hours=self.start), whole + timedelta(hours=self.end)


class VisitExport:
    """Makes files of check-ins."""

    def as_csv(self, manager: PlaceManager, day: date | None, hours: tuple[int, int], language: Language) -> str:
        """A CSV file of up to 5,000 check-ins, oldest first; without a day it is today's.

        Raises NoSuchHours, CheckinsNeedHours or TooManyCheckinExports.
        """
        wanted = Hours(day or clock.local_day(settings().city.time_zone, clock.now()), *hours)
        rows, unreadable = _rows(manager, wanted)
        sheet = _sheet(manager, wanted, language)
        file = csv_file(sheet, rows, unreadable)
        asked = _asked(manager)
        _counted(manager).put(asked).commit()
        for number, start in enumerate(range(0, len(rows), SLICE)):
            people = people_of(rows[start : start + SLICE])
            parts = [asked.entry_id, str(number)]
            store.put(derived_entry("DISCLOSURE", asked.at, parts, people, **words(manager, WHY_EXPORT)))
        return file


def _rows(manager: PlaceManager, hours: Hours) -> tuple[list[CheckinRow], int]:
    """The check-ins, and how many could not be read. Raises CheckinsNeedHours where they are too many."""
    begin, end = hours.bounds()
    within = CheckinRow.sk.between(bucket_of(begin), f"{bucket_of(end - timedelta(seconds=1))}~")
    day, rows = DayOfPlace(manager.place, hours.day, within, page=INLINE_ROWS), list[CheckinRow]()
    for _, found in day.oldest_first():
        rows += found
        if len(rows) > INLINE_ROWS:
            raise CheckinsNeedHours(fields={"limit": INLINE_ROWS})
    return living(rows), day.unreadable


def _sheet(manager: PlaceManager, hours: Hours, language: Language) -> CheckinSheet:
    place = manager.place
    names = {gate.gate_id: gate.name for gate in gates_at(place.place_id).gates}
    return CheckinSheet(place.name, hours.day, hours.start, hours.end, clock.now(), language, names)


def _asked(manager: PlaceManager) -> LedgerRow:
    """That a manager asked for a file."""
    who = [life_of(manager.person.person_id, manager.person.enrolment)]
    return ledger_entry("EXPORT", who, organization=manager.place.name, what=["csv"], why=WHY_EXPORT)


def _counted(manager: PlaceManager) -> Transaction:
    """A transaction that counts one more file of this manager today, or refuses with TooManyCheckinExports."""
    subject = phone_subject(manager.person.account.phone_mac)
    window = today(subject, f"checkins#{manager.place.place_id}", A_DAY)
    transaction = Transaction()
    count_one(transaction, window, TooManyCheckinExports(seconds_left(DAY), fields={"limit": A_DAY}))
    return transaction
