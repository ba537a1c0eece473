"""A session that was ended opens nothing any more, on any route (T-06)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import app
from chalicelib.core import ids
from chalicelib.core.clock import FrozenClock
from chalicelib.groups.codes import read_code
from chalicelib.http.admission import Public
from chalicelib.http.endpoint import EndpointSpec
from chalicelib.http.machines import Keyed
from chalicelib.http.signed import Signed
from chalicelib.places.codes import new_gate_id, poster_code
from tests.api.people.steps import code_for, enter, prove
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson
from tests.support.visits import never_visited

pytestmark = [pytest.mark.api, pytest.mark.slow]

DAY = 86400


@dataclass(frozen=True)
class Scene:
    """A person with a session that is about to end."""

    city: TestCity
    later: FrozenClock
    person: TestPerson
    client: Client


Ending = Callable[[Scene], None]


def protected_routes() -> Iterator[tuple[str, str]]:
    """Every method and path that asks for a session; sources sign instead."""
    for path, methods in app.app.routes.items():
        for method, entry in methods.items():
            spec: EndpointSpec = vars(entry.view_function)["spec"]
            if not isinstance(spec.admits, Public | Signed | Keyed):
                yield method, path


BODIES: dict[str, Callable[[TestPerson], Any]] = {
    "/v1/checkins": lambda _: {"code": poster_code(ids.new_id(), new_gate_id(), 1)},
    "/v1/places/{place_id}/checkins": lambda person: {**person.claim(), "temperature": "normal"},
}
"""Bodies of routes whose admission reads rows that the body names, so that what has no form is refused before them."""


def sign_out(the: Scene) -> None:
    assert the.client.delete("/v1/auth/sessions/current").status == 204


def sign_out_everywhere(the: Scene) -> None:
    the.later.tick(60)
    assert the.city.log_in(the.person).delete("/v1/auth/sessions").status == 204


def prove_identity_again(the: Scene) -> None:
    prove(the.client, the.person)


def move_to_another_phone(the: Scene) -> None:
    here = TestPerson(the.person.name, the.person.number, the.city.stranger().phone)
    the.city.know(here)
    prove(the.city.log_in(here), here)


def give_the_phone_to_another(the: Scene) -> None:
    heir = the.city.person(phone=the.person.phone)
    the.later.tick(60)
    prove(the.city.log_in(heir), heir)


def erase(the: Scene) -> None:
    the.later.tick(60)
    assert the.city.log_in(the.person).delete("/v1/me").status == 204


def erase_and_return(the: Scene) -> None:
    erase(the)
    the.later.tick(60)
    prove(the.city.log_in(the.person), the.person)


def wait_thirty_days(the: Scene) -> None:
    the.later.tick(30 * DAY)


ENDINGS: list[Ending] = [
    sign_out,
    sign_out_everywhere,
    prove_identity_again,
    move_to_another_phone,
    give_the_phone_to_another,
    erase,
    erase_and_return,
    wait_thirty_days,
]


def test_the_sweep_knows_the_routes() -> None:
    assert len(list(protected_routes())) >= 18


@pytest.mark.parametrize("end", ENDINGS)
def test_an_ended_session_opens_no_route(city: TestCity, later: FrozenClock, end: Ending) -> None:
    owner, person = city.verified(), city.person()
    client = city.verified(person)
    org_id = city.book(owner)
    code = city.invite(owner, org_id)
    member_id = city.join(client, code)
    path = {"{org_id}": org_id, "{code}": code, "{member_id}": member_id}
    path |= {
        "{department_id}": city.department(owner, org_id),
        "{invitation_id}": read_code(code)[1],
        "{export_id}": ids.new_id(),
        "{message_id}": ids.new_id(),
        "{batch_id}": ids.new_id(),
        "{run_id}": ids.new_id(),
        "{alert_id}": ids.new_id(),
        "{place_id}": ids.new_id(),
        "{gate_id}": new_gate_id(),
        "{kiosk_id}": ids.new_id(),
        "{checkin_id}": never_visited(ids.new_id()),
        "{paper_id}": ids.new_id(),
        "{dependant_id}": ids.new_id(),
        "{guardian_id}": ids.new_id(),
    }
    assert client.get("/v1/me").status == 200

    end(Scene(city, later, person, client))

    for method, template in protected_routes():
        url = template
        for name, value in path.items():
            url = url.replace(name, value)
        assert "{" not in url
        answer = client(method, url, BODIES[template](person) if template in BODIES else None)
        assert (answer.status, answer.code) == (401, "session_ended"), f"{method} {template}"
        assert answer.headers["www-authenticate"] == 'Bearer realm="gatebook"'


def test_signing_out_ends_one_session_and_no_other(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    first = city.log_in(person)
    later.tick(60)
    second = city.log_in(person)

    assert first.delete("/v1/auth/sessions/current").status == 204

    assert first.get("/v1/me").status == 401
    assert second.get("/v1/me").status == 200


def test_signing_out_everywhere_ends_all_sessions_of_the_phone_and_of_no_other(
    city: TestCity, later: FrozenClock
) -> None:
    person, bystander = city.person(), city.verified()
    first = city.verified(person)
    later.tick(60)
    second = city.log_in(person)

    assert second.delete("/v1/auth/sessions").status == 204

    assert [client.get("/v1/me").status for client in (first, second, bystander)] == [401, 401, 200]
    later.tick(60)
    assert city.log_in(person).get("/v1/me").status == 200


def test_a_session_lives_for_thirty_days(city: TestCity, later: FrozenClock) -> None:
    client = city.verified()
    later.tick(30 * DAY - 1)
    assert client.get("/v1/me").status == 200

    later.tick(1)

    assert client.get("/v1/me").code == "session_ended"


def test_an_ended_session_does_not_stop_a_new_one(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client = city.log_in(person)
    client.delete("/v1/auth/sessions/current")
    later.tick(60)

    code = code_for(city, person)

    assert enter(city, person, code).status == 201
