"""What the tests of people do over and over, and where the rows of a person lie."""

from typing import Any

from chalicelib.core import tokens
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.store import Key
from chalicelib.people.service.codes import Purpose
from chalicelib.people.tables.logins import AccountRow, CodeRow, SendsRow, SessionRow
from chalicelib.people.tables.people import PersonRow
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.people import TestPerson

COOLDOWN = 60
STEP_UP = {"purpose": "step_up"}


def ask(city: TestCity, person: TestPerson, **more: Any) -> Answer:
    """Ask for a code to a person's phone."""
    return city.api.post("/v1/auth/codes", {"phone": person.phone, **more})


def code_for(city: TestCity, person: TestPerson, **more: Any) -> str:
    """A code that was sent to a person's phone."""
    assert ask(city, person, **more).status == 202
    return city.sms.last_code(person.phone)


def enter(city: TestCity, person: TestPerson, code: str) -> Answer:
    """Try to log in with a code."""
    return city.api.post("/v1/auth/sessions", {"phone": person.phone, "code": code})


def wrong(code: str, by: int = 1) -> str:
    """Another code; different ones for different `by` below a million."""
    return f"{(int(code) + by) % 10**6:06d}"


def fail_challenge(city: TestCity, person: TestPerson) -> None:
    """Ask for a code and use up its tries."""
    code = code_for(city, person)
    for by in range(1, 6):
        assert enter(city, person, wrong(code, by)).code == "code_refused"


def prove(client: Client, person: TestPerson) -> Client:
    """The client with the token of a person who proved their identity."""
    answer = client.put("/v1/me/identity", person.claim())
    assert answer.status == 200, answer.text
    return client.as_(answer.json["token"])


def claim(person: TestPerson, **changes: str) -> dict[str, object]:
    """A person's claim with some of it changed."""
    return TestPerson(**{**vars(person), **changes}).claim()


def is_verified(client: Client) -> bool:
    """Whether the client's session has its person."""
    answer = client.get("/v1/me")
    assert answer.status == 200, answer.text
    return bool(answer.json["verified"])


def without_request_id(answer: Answer) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Everything of a problem that two callers could compare."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status, headers, {**answer.json, "request_id": ""}


def phone_mac(person: TestPerson) -> str:
    """The keyed form of a person's phone."""
    return IdentityMacs().phone_mac(person.phone)


def person_key(person: TestPerson) -> Key[PersonRow]:
    """Where a person lies."""
    return PersonRow.of(IdentityMacs().person_id(person.type, person.number))


def account_key(person: TestPerson) -> Key[AccountRow]:
    """Where the account of a person's phone lies."""
    return AccountRow.of(phone_mac(person))


def sends_key(person: TestPerson) -> Key[SendsRow]:
    """Where the sends to a person's phone are remembered."""
    return SendsRow.of(phone_mac(person))


def code_key(person: TestPerson, purpose: Purpose = Purpose.LOG_IN) -> Key[CodeRow]:
    """Where the live code of a person's phone lies."""
    return CodeRow.of(phone_mac(person), purpose)


def session_key(client: Client) -> Key[SessionRow]:
    """Where a client's session lies."""
    bearer = tokens.open_bearer(client.token or "")
    assert bearer is not None
    return SessionRow.of(bearer)
