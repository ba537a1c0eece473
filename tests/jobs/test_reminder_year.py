"""A year of a school of 10,000: whoever is overdue is told on each such day once, and nobody else on any day (R0.5).

From July 2079 to June 2080, with a leap day; the calendar is that of 2023 and 2024. Later than now, for the emulator removes
what has expired by its own clock.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

import app
from chalicelib.core import clock, store
from chalicelib.core.clock import FrozenClock
from chalicelib.core.crypto import encode, pairwise_id
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.groups import attention
from chalicelib.groups.consents import current_text_version
from chalicelib.groups.policies import PolicySet
from chalicelib.groups.service import reminders
from chalicelib.groups.tables import TOP, MembershipRow
from chalicelib.groups.tables.reminders import QUEUE
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.books import Book
from tests.support.city import TestCity
from tests.support.policies import set_policy
from tests.support.reminding import QUARTER, ZONE, book_row, work_off
from tests.support.seam import Killed, put_in
from tests.support.working import Cuts

pytestmark = [pytest.mark.jobs, pytest.mark.slow, pytest.mark.timeout(400)]

MEMBERS = 10_000
PERIOD = 120
FIRST, LAST = date(2079, 7, 1), date(2080, 6, 30)
DAY = timedelta(days=1)
NINE = time(9)
TIMES = (time(0, 0, 0), time(8, 59, 59), time(12), time(23, 59, 59))
"""When people are tested: as a day begins, before and after the reminders, and as it ends."""

LATE = 0.02
"""The share of tests that come after their last good day."""

SKIPPED = {date(2079, 9, 10), date(2079, 12, 31), date(2080, 1, 1), date(2080, 4, 5)}
"""Days on which the job never ran."""

KILLED = {date(2079, 8, 1) + number * 11 * DAY: number for number in range(25)}
"""Days on which it died, and at which call of its worker."""


def at(day: date, hour: time) -> datetime:
    """A moment of the city's clock."""
    return datetime.combine(day, hour, ZoneInfo(ZONE))


@dataclass
class School:
    """Members, when each of them is tested, and which days each is overdue at nine in the morning."""

    org_id: str
    policies: PolicySet
    tests: dict[datetime, list[int]] = field(default_factory=lambda: defaultdict(list))
    overdue: dict[date, set[int]] = field(default_factory=lambda: defaultdict(set))
    rows: list[MembershipRow] = field(default_factory=list)
    cipher: FieldCipher = field(default_factory=FieldCipher)

    def enrol(self, number: int, random: Random) -> Iterator[store.Row]:
        """A member with a phone, who was tested at some time before the year, and is to be tested through it."""
        last = FIRST - random.randrange(1, PERIOD) * DAY
        who = encode(number.to_bytes(16, "big"))
        sealed = self.cipher.seal(FieldClass.PHONE, f"people|{who}|PERSON", phone_of(number))
        yield PersonRow(who, "PERSON", enrolment=1, account=who, memberships=1, phone_sealed=sealed)
        row = MembershipRow(
            self.org_id,
            pairwise_id(self.org_id, who),
            person_id=who,
            enrolment=1,
            name_mask="王**",
            document_mask="37**************11",
            path=TOP,
            type="member",
            scopes=["nucleic_acid"],
            name_mac=str(number),
            joined_at=at(last, time(8)),
            consent_version=1,
            text_version=current_text_version(),
        )
        self.rows.append(row)
        yield self.tested(number, at(last, random.choice(TIMES)))
        while last <= LAST:
            last = self.next_test(number, last, random)

    def next_test(self, number: int, last: date, random: Random) -> date:
        """Plan a test after one on a day, most often in time and at the last moment; note the days on which it is missing."""
        first_late = last + (PERIOD + 1) * DAY
        late = random.randrange(5) if random.random() < LATE else -random.choice((1, 1, 3, 20))
        if first_late + late * DAY < FIRST:
            late = -1
        moment = at(first_late + late * DAY, random.choice(TIMES))
        self.tests[moment].append(number)
        for days in range(late + 1):
            if at(first_late + days * DAY, NINE) < moment:
                self.overdue[first_late + days * DAY].add(number)
        return moment.date()

    def tested(self, number: int, moment: datetime) -> MembershipRow:
        """The row of a member whose result arrives now."""
        row = self.rows[number]
        row.nucleic_acid = {"result": "negative", "occurred_at": clock.iso(moment)}
        attention.assign_to(row, attention.columns(row, self.policies))
        return row

    def results(self, frozen: FrozenClock, day: date, *, before_nine: bool) -> None:
        """Let the results of one part of a day arrive."""
        for hour in TIMES:
            moment = at(day, hour)
            if (hour < NINE) == before_nine and moment in self.tests:
                to(frozen, moment)
                store.write_all([self.tested(number, moment) for number in self.tests[moment]])


def phone_of(number: int) -> str:
    """Nobody's phone."""
    return f"190{number:08}"


def to(frozen: FrozenClock, moment: datetime) -> None:
    """Let it be this moment."""
    frozen.tick((moment - clock.now()).total_seconds())


def opened(city: TestCity) -> School:
    """The school as it stands when the year begins."""
    book, random, rows = Book.opened(city), Random(7), list[store.Row]()
    assert set_policy(book, nucleic_acid_days=PERIOD).status == 200
    school = School(book.org_id, book_row(book.org_id).policy_set)
    for number in range(MEMBERS):
        rows += school.enrol(number, random)
    store.write_all(rows)
    return school


def run_the_job(frozen: FrozenClock, day: date) -> None:
    """The job of a day: whole, or killed and run again a quarter of an hour later; now and then everything comes twice."""
    app.reminders({}, None)
    waiting = messages.take(QUEUE)
    if day in KILLED and waiting:
        with put_in(Cuts()) as cuts, cuts.here():
            cuts.at = {KILLED[day]: ("after", Killed())}
            work_off(waiting)
        frozen.tick(QUARTER)
        app.reminders({}, None)
        waiting = messages.take(QUEUE)
    work_off(waiting * (2 if day.day == 1 else 1))


def told_on(city: TestCity, first: int) -> Counter[str]:
    """How often each phone was told since so many messages."""
    return Counter(phone for phone, _ in city.sms.sent[first:])


def test_a_year_of_a_school(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        reminders, "DAYS_BACK", 2
    )  # nobody fails for longer here, and a day costs a third of the queries
    messages.take(QUEUE)
    lost = 0
    with clock.frozen(at(FIRST, time(0))) as frozen:
        school = opened(city)
        for day in (FIRST + number * DAY for number in range((LAST - FIRST).days + 1)):
            school.results(frozen, day, before_nine=True)
            to(frozen, at(day, NINE))
            before = len(city.sms.sent)
            if day not in SKIPPED:
                run_the_job(frozen, day)
            told, overdue = told_on(city, before), {phone_of(number) for number in school.overdue[day]}
            assert set(told.values()) <= {1}
            assert set(told) <= overdue
            missing = 0 if day in SKIPPED else len(overdue - set(told))
            assert missing <= (day in KILLED)
            lost += missing
            school.results(frozen, day, before_nine=False)
        assert school.overdue[date(2080, 2, 29)]
        assert sum(map(len, school.overdue.values())) > 1_000
        assert lost < len(KILLED) / 2
        store.write_all(deletes=[row.own_key for row in school.rows])
