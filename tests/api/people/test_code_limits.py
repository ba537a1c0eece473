"""How many codes are sent: to one phone, for one network address, in the whole city (T-03)."""

from collections.abc import Iterator

import pytest

from chalicelib.core.clock import FrozenClock
from chalicelib.people.service import budget as sms_budget
from tests.api.people.conftest import Policy
from tests.api.people.steps import ask, code_for, enter, fail_challenge, sends_key, wrong
from tests.support.city import InProcess, TestCity
from tests.support.client import Answer
from tests.support.events import Events
from tests.support.rows import stored

pytestmark = pytest.mark.api

HOUR = 3600
DAY = 86400


def move_to(city: TestCity, address: str) -> str:
    """Ask from another network address; returns the one before."""
    transport = city.api.transport
    assert isinstance(transport, InProcess)
    before, transport.address = transport.address, address
    return before


@pytest.fixture
def elsewhere(city: TestCity) -> Iterator[str]:
    """A network address that no other test asks from."""
    before = move_to(city, "198.51.100.9")
    yield "198.51.100.9"
    move_to(city, before)


def refused(answer: Answer, seconds: int, code: str = "too_many_codes") -> bool:
    """Whether a request was refused for being one too many, with the right time to return."""
    return (answer.status, answer.code, answer.headers["retry-after"]) == (429, code, str(seconds))


