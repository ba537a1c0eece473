"""What functions are allowed, against what they do. That they do nothing else, the whole suite sees (tests/support/rights.py)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

import app
from chalicelib.alerts import breaker
from chalicelib.alerts.breaker import Decision
from chalicelib.alerts.raising import raise_alert
from chalicelib.alerts.sms import city_sender
from chalicelib.alerts.tables import AlertRow, ChannelsRow
from chalicelib.core import clock, crypto, files, queues, runs, settings, store, work
from chalicelib.core.city import City
from chalicelib.core.city_secrets import CURRENT, SESSION_KEY, forget_secrets
from chalicelib.core.rotation import discard, version_of
from chalicelib.core.runs import mark_complete
from chalicelib.core.texts import Language
from chalicelib.groups.effects import sweeps
from chalicelib.groups.tables import files_of
from chalicelib.health.people_effects import RETRIES
from chalicelib.health.service import registry
from chalicelib.health.tables import IdentityRow
from chalicelib.people.tables.people import MembershipPointer
from chalicelib.people.tables.privacy import ledger_entry
from chalicelib.places.tables import note_part
from infra.grants import RIGHTS
from tests.api.groups.steps import damaged
from tests.api.health.steps import worse
from tests.api.matrix import ROLES, Row, rows
from tests.api.night_flow import sleep_over_it, sweep_what_is_over
from tests.api.reminder_flow import be_reminded
from tests.api.remote_flow import ask_a_remote_source
from tests.api.test_matrix import LEAVES_AS_IT_WAS
from tests.api.world import World
from tests.support import messages
from tests.support.alerting import deliver, own_resolver, put_alert, raised, recipient
from tests.support.books import OPEN, Book, person_id_of, person_key
from tests.support.city import RecordedSms, TestCity
from tests.support.counted import CountedPlace, fever
from tests.support.enrolled import enrolled, name_officer
from tests.support.exporting import begin, fetched_table, inline, ledger, shown
from tests.support.lambdas import batch, fact_records, failed, record, stored_record
from tests.support.places import OpenedPlace, bind_staff, make_registrar
from tests.support.policies import overdue, set_policy
from tests.support.records import place, visits
from tests.support.rights import Guard, Use, granted
from tests.support.routes import routes
from tests.support.rows import spoil, spoiled
from tests.support.sources import registered, report
from tests.support.statuses import person_row, retried, states, to_people, turn
from tests.support.visits import OWN, scan, site
from tests.support.working import Context

pytestmark = [pytest.mark.api, pytest.mark.slow]

ALL = {route.name: route for route in routes()}

KEPT: dict[tuple[str, Use], str] = {
    ("api_handler", Use("GetObject", "files")): "a link opens what the function that signed it may get",
}
"""Rights that none of these flows needs, and why a function has them all the same."""


class SentAndRecorded:
    """The city's own sender, with a record of what it sent."""

    def __init__(self, record: RecordedSms) -> None:
        self._sender, self._record = city_sender(), record

    def send(self, phone: str, text: str, language: Language, message_id: str | None = None) -> None:
        self._sender.send(phone, text, language, message_id)
        self._record.send(phone, text, language, message_id)


@pytest.fixture
def cold(city: TestCity) -> Iterator[TestCity]:
    """The city, composed with its own sender in a process that holds no keys yet and knows no queue."""
    crypto.forget_keys()
    queues.forget_queues()
    app.services.replace(app.compose(sms=SentAndRecorded(city.sms)))
    mark_complete(1, clock.now())
    yield city
    app.services.replace(app.compose(sms=city.sms))


def carried_out() -> Iterator[tuple[Row, str]]:
    """Each route and thing with the first role that may."""
    for row in rows():
        role = next((role for role in ROLES if row.statuses[role] < 400), None)
        if role is not None:
            yield row, role


