"""Harness H7: every route takes forty requests that its description admits, or that it rules out.

None may end in a server error, none that the description rules out may be accepted, and every answer has a status, type
and body that the description gives. What decides is the real service, on the tables of the worker's emulator.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NotSet
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.local.demo import renew_freshness
from infra.local.gateway import Gateway
from infra.openapi.__main__ import WEBAPP
from tests.support.city import TestCity
from tests.support.wsgi import Wsgi

pytestmark = [pytest.mark.api, pytest.mark.slow]

EXAMPLES = 40
LIVES = 2
"""How often a caller whom the route itself ends (by signing out, leaving, erasing) is replaced by a new one."""

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
"""What is asked of each answer; the last only where the description rules the request out."""

ENDING = {"sign_out", "sign_out_everywhere", "erase_me", "delete_book", "leave", "remove_member", "prove_identity"}
"""Routes after which the caller, the book or the member is no longer there."""

CONFIG = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
REFUSALS = CONFIG.projects.default.checks.negative_data_rejection
REFUSALS.expected_statuses = [*REFUSALS.expected_statuses, "413"]  # for what is too long to be read
WSGI = Wsgi()
DESCRIBED = json.loads((WEBAPP / "openapi.json").read_text(encoding="utf-8"))
SCHEMA = schemathesis.openapi.from_dict({**DESCRIBED, "servers": [{"url": "/"}]}, config=CONFIG)
SCHEMA.app = WSGI
OPERATIONS: dict[str, APIOperation[Any, Any, Any, Any]] = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in SCHEMA.get_all_operations()
    if isinstance(found, Ok)
}


class Manner(Enum):
    """How a case is sent."""

    THERE = "by somebody, about what there is"
    ELSEWHERE = "by somebody, about what the case names"
    ANONYMOUS = "by nobody"


@dataclass(frozen=True)
class Scene:
    """A verified person who owns a book, is a member of another one, and holds a code for a third."""

    token: str
    paths: dict[str, dict[str, str]]
    bodies: dict[str, dict[str, Any]]


def scene(city: TestCity) -> Scene:
    person = city.person()
    caller, other = city.verified(person), city.verified()
    book, joined = city.book(caller), city.book(other)
    code, open_code = city.invite(other, joined), city.invite(other, city.book(other))
    city.join(caller, code, "health_code")
    member_id = city.join(other, city.invite(caller, book))
    of_member = {"org_id": joined}
    return Scene(
        caller.token or "",
        {
            "change_consent": of_member,
            "leave": of_member,
            "remove_member": {"org_id": book, "member_id": member_id},
            "join": {"code": open_code},
            "open_code": {"code": open_code},
            "preview_invitation": {"code": open_code},
            "static": {"name": "join.js"},
            **{
                name: {"org_id": book}
                for name in ("show_book", "change_book", "delete_book", "invite", "list_members", "list_exports")
            },
        },
        {
            "send_code": {"phone": person.phone},
            "log_in": {"phone": person.phone},
            "open_book": {"subdistrict": "371302001"},
            "change_book": {"subdistrict": "371302002"},
            "invite": {"department_id": None},
            "prove_identity": {"document": person.claim()["document"]},
        },
    )


def requests(name: str) -> st.SearchStrategy[tuple[Case[Any], Manner]]:
    """Cases that the description admits and cases that it rules out, each with the manner in which to send it."""
    operation = OPERATIONS[name]
    modes = [GenerationMode.POSITIVE]
    if operation.body or operation.query or operation.path_parameters:
        modes.append(GenerationMode.NEGATIVE)
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))
    manners = st.sampled_from((Manner.THERE, Manner.THERE, Manner.THERE, Manner.ELSEWHERE, Manner.ANONYMOUS))
    return st.tuples(cases, manners)


def send(case: Case[Any], name: str, manner: Manner, at: Scene) -> Any:
    """Send one case; the parts of it that are as the description wants them are made to name what exists."""
    if manner is Manner.ANONYMOUS:
        return case.call()
    if manner is Manner.THERE and name in at.paths and not ruled_out(case, ParameterLocation.PATH):
        case.path_parameters = dict(at.paths[name])
    if manner is Manner.THERE and name in at.bodies and not ruled_out(case, ParameterLocation.BODY):
        case.body = {**case.body, **at.bodies[name]} if isinstance(case.body, dict) else case.body
    return case.call(headers={"Authorization": f"Bearer {at.token}"})


def ruled_out(case: Case[Any], *parts: ParameterLocation) -> bool:
    """Whether one of these parts of a case, or any, is one that the description rules out."""
    components = dict(case.meta.components) if case.meta else {}
    if isinstance(case.body, NotSet) and not any(body.is_required for body in case.operation.body):
        components.pop(ParameterLocation.BODY, None)  # it is absent, and may be
    return any(components[part].mode.is_negative for part in parts or components if part in components)


@pytest.fixture(scope="module")
def shared(whole_run: TestCity) -> Scene:
    """The scene of all routes that leave it as it is."""
    import app

    renew_freshness()
    WSGI.gateway, WSGI.answers = Gateway(app.app, "127.0.0.1"), whole_run.api.answers
    return scene(whole_run)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_route_keeps_to_its_description(city: TestCity, shared: Scene, name: str) -> None:
    scenes = [scene(city) if name in ENDING else shared]

    @given(requests(name))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def holds(request: tuple[Case[Any], Manner]) -> None:
        case, manner = request
        response = send(case, name, manner, scenes[-1])
        case.validate_response(response, checks=CHECKS if ruled_out(case) else CHECKS[:-1])
        announced(name, response)
        if name in ENDING and response.status_code < 300 and len(scenes) < LIVES:
            scenes.append(scene(city))

    run: Callable[[], None] = holds
    run()


def announced(name: str, response: Any) -> None:
    """The code of a problem is one that the description names for this route."""
    if response.headers.get("content-type", [""])[0] != "application/problem+json":
        return
    answers = OPERATIONS[name].definition.raw["responses"]
    codes = answers.get(str(response.status_code), {}).get("x-codes", [])
    assert response.json()["code"] in codes
