"""No error ever shows a state that allows entry, unless that state is stored, in force and fresh (R-20).

Generated: every call of AWS and of the source that a look at a status makes, times every kind of thing that it can raise.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from _pytest.mark import ParameterSet
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from pynamodb.exceptions import DoesNotExist, PynamoDBConnectionError, TableDoesNotExist

import app
from chalicelib.core import clock, errors, runs, store
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.ports import Fact
from chalicelib.core.runs import mark_complete
from chalicelib.core.settings import settings
from chalicelib.health.errors import TravelUnavailable
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.service.status import Status
from chalicelib.people.service.limits import day_window
from chalicelib.people.tables.logins import CountRow, phone_subject
from chalicelib.people.tables.people import SEGMENTS, PersonRow
from tests.api.health.steps import change, normal, worse
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson
from tests.support.rows import stored
from tests.support.seam import Seam, aws_error

pytestmark = [pytest.mark.api, pytest.mark.slow]

URL = "http://127.0.0.1:1"
CODE = "/v1/me/health-code"
TRAVEL = f"{CODE}/travel-check"
PROVED = "/v1/me/identity"
UNKNOWN = "unknown"

OF_AWS: list[Exception] = [
    *map(
        aws_error,
        (
            "ThrottlingException", "InternalServerError", "AccessDeniedException", "ConditionalCheckFailedException",
            "TransactionCanceledException", "NeverHeardOfException",
        ),
    ),
    ReadTimeoutError(endpoint_url=URL),
    EndpointConnectionError(endpoint_url=URL),
    NoCredentialsError(),
    BotoCoreError(),
    ClientError({}, "Operation"),
    PynamoDBConnectionError(),
    TableDoesNotExist("people"),
    DoesNotExist(),
]  # fmt: skip
"""What a call of AWS may raise."""

OF_SOURCE: list[Exception] = [
    *(kind() for kind in (
        errors.NotFound, errors.Conflict, errors.Gone, errors.Refused, errors.Invalid, errors.Unauthenticated,
        errors.TooLarge, errors.Unavailable, errors.Broken, TravelUnavailable,
    )),
    errors.TooMany(5),
    *(kind("told by nobody") for kind in (
        ValueError, KeyError, TypeError, IndexError, AttributeError, RuntimeError, OSError, TimeoutError, ConnectionError,
        ZeroDivisionError, OverflowError, RecursionError, MemoryError, StopIteration, AssertionError, NotImplementedError,
    )),
    UnicodeDecodeError("utf-8", b"\xb0", 0, 1, "GBK"),
]  # fmt: skip
"""What a source of facts may raise, besides what AWS may: our own errors, and what garbage leads to."""


def named(error: Exception) -> str:
    """How a parameter is shown in a report."""
    return f"{type(error).__name__} {error}"[:60]


class FailingSource(RegistrySource):
    """The city's source, which raises what it is told to, once each."""

    def __init__(self) -> None:
        self.raises: list[Exception] = []

    def all_facts_of(self, person_id: str) -> list[Fact]:
        if self.raises:
            raise self.raises.pop(0)
        return super().all_facts_of(person_id)


@dataclass(frozen=True)
class Somebody:
    """A person in a situation, and what may be shown of them: first what is shown if there is no source."""

    person: TestPerson
    client: Client
    states: tuple[str, ...]


Situation = Callable[[TestCity], Somebody]


def _fresh(city: TestCity) -> Somebody:
    """A normal status is stored, in force and fresh."""
    person = city.person()
    return Somebody(person, city.verified(person), (normal(), UNKNOWN))


def _never_computed(city: TestCity) -> Somebody:
    """A fact is there and nothing is stored yet."""
    person = city.stranger()
    (client,) = enrolled(city, person)
    return Somebody(person, client, (UNKNOWN, worse(city, person).state))


