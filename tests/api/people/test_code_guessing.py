"""What a code survives: guesses side by side, other purposes, other phones, time, use and replacement (T-01, T-02)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.core import store
from chalicelib.core.clock import FrozenClock
from chalicelib.people.errors import CodeRefused
from chalicelib.people.service import codes
from chalicelib.people.service.codes import Codes, Purpose, TakenCode
from chalicelib.people.tables.logins import CodeRow
from tests.api.people.steps import ask, code_for, code_key, enter, wrong
from tests.support.city import TestCity
from tests.support.client import Answer
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api

THREADS = 40


class Compared:
    """Counts comparisons of codes and lets them go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        self._lock = threading.Lock()
        self._matches: Callable[[str, str], bool] = codes._matches  # noqa: SLF001
        monkeypatch.setattr(codes, "_matches", self)

    def __call__(self, stored_mac: str, given: str) -> bool:
        with self._lock:
            self.times += 1
        return self._matches(stored_mac, given)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Compared:
    """Counts comparisons from now on."""
    return Compared(monkeypatch)


def enter_all(city: TestCity, person: TestPerson, guesses: list[str]) -> list[Answer]:
    """Try codes side by side, each in its own thread, all of them let go at one moment."""
    gate = threading.Barrier(len(guesses))

    def one(guess: str) -> Answer:
        gate.wait()
        return enter(city, person, guess)

    with ThreadPoolExecutor(len(guesses)) as threads:
        return list(threads.map(one, guesses))


def test_of_forty_guesses_side_by_side_five_are_compared(city: TestCity, compared: Compared) -> None:
    person = city.stranger()
    code = code_for(city, person)

    answers = enter_all(city, person, [wrong(code, by) for by in range(1, THREADS + 1)])

    assert compared.times == 5
    assert {(answer.status, answer.code) for answer in answers} == {(401, "code_refused")}
    assert enter(city, person, code).status == 401
    assert compared.times == 5


def test_of_forty_right_codes_side_by_side_one_is_accepted(city: TestCity, compared: Compared) -> None:
    person = city.stranger()
    code = code_for(city, person)

    answers = enter_all(city, person, [code] * THREADS)

    assert sorted(answer.status for answer in answers) == [201] + [401] * (THREADS - 1)
    assert compared.times <= 5


