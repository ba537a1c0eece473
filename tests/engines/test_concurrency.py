"""What limits promise holds however many come at once: the engine's conditions decide, not what was read before."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import IdentityMacs, pairwise_id
from chalicelib.core.errors import TooMany
from chalicelib.core.store import Transaction
from chalicelib.groups.tables import InvitationRow, MembershipRow
from chalicelib.people.service import codes
from chalicelib.people.service.codes import Codes, Purpose
from chalicelib.people.service.limits import HOUR, Window, count_one, counted
from chalicelib.people.tables.logins import CodeRow
from chalicelib.people.tables.people import MembershipPointer, PersonRow
from tests.engines.conftest import Engine
from tests.support.client import Answer, Client
from tests.support.engines import at_once, errors
from tests.support.people import TestPerson

pytestmark = pytest.mark.usefixtures("engine")

THREADS = 40


@pytest.fixture
def compares(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes that were compared with the stored one."""
    made: list[str] = []
    matches = codes._matches  # noqa: SLF001

    def counting(stored: str, given: str) -> bool:
        made.append(given)
        return matches(stored, given)

    monkeypatch.setattr(codes, "_matches", counting)
    return made


def stored_code(phone_mac: str) -> store.Key[CodeRow]:
    """A live code that nobody tried yet."""
    key = CodeRow.of(phone_mac, Purpose.LOG_IN)
    times = {"address_hour": "hour", "address_day": "day", "address": "address#test"}
    until = clock.now() + timedelta(seconds=300)
    row = CodeRow(key.hash_value, key.range_value, code_mac="A" * 22, tries=0, expires_at=until, **times)  # type: ignore[arg-type]
    store.write_all([row])
    return key


def test_a_condition_lets_exactly_as_many_through_as_it_allows() -> None:
    key = stored_code(ids.new_id())

    done = at_once(THREADS, lambda _: store.update(key, [CodeRow.tries.add(1)], CodeRow.tries < 5))

    assert errors(done) == set()
    assert sorted(outcome.value.tries for outcome in done if outcome.value is not None) == [1, 2, 3, 4, 5]


def test_of_forty_guesses_at_one_code_exactly_five_are_compared(engine: Engine, compares: list[str]) -> None:
    """T-01: a try is counted before it is compared."""
    phone_mac = ids.new_id()
    stored_code(phone_mac)
    guesses = Codes(engine.city.sms, IdentityMacs())

    done = at_once(THREADS, lambda number: guesses.take(phone_mac, Purpose.LOG_IN, f"{number:06}"))

    assert errors(done) == {"CodeRefused"}
    assert len(compares) == 5
    assert len(done) == THREADS


def test_a_code_opens_one_session_however_often_it_is_sent_at_once(engine: Engine) -> None:
    city = engine.city
    person = city.stranger()
    assert city.api.post("/v1/auth/codes", {"phone": person.phone}).status == 202
    body = {"phone": person.phone, "code": city.sms.last_code(person.phone)}

    done = at_once(5, lambda _: Client(city.api.transport).post("/v1/auth/sessions", body))

    assert sorted(_statuses(done)) in ([201, 401, 401, 401, 401], [201, *[401] * 3, 503])


def test_a_window_counts_exactly_to_its_limit_by_transactions() -> None:
    """Transactions on one row may be refused as conflicts; nobody is let in for it and none is lost."""
    window = Window(f"address#{ids.new_id()}", "hour#test", 5, HOUR)

    def one(_: int) -> None:
        transaction = Transaction()
        count_one(transaction, window, TooMany(1))
        transaction.commit()

    done = at_once(THREADS, one)

    through = sum(outcome.error is None for outcome in done)
    assert errors(done) <= {"TooMany", "Unavailable"}
    assert through == counted(window.subject, window.name) <= 5
    if "Unavailable" not in errors(done):
        assert through == 5


def test_all_who_join_at_once_by_one_invitation_are_in(engine: Engine) -> None:
    org_id, code = _book_with_code(engine)
    people = [engine.city.verified() for _ in range(8)]

    statuses = _join_until_settled(people, code)

    assert statuses == [201] * len(people)
    assert len(_members(org_id)) == len(people)


