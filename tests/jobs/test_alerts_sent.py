"""The guarantee of design §1, word for word: exactly one alert row per change; urgent messages at least once, twice only if the
sender died between publishing and marking, never none."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

import app
from chalicelib.alerts.raising import QUEUE
from chalicelib.alerts.sending import CLAIM_SECONDS
from chalicelib.alerts.sms import SmsUnavailable
from chalicelib.alerts.tables import AlertRow
from chalicelib.core import clock, settings, store
from chalicelib.core.city import City
from chalicelib.core.clock import FrozenClock
from chalicelib.core.texts import Language
from chalicelib.people.service import budget
from infra import parking
from infra.local.queued import Queued
from infra.wiring import QUEUES
from tests.support import messages
from tests.support.alerting import (
    Listener,
    Raised,
    a_state,
    deliver,
    message,
    own_resolver,
    queued,
    raised,
    recipient,
    verified,
)
from tests.support.city import TestCity
from tests.support.events import Events
from tests.support.rows import items_of, spoil, stored
from tests.support.seam import Killed, Seam, put_in
from tests.support.working import FAULTS, Cuts

pytestmark = pytest.mark.jobs


@pytest.fixture(autouse=True)
def time() -> Iterator[FrozenClock]:
    """A clock that stands until a test moves it, ahead of the real one, since the emulator removes what has expired."""
    with clock.frozen(clock.now() + timedelta(hours=1)) as frozen:
        yield frozen


@pytest.fixture(autouse=True)
def _apart(city: TestCity) -> Iterator[None]:  # noqa: ARG001  the tables must be there
    with own_resolver():
        yield


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    return Events(monkeypatch)


def outcome_of(one: Raised) -> str | None:
    return one.row.outcome


def is_done(answer: dict[str, list[dict[str, str]]]) -> bool:
    return answer == {"batchItemFailures": []}


def test_a_change_is_one_row_however_often_it_is_raised(city: TestCity) -> None:
    one = raised(city)
    assert {one.again() for _ in range(3)} == {one.alert_id}
    assert len(items_of(AlertRow, one.org_id)) == 1
    assert queued() == [one.key.raw()] * 4, "whoever raised it may have died before the queue had it"

    first = one.alert_id
    assert one.again(version=3) != first
    assert len(items_of(AlertRow, one.org_id)) == 2


def test_an_alert_that_was_sent_is_not_asked_for_again(city: TestCity) -> None:
    one = raised(city)
    assert is_done(one.deliver())
    queued()

    one.again()

    assert queued() == []


def test_raising_dies_anywhere_and_is_done_again(city: TestCity) -> None:
    one = raised(city)
    for number in range(2):
        for fault in FAULTS:
            queued()
            with put_in(Cuts()) as cuts:
                cuts.at = {number: fault}
                with cuts.here(), suppress(ClientError):
                    one.again(version=10 * number + FAULTS.index(fault))
            one.again(version=10 * number + FAULTS.index(fault))
            assert one.key.raw() in queued()
            assert len([item for item in items_of(AlertRow, one.org_id) if item["alert_id"]["S"] == one.alert_id]) == 1


def test_everybody_is_told_once_and_it_is_marked_of_each(city: TestCity) -> None:
    first, second = verified(city), verified(city)
    one = raised(city, first, second)
    assert is_done(one.deliver())
    assert is_done(one.deliver()), "the queue may hand a message over twice"

    assert one.sent_to(first) == one.sent_to(second) == ["【演示城市】第三中学：王**健康码“橙码”。请查看提醒列表。"]
    row = one.row
    assert row.outcome == "sent"
    assert row.settled_at == clock.now()
    assert row.claimed_until is None
    at = clock.iso(clock.now())
    assert sorted(row.sent) == sorted(
        [*(f"{recipient(person).member_id}#sms#{at}" for person in (first, second)), f"city#topic#{at}"]
    )


def test_who_is_told_stands_once_in_the_log_of_whom_it_is_about(city: TestCity) -> None:
    about, first, second = city.person(), verified(city), verified(city)
    client = city.verified(about)
    life = f"{recipient(about).person.person_id}.1"
    one = raised(city, first, second, life=life)
    city.sms.faults = [SmsUnavailable()]

    while not is_done(one.deliver()):
        assert one.row.outcome is None
    one.deliver()
    city.deliver()

    entries = client.get("/v1/me/access-log").json["items"]
    assert [(entry["organization"], entry["what"], entry["why"]) for entry in entries] == [
        ("第三中学", ["name", "health_code"], "alerted")
    ] * 2
    assert sorted(entry["actor"] for entry in entries) == sorted(
        str(recipient(person).person.name_mask) for person in (first, second)
    )


def test_each_try_of_a_text_message_has_the_same_id(
    city: TestCity, time: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = verified(city), verified(city)
    one = raised(city, first, second)
    before = len(city.sms.ids)
    with monkeypatch.context() as patched:
        patched.setattr(city.sms, "send", _sent_and_killed(city))
        with pytest.raises(Killed):
            one.deliver()
    time.tick(CLAIM_SECONDS + 1)
    assert is_done(one.deliver())
    other = raised(city, first)
    assert is_done(other.deliver())

    lost, again, beside, new = city.sms.ids[before:]
    assert lost == again
    assert len({again, beside, new, None}) == 4


def test_where_no_recipient_can_be_reached_somebody_else_is_told(city: TestCity) -> None:
    refuted, owner = verified(city), verified(city)
    recipients = [recipient(refuted)]
    recipients[0].person.phone_refuted = True
    one = raised(city, refuted, owner, recipients=recipients, otherwise=[recipient(owner)])
    assert is_done(one.deliver())
    assert (one.row.outcome, len(one.sent_to(owner)), one.sent_to(refuted)) == ("sent", 1, [])

    reachable = raised(city, refuted, owner, recipients=[recipient(refuted)], otherwise=[recipient(owner)])
    assert is_done(reachable.deliver())
    assert (len(reachable.sent_to(owner)), len(reachable.sent_to(refuted))) == (1, 1)


def test_an_alert_row_says_nothing_of_the_person(city: TestCity) -> None:
    one = raised(city)
    one.deliver()

    item = stored(one.key)

    assert item is not None
    assert "王" not in str(item)
    assert "orange" not in str(item)
    assert "第三中学" not in str(item)


@pytest.mark.parametrize("times", range(1, 11))
def test_a_publish_that_fails_is_asked_for_again_and_stays_one_alert(city: TestCity, times: int) -> None:
    one = raised(city)
    (person,) = one.people
    city.sms.faults = [SmsUnavailable()] * times

    for _ in range(times):
        assert not is_done(one.deliver())
        assert one.row.outcome is None
        assert one.row.claimed_until is None, "the next try need not wait"
    assert is_done(one.deliver())

    assert len(one.sent_to(person)) == 1
    assert len(items_of(AlertRow, one.org_id)) == 1


def test_who_can_be_told_is_told_though_another_cannot_be_now(city: TestCity) -> None:
    first, second = verified(city), verified(city)
    one = raised(city, first, second)
    city.sms.faults = [SmsUnavailable()]

    assert not is_done(one.deliver())
    assert [len(one.sent_to(person)) for person in (first, second)] == [0, 1]
    assert is_done(one.deliver())
    assert [len(one.sent_to(person)) for person in (first, second)] == [1, 1]


def _sent_and_killed(city: TestCity) -> Callable[[str, str, Language, str | None], None]:
    send = city.sms.send

    def die(phone: str, text: str, language: Language, message_id: str | None = None) -> None:
        send(phone, text, language, message_id)
        raise Killed

    return die


def test_killed_between_publishing_and_marking_it_is_sent_twice_and_never_more(
    city: TestCity, time: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = raised(city)
    (person,) = one.people

    with monkeypatch.context() as patched:
        patched.setattr(city.sms, "send", _sent_and_killed(city))
        with pytest.raises(Killed):
            one.deliver()
    queued()
    assert is_done(one.deliver()), "its claim holds; another message looks again when it has ended"
    assert len(one.sent_to(person)) == 1

    time.tick(CLAIM_SECONDS + 1)
    assert is_done(one.deliver())
    assert is_done(one.deliver())

    assert len(one.sent_to(person)) == 2
    assert one.row.outcome == "sent"


@pytest.mark.slow
def test_killed_or_failed_at_any_call_it_is_sent_at_least_once_and_twice_only_if_the_mark_was_lost(
    city: TestCity, time: FrozenClock
) -> None:
    def once(at: dict[int, tuple[str, BaseException]]) -> tuple[list[str], int]:
        one = raised(city)
        (person,) = one.people
        with put_in(Cuts()) as cuts:
            cuts.at = at
            with cuts.here():
                one.deliver()
        operations = cuts.operations
        for _ in range(3):
            time.tick(CLAIM_SECONDS + 1)
            one.deliver()
        assert one.row.outcome == "sent"
        return operations, len(one.sent_to(person))

    once({})
    operations, _ = once({})
    assert len(operations) > 5
    for number in range(len(operations)):
        for fault in FAULTS:
            _, messages = once({number: fault})
            died = isinstance(fault[1], Killed)
            assert messages == 1 or (died and messages == 2), (operations[number], fault)


def test_two_at_once_send_one_message(city: TestCity) -> None:
    one = raised(city)
    (person,) = one.people
    one.told.before = lambda: second.append(deliver(one.key)) if not second else None
    second: list[object] = []
    queued()

    assert is_done(one.deliver())

    assert len(second) == 1
    assert len(one.sent_to(person)) == 1


def test_a_claim_that_is_over_sends_nothing_more(city: TestCity, time: FrozenClock) -> None:
    one = raised(city)
    (person,) = one.people
    one.told.before = lambda: time.tick(CLAIM_SECONDS + 1)

    assert not is_done(one.deliver())
    assert one.sent_to(person) == []
    one.told.before = lambda: None
    assert is_done(one.deliver())
    assert len(one.sent_to(person)) == 1


def test_nobody_is_told_of_who_takes_back_what_they_shared(city: TestCity) -> None:
    one = raised(city)
    one.told.audience = None

    assert is_done(one.deliver())

    assert one.row.outcome == "withheld"
    assert one.sent_to(one.people[0]) == []
    assert list(one.row.sent) == []


def test_who_has_no_phone_any_more_or_another_ones_is_not_written_to(city: TestCity) -> None:
    gone, doubted = verified(city), verified(city)
    recipients = [recipient(gone), recipient(doubted)]
    recipients[0].person.phone_sealed = None
    recipients[1].person.phone_refuted = True
    one = raised(city, gone, doubted, recipients=recipients)

    assert is_done(one.deliver())

    assert one.row.outcome == "unreachable"
    assert one.sent_to(gone) == one.sent_to(doubted) == []


def test_an_alert_without_recipients_is_unreachable(city: TestCity) -> None:
    one = raised(city, recipients=[])

    assert is_done(one.deliver())

    assert one.row.outcome == "unreachable"


def test_the_city_hears_of_states_that_need_somebody_by_ids_and_state_alone(city: TestCity) -> None:
    listener = Listener.new()
    one = raised(city)
    one.deliver()
    quiet = raised(city, state=a_state(name="green", allows_entry=True, alarm=False))
    quiet.deliver()

    heard = listener.heard()

    assert heard == [
        {
            "event": "alert",
            "org_id": one.org_id,
            "alert_id": one.alert_id,
            "at": clock.iso(one.at),
            "state": "orange",
            "word": "orange",
        }
    ]


def test_what_is_not_there_has_expired_or_cannot_be_read(city: TestCity, time: FrozenClock, events: Events) -> None:
    gone, old, broken = raised(city), raised(city), raised(city)
    store.delete(gone.key)
    assert is_done(gone.deliver())
    time.tick(181 * 86_400)
    assert is_done(old.deliver())
    assert old.sent_to(old.people[0]) == []
    spoil(broken.key, "member_id")

    assert not is_done(broken.deliver())

    assert [line["error"] for line in events.of("stream.record_failed")] == ["Broken"]


def test_a_phone_that_does_not_open_is_parked_and_nobody_else_suffers(city: TestCity, events: Events) -> None:
    broken, other = verified(city), verified(city)
    recipients = [recipient(broken), recipient(other)]
    recipients[0].person.phone_sealed = b"\x01" + bytes(60)
    one = raised(city, broken, other, recipients=recipients)

    assert not is_done(one.deliver())

    assert len(one.sent_to(other)) == 1
    assert events.of("alert.failed") == [{"at": clock.iso(clock.now()), "event": "alert.failed", "purpose": "sms"}]


def test_a_message_that_names_nothing_fails_by_itself(city: TestCity) -> None:
    one = raised(city)
    strange = {"messageId": "m", "body": "?", "eventSource": "aws:sqs"}
    answer = app.alerts_sender({"Records": [strange, message(one.key)]}, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert one.row.outcome == "sent"


@pytest.fixture
def small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city that sends five text messages in an hour, counted in one place."""
    policy = settings.settings().city.model_dump(mode="json")
    policy["sms"]["hourly_budget"] = 5
    changed = City.model_validate(policy)
    monkeypatch.setattr(budget, "SHARDS", 1)
    monkeypatch.setattr(settings, "load_city", lambda _: changed)