def test_comparing_before_counting_would_compare_more_than_five(
    city: TestCity, compared: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_have_read = threading.Barrier(THREADS)

    def compare_first(_: Codes, phone_mac: str, purpose: Purpose, code: str) -> TakenCode:
        key = CodeRow.of(phone_mac, purpose)
        row = store.read_together([key]).get(key)
        assert row is not None
        assert row.tries < 5
        all_have_read.wait()
        matches = codes._matches(row.code_mac, codes._code_mac(phone_mac, purpose, code))  # noqa: SLF001
        store.update(key, [CodeRow.tries.add(1)], CodeRow.tries < 5)
        if not matches:
            raise CodeRefused
        return TakenCode(row)

    person = city.stranger()
    code = code_for(city, person)
    monkeypatch.setattr(Codes, "take", compare_first)

    enter_all(city, person, [wrong(code, by) for by in range(1, THREADS + 1)])

    assert compared.times > 5, "the test above would not notice a code that is compared before it is counted"


def test_a_right_code_opens_after_four_wrong_ones_and_not_after_five(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()

    statuses = []
    for misses in (4, 5):
        code = code_for(city, person)
        for by in range(1, misses + 1):
            assert enter(city, person, wrong(code, by)).status == 401
        statuses.append(enter(city, person, code).status)
        later.tick(60)

    assert statuses == [201, 401]


def test_a_code_is_used_once(city: TestCity) -> None:
    person = city.stranger()
    code = code_for(city, person)

    assert enter(city, person, code).status == 201

    assert enter(city, person, code).code == "code_refused"
    assert stored(code_key(person)) is None


def test_a_code_lives_for_three_hundred_seconds(city: TestCity, later: FrozenClock) -> None:
    first, second = city.stranger(), city.stranger()
    codes_of = [(person, code_for(city, person)) for person in (first, second)]
    later.tick(299)
    assert enter(city, *codes_of[0]).status == 201

    later.tick(1)

    assert enter(city, *codes_of[1]).code == "code_refused"
    assert stored(code_key(second)) is not None, "the row is still there: it is read as if it were not (R-10)"


def test_a_code_dies_when_the_next_one_is_sent(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    old = code_for(city, person)
    later.tick(60)
    new = code_for(city, person)
    while new == old:  # once in a million
        later.tick(60)
        new = code_for(city, person)

    assert enter(city, person, old).code == "code_refused"
    assert enter(city, person, new).status == 201


def test_a_code_of_one_phone_opens_no_other(city: TestCity) -> None:
    person, other = city.stranger(), city.stranger()
    code = code_for(city, person)

    assert enter(city, other, code).code == "code_refused", "nothing was sent to the other phone"
    if code != code_for(city, other):
        assert enter(city, other, code).code == "code_refused"


def test_a_code_for_stepping_up_does_not_log_in(city: TestCity) -> None:
    person = city.stranger()
    code = code_for(city, person, purpose="step_up")

    assert enter(city, person, code).code == "code_refused"


def test_a_code_for_logging_in_does_not_step_up(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    client = city.log_in(person)
    later.tick(60)
    code = code_for(city, person)

    answer = client.post("/v1/auth/sessions/current/step-up", {"code": code})

    assert (answer.status, answer.code) == (401, "code_refused")


def test_codes_for_two_purposes_live_side_by_side(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    client = city.log_in(person)
    later.tick(60)
    log_in = code_for(city, person)
    later.tick(60)
    step_up = code_for(city, person, purpose="step_up")

    assert client.post("/v1/auth/sessions/current/step-up", {"code": step_up}).status == 204
    assert enter(city, person, log_in).status == 201


def test_every_refusal_of_a_code_looks_the_same(city: TestCity, later: FrozenClock) -> None:
    unknown, guessed, expired, used = (city.stranger() for _ in range(4))
    code_of = {person: code_for(city, person) for person in (guessed, expired, used)}
    enter(city, used, code_of[used])
    wrong_answer = enter(city, guessed, wrong(code_of[guessed]))
    later.tick(300)

    refusals = [
        wrong_answer,
        enter(city, unknown, "123456"),
        enter(city, expired, code_of[expired]),
        enter(city, used, code_of[used]),
    ]

    assert len({answer.text for answer in refusals}) == 1
    assert {answer.status for answer in refusals} == {401}


def test_a_code_without_its_mac_opens_nothing(city: TestCity) -> None:
    person = city.stranger()
    code = code_for(city, person)
    spoil(code_key(person), "code_mac")

    assert enter(city, person, code).code == "broken_record"


def test_codes_are_drawn_from_the_whole_range(monkeypatch: pytest.MonkeyPatch, city: TestCity) -> None:
    drawn: list[int] = []

    def draw(below: int) -> int:
        drawn.append(below)
        return 7

    monkeypatch.setattr("secrets.randbelow", draw)

    assert code_for(city, city.stranger()) == "000007"
    assert drawn == [10**6]


def test_of_twenty_requests_side_by_side_one_sends_a_code(city: TestCity) -> None:
    person, before = city.stranger(), len(city.sms.sent)
    gate = threading.Barrier(20)

    def one(_: int) -> Answer:
        gate.wait()
        return ask(city, person)

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(one, range(20)))

    assert sorted(answer.status for answer in answers) == [202] + [429] * 19
    assert {answer.code for answer in answers if answer.status == 429} == {"too_many_codes"}
    assert len(city.sms.sent) == before + 1
    assert enter(city, person, city.sms.last_code(person.phone)).status == 201


def test_one_code_looks_different_for_each_phone_and_purpose(
    city: TestCity, later: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _: 123456)
    person, other = city.stranger(), city.stranger()
    macs = []
    for asked, purpose in ((person, Purpose.LOG_IN), (other, Purpose.LOG_IN), (other, Purpose.STEP_UP)):
        later.tick(60)
        assert code_for(city, asked, purpose=purpose) == "123456"
        macs.append((stored(code_key(asked, purpose)) or {})["code_mac"]["S"])

    assert len(set(macs)) == 3
