"""Who has the phone now: what an old session still shows of it, and log-ins while that changes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.clock import FrozenClock
from chalicelib.people.service import sessions
from chalicelib.people.tables.logins import AccountRow, LoginsTable, phone_subject
from tests.api.people.steps import account_key, code_for, enter, is_verified, phone_mac, prove
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson

pytestmark = pytest.mark.api

DAY = 86400


def is_over(client: Client) -> bool:
    return client.get("/v1/me").code == "session_ended"


def sessions_of(person: TestPerson) -> list[str]:
    """The sort keys of all sessions on a person's phone."""
    return [row.sk for row in store.query_all(LoginsTable, phone_subject(phone_mac(person))) if "SESSION#" in row.sk]


def account_of(person: TestPerson) -> AccountRow:
    key = account_key(person)
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def test_identity_is_proved_only_on_a_phone_that_was_at_hand_just_now(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client = city.log_in(person)
    later.tick(15 * 60 + 1)

    answer = client.speaking("en").put("/v1/me/identity", person.claim())

    assert (answer.status, answer.code, answer.json["title"]) == (401, "step_up_required", "Confirm it is you")
    code = code_for(city, person, purpose="step_up")
    assert client.post("/v1/auth/sessions/current/step-up", {"code": code}).status == 204
    assert is_verified(prove(client, person))


def test_a_session_of_nobody_is_over_once_somebody_proved_identity_on_the_phone(
    city: TestCity, later: FrozenClock
) -> None:
    person = city.person()
    found = city.log_in(person)
    later.tick(60)
    theirs = city.verified(person)

    assert is_over(found)
    assert found.put("/v1/me/identity", person.claim()).code == "session_ended"
    assert found.delete("/v1/auth/sessions").code == "session_ended"
    assert is_verified(theirs)


def test_sessions_on_the_old_phone_are_gone_with_the_move(city: TestCity, later: FrozenClock) -> None:
    person, new = city.person(), city.stranger()
    city.verified(person)
    later.tick(60)
    city.log_in(person)
    here = TestPerson(person.name, person.number, new.phone, person.type)
    city.know(here)
    prove(city.log_in(here), here)

    assert sessions_of(person) == []
    assert account_of(person).person_id is None


def test_an_account_is_kept_as_long_as_its_phone_is_surely_the_same(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    city.log_in(person)
    assert account_of(person).expires_at == clock.now().replace(microsecond=0) + timedelta(days=90)
    later.tick(DAY)
    city.verified(person)
    assert account_of(person).expires_at == clock.now().replace(microsecond=0) + timedelta(days=90)


Meanwhile = Callable[[Callable[[], Any]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Lets something happen once between a log-in's look at the account and its transaction."""
    look = sessions._stored_account  # noqa: SLF001

    def install(act: Callable[[], Any]) -> None:
        def looked(phone_mac: str) -> AccountRow | None:
            account = look(phone_mac)
            monkeypatch.undo()
            act()
            return account

        monkeypatch.setattr(sessions, "_stored_account", looked)

    return install


def test_a_log_in_beside_a_proof_of_identity_takes_the_person_along(
    city: TestCity, later: FrozenClock, meanwhile: Meanwhile
) -> None:
    person = city.person()
    first = city.log_in(person)
    later.tick(60)
    code = code_for(city, person)
    proved: list[Client] = []
    meanwhile(lambda: proved.append(prove(first, person)))

    answer = enter(city, person, code)

    assert answer.status == 201
    assert is_verified(city.api.as_(answer.json["token"]))
    assert is_verified(proved[0])
    assert account_of(person).person_id is not None


def test_a_log_in_beside_an_erasure_brings_nobody_back(
    city: TestCity, later: FrozenClock, meanwhile: Meanwhile
) -> None:
    person = city.person()
    client = city.verified(person)
    later.tick(60)
    code = code_for(city, person)
    meanwhile(lambda: client.delete("/v1/me"))

    answer = enter(city, person, code)

    assert answer.status == 201
    assert not is_verified(city.api.as_(answer.json["token"]))
    assert is_over(client)
    assert account_of(person).person_id is None
    assert len(sessions_of(person)) == 1


def test_a_phone_that_changes_hands_without_end_is_told(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    person = city.person()
    city.verified(person)
    with clock.frozen(clock.now()) as later:
        later.tick(60)
        code = code_for(city, person)
        monkeypatch.setattr(sessions, "_stored_account", lambda _: None)
        answer = enter(city, person, code)
    assert (answer.status, answer.code) == (409, "conflict")