def ask_everything(city: TestCity) -> None:
    """Every route, about everything that it does something with. Those that leave a world as it was share one."""
    shared = World(city)
    for row, role in carried_out():
        is_shared = ALL[row.route].method == "GET" or row.route in LEAVES_AS_IT_WAS
        answer = (shared if is_shared else World(city)).ask(ALL[row.route], role, row.thing)
        assert answer.status == row.statuses[role], (row, role, answer.text)


def let_everything_follow(city: TestCity) -> None:
    """What streams carry: looks, facts, a policy, a phone that changed hands, an erased life, a deleted book with broken rows."""
    book = Book.opened(city, city.verified())
    first, second, third, fourth = (city.person() for _ in range(4))
    for person in (first, second, fourth):
        city.join(city.verified(person), book.code, "nucleic_acid")
    erased = city.verified(third)
    city.join(erased, book.code, "nucleic_acid")
    assert len(book.members()) == 4
    assert book.owner.post(f"{book.path}/members/search", {"surname": "张"}).status == 200
    assert book.page("?attention=true")["items"] == []
    city.fact(first, "nucleic_acid", "negative", "2026-11-01T08:00:00")
    city.know(replace(second, phone=city.stranger().phone))
    city.deliver()
    assert set_policy(book, nucleic_acid_days=1).status == 200
    queues.forget_queues()  # the ledger's stream is another process
    city.deliver()
    assert len(overdue(book)) == 1

    assert erased.delete("/v1/me").status == 204
    damaged(book.org_id, person_id_of(second), "name_mask")
    damaged(book.org_id, person_id_of(first), "name_mask")
    spoil(MembershipPointer.of(person_id_of(first), book.org_id), "member_id")
    assert book.delete().status == 204
    queues.forget_queues()  # the ledger's stream tells the queue `alerts` of it
    city.deliver()


def hand_over(city: TestCity) -> None:
    """A book is offered to a member, who takes it over."""
    book = Book.opened(city, city.verified())
    heir = city.verified()
    successor = city.join(heir, book.code)
    assert book.owner.post(f"{book.path}/owner", {"successor": successor}).status == 200
    assert heir.put(f"{book.path}/owner").status == 200
    city.deliver()


def let_it_fail_and_come_again(city: TestCity) -> None:
    """Poison in both streams, and what comes of it from the queues of retries."""
    entry = ledger_entry("DISCLOSURE", ["nonsense"])
    store.put(entry)
    person = city.person()
    city.verified(person)
    spoil(IdentityRow.of(person_id_of(person)), "phone_mac")
    for take in (messages.take, messages.take_parked):
        take("ledger_retries")
        take("registry_retries")

    assert app.ledger_stream(batch(stored_record(entry)), None) == failed()
    assert app.registry_stream(batch(record(IdentityRow.of(person_id_of(person)).raw())), None) == failed()
    for function, queue in ((app.ledger_stream, "ledger_retries"), (app.registry_stream, "registry_retries")):
        (message,) = messages.take(queue)
        assert function(batch(message), None)["batchItemFailures"]
    store.delete(entry.own_key)


def see_visits(city: TestCity) -> None:
    """Check-ins that are listed, taken as a file, erased with their visitor, and removed when their time is over."""
    at, person = place(city), city.stranger()
    (visitor,) = enrolled(city, person)
    (row,) = visits(at, [person])
    assert len(at.manager.get(f"{at.path}/checkins").json["items"]) == 1
    assert at.manager.get(f"{at.path}/export").status == 200
    assert visitor.delete("/v1/me").status == 204
    city.deliver()
    over = visits(at, [person], clock.now() - timedelta(days=settings.settings().city.retention.checkins + 2))
    for one in (row, *over):
        note_part(one.part)
    assert app.visits_sweep({}, Context()) == 1

    warned = CountedPlace.opened(city)
    for _ in range(settings.settings().city.places.warnings.per_place):
        store.put(warned.visit(**fever()))
    city.deliver()