@pytest.mark.usefixtures("small_budget")
def test_beyond_the_budget_alerts_wait_for_the_next_hour_and_operators_are_alarmed_before(
    city: TestCity, time: FrozenClock, events: Events, faults: Seam
) -> None:
    time.tick(3_600 - clock.epoch() % 3_600 + 7 * 86_400)  # an hour of which nothing is used
    people = [verified(city) for _ in range(2)]
    time.tick(3_600)
    alerts = [raised(city, *people) for _ in range(3)]
    queued()

    assert all(is_done(one.deliver()) for one in alerts), "what waits uses up none of its tries"

    assert len(alerts[0].sent_to(people[0])) + len(alerts[0].sent_to(people[1])) == 5
    assert [one.row.outcome for one in alerts] == ["sent", "sent", None]
    assert alerts[2].row.claimed_until is None
    delays = [kwargs["DelaySeconds"] for operation, kwargs in faults.calls if operation == "SendMessage"]
    assert delays[-1] == 900, "it is looked at again, as late as SQS can"
    assert [line["share"] for line in events.of("sms.budget_near")] == [0.8]

    assert is_done(alerts[2].deliver())
    assert outcome_of(alerts[2]) is None
    time.tick(3_600)
    assert is_done(alerts[2].deliver())
    assert outcome_of(alerts[2]) == "sent"
    assert len(alerts[0].sent_to(people[0])) == len(alerts[0].sent_to(people[1])) == 3


def test_what_is_parked_after_five_tries_is_redone_by_the_operators_command(city: TestCity) -> None:
    messages.hurry(QUEUE)
    one = raised(city)
    (person,) = one.people
    city.sms.faults = [SmsUnavailable()] * 5
    source = next(source for source in QUEUES if source.queue == QUEUE)
    worked = Queued(source, app.alerts_sender)
    for _ in range(6):
        worked.advance()
    assert outcome_of(one) is None
    assert len(one.sent_to(person)) == 0

    (parked,) = parking.take(QUEUE, set())
    parking.redrive(parked)
    while outcome_of(one) is None:
        assert worked.advance()

    assert len(one.sent_to(person)) == 1
    assert messages.take_parked(QUEUE) == []
