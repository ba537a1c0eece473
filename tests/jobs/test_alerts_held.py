"""The breaker: too many alerts at once are held, operators are told once, and what they decide reaches every one of them."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from chalicelib.alerts import breaker
from chalicelib.alerts.breaker import Decision, NothingHeld, OtherDecision
from chalicelib.alerts.tables import BreakerRow, HeldRow, partition_of
from chalicelib.core import clock, settings, store
from chalicelib.core.city import City
from chalicelib.core.clock import FrozenClock
from infra.cli.main import app as cli
from tests.support.alerting import Listener, Raised, own_resolver, queued, raised, verified
from tests.support.city import TestCity
from tests.support.events import Events
from tests.support.people import TestPerson
from tests.support.rights import acting_as
from tests.support.seam import Killed, put_in
from tests.support.working import Cuts

pytestmark = pytest.mark.jobs

MOST = 2
MINUTES = 10


@pytest.fixture(autouse=True)
def time() -> Iterator[FrozenClock]:
    """A clock that stands at the beginning of an hour until a test moves it, ahead of the real one."""
    with clock.frozen(clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)) as frozen:
        yield frozen


@pytest.fixture(autouse=True)
def _two_in_ten_minutes(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001  the tables must be there
    """A city in which two alerts are enough, and whose breaker no test before has touched."""
    policy = settings.settings().city.model_dump(mode="json")
    policy["alerts"] |= {"hold_above": MOST, "window_minutes": MINUTES}
    changed = City.model_validate(policy)
    monkeypatch.setattr(settings, "load_city", lambda _: changed)
    with own_resolver():
        _reset()
        yield
        _reset()


def _reset() -> None:
    row = store.read_together([BreakerRow.here()]).get(BreakerRow.here())
    if row is not None and row.hold is not None:
        store.write_all(deletes=[held.own_key for held in breaker.held_in(row.hold)])
    store.delete(BreakerRow.here())
    rows = store.query_all(BreakerRow, "city")
    store.write_all(deletes=[one.own_key for one in rows if one.alert_id.startswith("WINDOW#")])
    queued()


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    return Events(monkeypatch)


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    return verified(city)


def sent(city: TestCity, person: TestPerson, count: int) -> list[Raised]:
    """So many alerts, each handed to the sender once."""
    found = [raised(city, person) for _ in range(count)]
    for one in found:
        assert one.deliver() == {"batchItemFailures": []}
    return found


def outcomes(alerts: list[Raised]) -> list[str | None]:
    return [one.row.outcome for one in alerts]


def open_hold() -> BreakerRow:
    found = store.read_together([BreakerRow.here()]).get(BreakerRow.here())
    assert found is not None
    return found


def test_those_beyond_the_number_are_held_and_operators_told_once(
    city: TestCity, person: TestPerson, events: Events
) -> None:
    listener = Listener.new()
    alerts = sent(city, person, MOST + 3)

    assert outcomes(alerts) == ["sent"] * MOST + [None] * 3
    assert len(alerts[0].sent_to(person)) == MOST
    hold = open_hold().hold
    assert [one.row.hold for one in alerts] == [None] * MOST + [hold] * 3
    assert events.of("alerts.held") == [{"at": clock.iso(clock.now()), "event": "alerts.held", "count": MOST}]
    assert [one for one in listener.heard() if one["event"] == "alerts.held"] == [
        {"event": "alerts.held", "hold": hold}
    ]


def test_a_hold_lasts_until_somebody_decides_though_the_window_is_over(
    city: TestCity, person: TestPerson, time: FrozenClock
) -> None:
    sent(city, person, MOST + 1)
    time.tick(3 * MINUTES * 60)
    assert outcomes(sent(city, person, 1)) == [None]


def test_windows_count_anew(city: TestCity, person: TestPerson, time: FrozenClock) -> None:
    first = sent(city, person, MOST)
    time.tick(MINUTES * 60)
    assert outcomes(first + sent(city, person, MOST)) == ["sent"] * 2 * MOST


def test_an_alert_that_comes_again_counts_once(city: TestCity, person: TestPerson) -> None:
    one = raised(city, person)
    one.told.before = _fail
    for _ in range(3 * MOST):
        assert one.deliver() != {"batchItemFailures": []}
    one.told.before = lambda: None
    assert one.deliver() == {"batchItemFailures": []}
    assert outcomes([one, *sent(city, person, MOST)]) == ["sent"] * MOST + [None]


def _fail() -> None:
    raise RuntimeError


def test_released_alerts_go_out_each_once_and_new_ones_count_anew(city: TestCity, person: TestPerson) -> None:
    alerts = sent(city, person, MOST + 3)
    queued()

    assert breaker.end(Decision.RELEASE) == 3
    asked = queued()
    assert sorted(map(str, asked)) == sorted(str(one.key.raw()) for one in alerts[MOST:])
    assert open_hold().hold is None
    for one in alerts:
        one.deliver()

    assert outcomes(alerts) == ["sent"] * (MOST + 3)
    assert len(alerts[0].sent_to(person)) == MOST + 3
    assert outcomes(sent(city, person, MOST)) == ["sent"] * MOST, "what was let go does not count"


def test_dropped_alerts_stay_unsent_and_say_so(city: TestCity, person: TestPerson) -> None:
    alerts = sent(city, person, MOST + 2)
    queued()

    assert breaker.end(Decision.DROP) == 2

    for one in alerts:
        one.deliver()
        one.again()
    assert outcomes(alerts) == ["sent"] * MOST + ["dropped"] * 2
    assert len(alerts[0].sent_to(person)) == MOST
    assert queued() == []


def test_without_a_hold_there_is_nothing_to_decide() -> None:
    with pytest.raises(NothingHeld):
        breaker.end(Decision.RELEASE)


@pytest.mark.slow
@pytest.mark.parametrize("decision", list(Decision))
def test_a_decision_that_dies_anywhere_is_repeated_to_its_end(
    city: TestCity, person: TestPerson, decision: Decision
) -> None:
    def once(at: int | None) -> int:
        _reset()
        alerts = sent(city, person, MOST + 2)
        queued()
        with put_in(Cuts()) as cuts:
            cuts.at = {} if at is None else {at: ("after", Killed())}
            with cuts.here():
                breaker.end(decision)
        if open_hold().decision is not None:
            other = next(one for one in Decision if one is not decision)
            with pytest.raises(OtherDecision):
                breaker.end(other)
        _end_again(decision)
        asked = queued()
        assert list(store.query_all(HeldRow, partition_of(str(open_hold().last)))) == []
        waiting = [one for one in alerts[MOST:] if one.key.raw() in asked]
        assert len(waiting) == (2 if decision is Decision.RELEASE else 0)
        expected = None if decision is Decision.RELEASE else "dropped"
        assert outcomes(alerts)[MOST:] == [expected] * 2
        return len(cuts.calls)

    for number in range(once(None)):
        once(number)


def _end_again(decision: Decision) -> None:
    if open_hold().hold is not None:
        breaker.end(decision)


def test_whoever_opened_the_hold_died_before_telling_so_the_next_one_tells(
    city: TestCity, person: TestPerson, time: FrozenClock, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(city, person, MOST)
    one = raised(city, person)
    with monkeypatch.context() as patched:
        patched.setattr(breaker, "tell_city", _die)
        with pytest.raises(Killed):
            one.deliver()
    told = len(events.of("alerts.held"))
    sent(city, person, 1)
    assert len(events.of("alerts.held")) == told, "it may still be at it"
    time.tick(breaker.TELLING_SECONDS)
    sent(city, person, 3)
    assert open_hold().told_at is not None


def _die(_: object) -> None:
    raise Killed


def test_a_hold_that_ends_while_an_alert_is_being_held_loses_none(
    city: TestCity, person: TestPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = sent(city, person, MOST + 1)
    late = raised(city, person)
    original: Callable[..., None] = breaker._hold  # noqa: SLF001  what comes in between is put into the middle of it

    def ending(*args: object) -> None:
        monkeypatch.setattr(breaker, "_hold", original)
        with acting_as(None):  # the operator has rights of their own
            breaker.end(Decision.DROP)
        original(*args)

    monkeypatch.setattr(breaker, "_hold", ending)
    assert late.deliver() != {"batchItemFailures": []}
    assert late.deliver() == {"batchItemFailures": []}

    assert outcomes([*alerts, late]) == ["sent"] * MOST + ["dropped", "sent"]


def command(*words: str) -> tuple[int, str]:
    """What an operator's command answers."""
    result = CliRunner().invoke(
        cli, ["--city", "demo", "--endpoint-url", str(os.environ["AWS_ENDPOINT_URL"]), "alerts", *words]
    )
    return result.exit_code, result.output


def test_an_operator_sees_what_is_held_and_lets_it_go(city: TestCity, person: TestPerson) -> None:
    assert command("held") == (0, "No alerts are held.\n")
    assert command("release")[0] == 1
    alerts = sent(city, person, MOST + 2)

    code, said = command("held")
    assert code == 1
    assert said.startswith("2 alerts of 2 organizations are held since ")
    assert command("--json", "held")[1].startswith('{"held": 2, "organizations": 2, "since": "')

    assert command("release") == (0, "2 alerts go out now.\n")
    for one in alerts:
        one.deliver()
    assert outcomes(alerts) == ["sent"] * (MOST + 2)


def test_dropping_asks_first(city: TestCity, person: TestPerson) -> None:
    alerts = sent(city, person, MOST + 1)
    assert command("drop")[0] == 1
    assert outcomes(alerts)[-1] is None
    assert command("drop", "--yes") == (0, "1 alerts were dropped.\n")
    assert outcomes(alerts)[-1] == "dropped"