def _closed_window(city: TestCity) -> Somebody:
    """A normal status was to end: something begins by now that is worse."""
    somebody = _fresh(city)
    cause = worse(city, somebody.person)
    change(somebody.person, PersonRow.state_until.set(clock.now() - timedelta(seconds=1)))
    return Somebody(somebody.person, somebody.client, (UNKNOWN, cause.state))


def _of_another_scheme(city: TestCity) -> Somebody:
    """What is stored means nothing today."""
    somebody = _fresh(city)
    cause = worse(city, somebody.person)
    change(somebody.person, PersonRow.state.set("violet"))
    return Somebody(somebody.person, somebody.client, (UNKNOWN, cause.state))


def _stale(city: TestCity) -> Somebody:
    """A normal status is stored, and nobody can say that it still holds."""
    somebody = _fresh(city)
    old = clock.now() - timedelta(hours=settings().city.freshness.limit_hours + 1)
    change(somebody.person, PersonRow.checked_at.set(old), PersonRow.stale_since.set(old))
    return Somebody(somebody.person, somebody.client, (UNKNOWN,))


def _abnormal(city: TestCity) -> Somebody:
    """Another status than the normal one is stored."""
    somebody = _fresh(city)
    cause = worse(city, somebody.person)
    _compute(somebody.person)
    return Somebody(somebody.person, somebody.client, (cause.state, UNKNOWN))


def _compute(person: TestPerson) -> None:
    """What the registry's stream does."""
    assert Status(RegistrySource()).refresh(person_id_of(person)) is not None


def _pop_up(city: TestCity) -> Somebody:
    """Their travel is to be verified."""
    somebody = _fresh(city)
    city.fact(somebody.person, "travel_check", "pending", clock.iso(clock.now()))
    _compute(somebody.person)
    return Somebody(somebody.person, somebody.client, ("travel_check", UNKNOWN))


UNCERTAIN = (_never_computed, _closed_window, _of_another_scheme, _stale)
"""Where what is stored may not be shown, so that an error could let somebody in: each is tried."""

CERTAIN = (_fresh, _abnormal, _pop_up)
"""Where what is stored is in force and fresh; a few errors are enough."""

SITUATIONS = (*CERTAIN, *UNCERTAIN)


def cases(errors: Sequence[Exception], few: Sequence[Exception]) -> list[ParameterSet]:
    """Every error where much can fail, a few of them elsewhere."""
    return [
        pytest.param(situation, error, id=f"{situation.__name__} {named(error)}")
        for situation in SITUATIONS
        for error in (errors if situation in UNCERTAIN else few)
    ]


@pytest.fixture(autouse=True, scope="module")
def complete(whole_run: TestCity) -> None:
    """Every segment is complete, as of now."""
    assert whole_run is not None
    mark_complete(SEGMENTS, clock.now())


@pytest.fixture
def source(city: TestCity) -> Iterator[FailingSource]:
    """The city with a source that fails on order."""
    source = FailingSource()
    app.services.replace(app.compose(sms=city.sms, source=source))
    yield source
    app.services.replace(app.compose(sms=city.sms))


def lets_in(answer: Answer) -> bool:
    """Whether an answer shows a state that allows entry."""
    return answer.status == 200 and bool(answer.json["allows_entry"])


def calls_of(faults: Seam, send: Callable[[], object]) -> int:
    """How many calls a request makes that nothing disturbs."""
    start = len(faults.calls)
    send()
    return len(faults.calls) - start


@pytest.fixture(scope="module")
def people(whole_run: TestCity) -> dict[Situation, Somebody]:
    """Somebody in each situation, with the row that makes it one; whoever changes the row puts it back."""
    return {situation: situation(whole_run) for situation in SITUATIONS}


@pytest.fixture
def somebody(people: dict[Situation, Somebody], situation: Situation) -> Iterator[Somebody]:
    """Somebody in a situation, who is in it again afterwards."""
    kept = _row(people[situation])
    yield people[situation]
    store.put(kept)


def _row(somebody: Somebody) -> PersonRow:
    return PersonRow.from_raw_data(stored(person_key(somebody.person)) or {})