def let_work_go_on(city: TestCity) -> None:
    """An export that takes more than one call, and one of a book that is deleted meanwhile."""
    book = Book.opened(city, city.verified())
    book.member("travel", "health_code")
    assert inline(book).status == 200
    queues.forget_queues()  # ledger-stream and the worker are processes of their own
    runs.forget_freshness()
    begun = begin(book).json
    app.ledger_stream(batch(*(stored_record(entry) for entry in ledger(book.org_id, "EXPORT"))), None)
    for _ in range(3):
        queues.forget_queues()
        for message in messages.take(work.QUEUE):
            assert app.worker(batch(message), Context(passes=100_000)) == failed()
    assert fetched_table(shown(book, begun["export_id"]).json).members

    late = f"{files_of(book.org_id)}{begin(book).json['export_id']}/late"
    app.ledger_stream(batch(stored_record(ledger(book.org_id, "EXPORT")[-1])), None)
    assert book.delete().status == 204
    files.put(late, b"", "text/plain")  # by a slice that was under way
    for message in messages.take(work.QUEUE):
        assert app.worker(batch(message), Context()) == failed()
    files.put(late, b"", "text/plain")
    city.deliver()


def let_statuses_change(city: TestCity) -> None:
    """A state that is shared and told, and changes that come again: of a damaged row, and of a life that is over."""
    book, person = Book.opened(city, city.verified()), city.person()
    member = book.member("health_code", person=person)
    queues.forget_queues()  # each consumer is a process of its own
    city.fact(person, "nucleic_acid", "positive", clock.iso(clock.now()))
    app.registry_stream(batch(*fact_records(person)), None)
    city.pump.drain()
    assert to_people(turn(person, states()[1])) == failed()
    runs.forget_freshness()
    crypto.forget_keys()
    again = raise_alert(book.org_id, member.member_id, int(person_row(person).status_version) + 1, clock.now())
    assert deliver(AlertRow.of(book.org_id, again)) == failed()
    assert to_people(retried(person)) == failed()

    late = turn(person, states()[0])
    queues.forget_queues()
    with spoiled(person_key(person), "enrolment", {"S": "first"}):
        assert to_people(late) == failed()
    messages.take(RETRIES)
    assert member.client.delete("/v1/me").status == 204
    assert to_people(late) == failed()