def test_an_invitation_for_one_lets_exactly_one_in(engine: Engine) -> None:
    org_id, code = _book_with_code(engine, max_uses=1)
    people = [engine.city.verified() for _ in range(8)]

    statuses = _join_until_settled(people, code)

    assert sorted(statuses) == [201, *[409] * (len(people) - 1)]
    assert len(_members(org_id)) == 1
    uses = [row.uses for row in store.query_all(InvitationRow, org_id, InvitationRow.sk.startswith("INVITATION#"))]
    assert uses == [1]


def test_one_person_who_joins_twice_at_once_is_a_member_once(engine: Engine) -> None:
    city = engine.city
    org_id, code = _book_with_code(engine, max_uses=3)
    person = city.person()
    client = city.verified(person)

    statuses = _join_until_settled([client] * 8, code)

    assert sorted(statuses) == [*[200] * 7, 201]
    person_id = IdentityMacs().person_id(person.type, person.number)
    assert [row.member_id for row in _members(org_id)] == [pairwise_id(org_id, person_id)]
    row = store.read_together([PersonRow.of(person_id)]).get(PersonRow.of(person_id))
    assert row is not None
    assert row.memberships == 1
    pointers = MembershipPointer.sk.startswith(MembershipPointer.PREFIX)
    assert len(list(store.query_all(MembershipPointer, person_id, pointers))) == 1
    uses = [row.uses for row in store.query_all(InvitationRow, org_id, InvitationRow.sk.startswith("INVITATION#"))]
    assert uses == [1]


def test_one_identity_proved_on_two_phones_at_once_belongs_to_one_of_them(engine: Engine) -> None:
    """The source holds one phone only; two devices of it prove at once, and the person is stored once, in one life.

    A device that asks a moment after the other was answered is signed out (401): its session was of nobody.
    """
    city = engine.city
    person = city.person()
    devices = [city.log_in(person), *_second_device(engine, person)]

    done = at_once(2, lambda number: devices[number].put("/v1/me/identity", person.claim()))

    assert 200 in _statuses(done)
    assert set(_statuses(done)) <= {200, 401, 409, 503}
    person_id = IdentityMacs().person_id(person.type, person.number)
    row = store.read_together([PersonRow.of(person_id)]).get(PersonRow.of(person_id))
    assert row is not None
    assert row.enrolment == 1


def _second_device(engine: Engine, person: TestPerson) -> list[Client]:
    """Another session of the same phone, without waiting for the cooldown of a second message."""
    from chalicelib.core import tokens
    from chalicelib.people.service.sessions import new_session

    bearer = tokens.new_bearer(IdentityMacs().phone_mac(person.phone), None)
    store.write_all([new_session(bearer, person.phone, None, clock.now())])
    return [engine.city.api.as_(tokens.seal_bearer(bearer))]


def _book_with_code(engine: Engine, **fields: Any) -> tuple[str, str]:
    owner = engine.city.verified()
    org_id = engine.city.book(owner)
    return org_id, engine.city.invite(owner, org_id, **fields)


def _join_until_settled(people: list[Client], code: str) -> list[int]:
    """The last status of each of them. Who is told 503 does what the answer asks for: tries again."""
    statuses = [503] * len(people)
    for _ in count():
        waiting = [number for number, status in enumerate(statuses) if status == 503]
        if not waiting:
            return statuses
        done = at_once(len(waiting), lambda place, who=waiting: _join(people[who[place]], code))  # type: ignore[misc]
        for number, status in zip(waiting, _statuses(done), strict=True):
            statuses[number] = status
    raise AssertionError


def _join(client: Client, code: str) -> Answer:
    return client.post(f"/v1/invitations/{code}/join", {"scopes": ["nucleic_acid"]})


def _statuses(done: list[Any]) -> list[int]:
    assert errors(done) == set()
    return [outcome.value.status for outcome in done]


def _members(org_id: str) -> list[MembershipRow]:
    return list(store.query_all(MembershipRow, org_id))