def test_one_code_a_minute_goes_to_a_phone(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()

    assert ask(city, person).status == 202
    assert refused(ask(city, person), 60)
    later.tick(59)
    assert refused(ask(city, person), 1)
    later.tick(1)
    assert ask(city, person).status == 202


def test_five_codes_an_hour_go_to_a_phone(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()

    waits = []
    for _ in range(5):
        waits.append(ask(city, person).json["retry_after"])
        later.tick(60)

    assert waits == [60, 60, 60, 60, HOUR - 4 * 60]
    assert refused(ask(city, person), HOUR - 5 * 60)
    later.tick(HOUR - 5 * 60 - 1)
    assert refused(ask(city, person), 1)
    later.tick(1)
    assert ask(city, person).status == 202


def test_ten_codes_a_day_go_to_a_phone(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()

    for _ in range(10):
        assert ask(city, person).status == 202
        later.tick(HOUR)

    assert refused(ask(city, person), DAY - 10 * HOUR)
    later.tick(DAY - 10 * HOUR - 1)
    assert refused(ask(city, person), 1)
    later.tick(1)
    assert ask(city, person).status == 202


def test_the_longest_wait_is_the_one_that_is_told(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    for _ in range(5):
        later.tick(60)
        assert ask(city, person).status == 202

    assert refused(ask(city, person), HOUR - 4 * 60)


@pytest.mark.usefixtures("later")
def test_codes_for_all_purposes_count_together(city: TestCity) -> None:
    person = city.stranger()

    assert ask(city, person).status == 202

    assert refused(ask(city, person, purpose="step_up"), 60)


def test_redeemed_codes_count_for_the_phone(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    for _ in range(5):
        assert enter(city, person, code_for(city, person)).status == 201
        later.tick(60)

    assert ask(city, person).status == 429


def test_what_a_phone_was_sent_is_forgotten_after_a_day(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    ask(city, person)
    later.tick(DAY)

    ask(city, person)

    item = stored(sends_key(person))
    assert item is not None
    assert len(item["sent_at"]["L"]) == 1


@pytest.mark.usefixtures("later", "elsewhere")
def test_codes_of_an_address_count_until_they_are_redeemed(city: TestCity, policy: Policy) -> None:
    policy(sms={"limits": {"per_address_hour": 2}})
    for _ in range(6):  # an office: everybody behind it logs in
        person = city.stranger()
        assert enter(city, person, code_for(city, person)).status == 201

    assert [ask(city, city.stranger()).status for _ in range(3)] == [202, 202, 429]


@pytest.mark.usefixtures("elsewhere")
def test_an_address_may_ask_again_in_the_next_hour(city: TestCity, later: FrozenClock, policy: Policy) -> None:
    policy(sms={"limits": {"per_address_hour": 1}})
    later.tick(600)

    assert ask(city, city.stranger()).status == 202
    assert refused(ask(city, city.stranger()), HOUR - 600)
    later.tick(HOUR - 601)
    assert ask(city, city.stranger()).status == 429
    later.tick(1)
    assert ask(city, city.stranger()).status == 202


@pytest.mark.usefixtures("elsewhere")
def test_an_address_has_a_day_s_share_too(city: TestCity, later: FrozenClock, policy: Policy) -> None:
    policy(sms={"limits": {"per_address_day": 2}})
    for _ in range(2):
        assert ask(city, city.stranger()).status == 202
        later.tick(HOUR)

    assert refused(ask(city, city.stranger()), DAY - 2 * HOUR)
    later.tick(DAY - 2 * HOUR)
    assert ask(city, city.stranger()).status == 202


@pytest.mark.usefixtures("later", "elsewhere")
def test_an_address_does_not_use_up_the_share_of_another(city: TestCity, policy: Policy) -> None:
    policy(sms={"limits": {"per_address_hour": 1}})
    assert [ask(city, city.stranger()).status for _ in range(2)] == [202, 429]

    move_to(city, "198.51.100.10")

    assert ask(city, city.stranger()).status == 202


@pytest.mark.usefixtures("later")
def test_no_address_is_stored(city: TestCity, elsewhere: str) -> None:
    from tests.support.canaries import dump_tables

    ask(city, city.stranger())

    assert elsewhere.encode() not in dump_tables()


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("budget", [1, 4, 6])
def test_the_city_sends_exactly_its_budget_in_an_hour(
    city: TestCity, policy: Policy, monkeypatch: pytest.MonkeyPatch, budget: int
) -> None:
    monkeypatch.setattr(sms_budget, "SHARDS", 4)
    policy(sms={"hourly_budget": budget})
    before = len(city.sms.sent)

    statuses = [ask(city, city.stranger()).status for _ in range(budget + 2)]

    assert statuses == [202] * budget + [503] * 2
    assert len(city.sms.sent) == before + budget


def test_who_gets_no_code_for_want_of_budget_is_told_when_the_next_hour_begins(
    city: TestCity, later: FrozenClock, policy: Policy
) -> None:
    policy(sms={"hourly_budget": 1})
    ask(city, city.stranger())
    later.tick(1000)
    person = city.stranger()

    answer = ask(city, person)

    assert (answer.status, answer.code) == (503, "sms_budget_spent")
    assert answer.headers["retry-after"] == str(HOUR - 1000)
    assert stored(sends_key(person)) is None  # nothing was counted against the phone
    later.tick(HOUR - 1000)
    assert ask(city, person).status == 202


@pytest.fixture
def one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the city's budget in one counter, so that its numbers are seen whole."""
    monkeypatch.setattr(sms_budget, "SHARDS", 1)


@pytest.mark.usefixtures("later", "one_shard")
@pytest.mark.parametrize(("budget", "nearly"), [(1, 1), (4, 4), (5, 4), (10, 8)])
def test_operators_are_alarmed_once_at_four_fifths_of_the_budget(
    city: TestCity, policy: Policy, events: Events, budget: int, nearly: int
) -> None:
    policy(sms={"hourly_budget": budget})

    alarms = []
    for _ in range(budget):
        assert ask(city, city.stranger()).status == 202
        alarms.append([alarm["share"] for alarm in events.of("sms.budget_near")])

    assert alarms == [[]] * (nearly - 1) + [[0.8]] * (budget - nearly + 1)


def test_three_failed_challenges_lock_the_phone_for_a_day(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    for _ in range(3):
        fail_challenge(city, person)
        later.tick(HOUR)

    assert refused(ask(city, person), DAY - 3 * HOUR, "too_many_tries")
    later.tick(DAY - 3 * HOUR - 1)
    assert refused(ask(city, person), 1, "too_many_tries")
    later.tick(1)
    assert ask(city, person).status == 202


def test_challenges_that_are_left_before_their_last_try_lock_the_phone_too(city: TestCity, later: FrozenClock) -> None:
    person, guesses = city.stranger(), 0

    while (answer := ask(city, person)).status == 202:
        code = city.sms.last_code(person.phone)
        for by in range(1, 5):  # the fifth would fail the challenge
            enter(city, person, wrong(code, by))
            guesses += 1
        later.tick(HOUR)

    assert answer.code == "too_many_tries"
    assert guesses < 20


def test_a_device_with_a_live_session_is_not_locked_out(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client = city.verified(person)
    later.tick(HOUR)
    for _ in range(3):
        fail_challenge(city, person)
        later.tick(HOUR)

    assert ask(city, person).code == "too_many_tries"
    assert client.post("/v1/auth/codes", {"phone": person.phone}).status == 202


def test_a_session_of_another_phone_does_not_lift_the_lock(city: TestCity, later: FrozenClock) -> None:
    person, other = city.stranger(), city.verified()
    for _ in range(3):
        fail_challenge(city, person)
        later.tick(HOUR)

    assert other.post("/v1/auth/codes", {"phone": person.phone}).code == "too_many_tries"


def test_a_session_that_ended_does_not_lift_the_lock(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    client = city.log_in(person)
    assert client.delete("/v1/auth/sessions/current").status == 204
    later.tick(HOUR)
    for _ in range(3):
        fail_challenge(city, person)
        later.tick(HOUR)

    assert client.post("/v1/auth/codes", {"phone": person.phone}).code == "too_many_tries"