def let_alerts_go(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert that is sent, one that comes twice at once, and one that is held."""
    alert = raised(city)
    second: list[object] = []
    queues.forget_queues()  # the sender is a process of its own
    alert.told.before = lambda: None if second else second.append(deliver(alert.key))
    assert alert.deliver() == failed()
    late = settings.settings().city.model_dump(mode="json")
    late["alerts"]["hold_above"] = 1
    changed = City.model_validate(late)
    with monkeypatch.context() as patched:
        patched.setattr(settings, "load_city", lambda _: changed)
        for _ in range(2):
            assert raised(city).deliver() == failed()
    breaker.end(Decision.DROP)


def write_and_review(city: TestCity) -> None:
    """Messages that wait and that were answered, of somebody who is erased; and a window that closed."""
    officer, person = city.person(), city.person()
    writer, reader = city.verified(person), city.verified(officer)
    name_officer(officer)
    body = {"category": "travel_report", "text": "Back from a journey."}
    _, message_id = (writer.post("/v1/messages", body).json["message_id"] for _ in range(2))
    assert reader.post(f"/v1/messages/{message_id}/answer", {"text": "Thank you."}).status == 200
    assert len(reader.get("/v1/messages?answered=true").json["items"]) >= 1
    assert len(writer.get("/v1/me/messages").json["items"]) == 2
    worse(city, person)
    city.deliver()
    until = datetime.fromisoformat(writer.get("/v1/me/health-code").json["until"])
    with clock.frozen(until + timedelta(minutes=5)):
        assert app.review({}, Context()) >= 1
    assert writer.delete("/v1/me").status == 204
    city.deliver()


def deliver_and_prove(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source turns somebody abnormal, and somebody proves their identity as in a deployed city."""
    person = city.stranger()
    enrolled(city, person)
    case = report(person, kind="case", result="confirmed")
    assert registered(city).facts(case).json["state"] == "stored"
    other = city.person()
    client = city.log_in(other)
    with monkeypatch.context() as patched:
        patched.setattr(registry, "settings", type("Deployed", (), {"is_local": False}))
        assert client.put("/v1/me/identity", other.claim()).status == 200


def let_emails_go(city: TestCity) -> None:
    """An address that is confirmed, gets an alert, and is taken back."""
    owner = city.person()
    client = city.verified(owner)
    book = Book.opened(city, client)
    person = ChannelsRow.of(person_id_of(owner))
    assert client.put("/v1/me/channels/email", {"address": "a@example.com"}).status == 200
    crypto.forget_keys()  # the sender is a process of its own
    assert deliver(person) == failed()
    alert = raised(city, owner)
    alert.org_id = book.org_id
    alert.again()
    assert alert.deliver() == failed()
    assert alert.row.was_sent(recipient(owner).member_id, "email")
    assert client.delete("/v1/me/channels/email").status == 204
    assert deliver(person) == failed()
    put_alert(book.org_id, "m")
    assert book.delete().status == 204
    city.deliver()


def run_places(city: TestCity) -> None:
    """A place whose registrar and manager turn abnormal, and whose organization deletes its book."""
    book, people = Book.opened(city, city.verified()), [city.person(), city.person()]
    place = OpenedPlace.by(city.verified(people[0]))
    registrar = city.verified(people[1])
    make_registrar(place.manager, place.place_id, bind_staff(place.manager, place.place_id, registrar), place.gate_id)
    assert place.manager.put(f"{place.path}/binding", {"org_id": book.org_id}).status == 200
    assert [to_people(turn(person, states()[-1])) for person in people] == [failed()] * 2
    assert registrar.delete("/v1/me").status == 204
    assert book.delete().status == 204
    city.deliver()


def fill_places(city: TestCity) -> None:
    """A place that shows how full it is, and one that lets in no more than it takes."""
    visitors = [city.verified() for _ in range(2)]
    for mode in ("soft", "strict"):
        place = site(city, capacity=1, capacity_mode=mode)
        answers = [scan(one, place.code) for one in visitors]
        assert [one.status for one in answers] == [201, 201 if mode == "soft" else 409]
        assert visitors[0].post(f"/v1/checkins/{answers[0].json['checkin_id']}/checkout").status == 204
    assert len(visitors[0].get(OWN).json["items"]) == 2


def renew_keys() -> None:
    """The two nights on which the session key is as old as the longest session, twice: then a label is taken back as well.

    The key of passes is as old on each of them, for the emulator makes versions now.
    """
    discard(SESSION_KEY)
    for renewed in (1, 2, 1, 2):
        present = version_of(SESSION_KEY, CURRENT)
        assert present is not None
        with clock.frozen(present.made_at + timedelta(days=32)):
            assert app.rotate_keys({}, None) == renewed
    forget_secrets()


def test_no_function_has_a_right_that_it_never_uses(
    cold: TestCity, rights: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "MEMBERS_AN_ENTRY", 1)  # so that the sweep goes on in a second entry
    rights.used.clear()

    ask_everything(cold)
    assert cold.verified().post("/v1/organizations", OPEN, idempotency_key="1").status == 201
    hand_over(cold)
    fill_places(cold)
    let_everything_follow(cold)
    let_it_fail_and_come_again(cold)
    write_and_review(cold)
    see_visits(cold)
    let_work_go_on(cold)
    let_statuses_change(cold)
    with own_resolver():
        let_alerts_go(cold, monkeypatch)
        let_emails_go(cold)
    deliver_and_prove(cold, monkeypatch)
    run_places(cold)
    renew_keys()
    be_reminded(cold, monkeypatch)
    sleep_over_it(cold)
    ask_a_remote_source(cold)
    sweep_what_is_over()

    unused = {(name, use) for name, listed in RIGHTS.items() for use in granted(listed)} - rights.used
    assert sorted(unused) == sorted(KEPT)