@pytest.mark.parametrize(("situation", "error"), cases(OF_AWS, OF_AWS[:2] + OF_AWS[6:7] + OF_AWS[-2:]))
def test_whatever_aws_raises_at_whichever_call_lets_nobody_in(
    faults: Seam, somebody: Somebody, error: Exception
) -> None:
    runs.forget_freshness()
    kept, number, calls = _row(somebody), 0, calls_of(faults, lambda: somebody.client.get(CODE))
    while number < calls:
        for place in ("before", "after"):
            runs.forget_freshness()
            store.put(kept)
            start = len(faults.calls)
            faults.at = {start + number: (place, error)}

            answer = somebody.client.get(CODE)

            faults.at = {}
            calls = max(calls, len(faults.calls) - start)
            assert answer.status != 200 or answer.json["state"] in (somebody.states)
        number += 1
    assert calls >= 2


@pytest.mark.parametrize(("situation", "error"), cases([*OF_SOURCE, *OF_AWS], [*OF_SOURCE[::6], OF_AWS[0]]))
def test_whatever_the_source_raises_lets_nobody_in(source: FailingSource, somebody: Somebody, error: Exception) -> None:
    source.raises = [error] * 9

    answer = somebody.client.get(CODE)

    assert answer.status == 200, "a status that nobody knows is shown as that"
    assert answer.json["state"] == somebody.states[0], "what is stored and in force needs no source"


@pytest.mark.parametrize("error", [*OF_SOURCE[:4], *OF_AWS[:4], ValueError()], ids=named)
def test_who_is_verified_while_the_source_fails_is_unknown_until_it_answers(
    city: TestCity, source: FailingSource, error: Exception
) -> None:
    person = city.person()
    worse(city, person)
    client = city.log_in(person)
    source.raises = [error] * 2

    proved = client.put(PROVED, person.claim())

    assert proved.status == 200
    client = client.as_(proved.json["token"])
    first = client.get(CODE)
    assert (first.status, first.json["state"]) == (200, "unknown")
    assert not lets_in(client.get(CODE))


@pytest.mark.parametrize("error", [*OF_SOURCE, *OF_AWS], ids=named)
def test_a_travel_check_that_fails_ends_no_pop_up(city: TestCity, waiting: Somebody, error: Exception) -> None:
    class Platform:
        def verify(self, phone: str) -> Any:
            assert phone == waiting.person.phone
            raise error

    app.services.replace(app.compose(sms=city.sms, travel=Platform()))
    try:
        assert not lets_in(waiting.client.post(TRAVEL))
    finally:
        app.services.replace(app.compose(sms=city.sms))
    assert waiting.client.get(CODE).json["action"] == "travel_check"


@pytest.fixture
def waiting(people: dict[Situation, Somebody]) -> Somebody:
    """Somebody whose travel is to be verified, with today's checks before them."""
    somebody = people[_pop_up]
    store.delete(travel_count_key(somebody.person))
    return somebody


def test_a_travel_check_lets_nobody_in_at_whichever_call_it_fails(
    people: dict[Situation, Somebody], faults: Seam
) -> None:
    """The platform finds nothing, and somebody is abnormal for another reason."""
    somebody, number = people[_abnormal], 0
    calls = calls_of(faults, lambda: somebody.client.post(TRAVEL))
    while number < calls:
        for place in ("before", "after"):
            store.delete(travel_count_key(somebody.person))
            start = len(faults.calls)
            faults.at = {start + number: (place, aws_error("InternalServerError"))}
            answer = somebody.client.post(TRAVEL)
            faults.at = {}
            calls = max(calls, len(faults.calls) - start)
            assert answer.status != 429
            assert not lets_in(answer)
        number += 1
    assert calls >= 5


def travel_count_key(person: TestPerson) -> store.Key[CountRow]:
    """Where today's travel checks of a person are counted."""
    phone = phone_subject(IdentityMacs().phone_mac(person.phone))
    return CountRow.of(phone, f"travel#{day_window(clock.now())}")
