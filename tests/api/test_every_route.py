"""What every route does with requests that are not as they should be (T-33, T-35), and in which words (design §6)."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.api.headers import wrong_headers
from tests.api.matrix import ROLES, rows
from tests.api.world import World
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.routes import Route, routes

pytestmark = [pytest.mark.api, pytest.mark.slow]

ALL = routes()
WITH_BODY = [route for route in ALL if route.spec.body is not None]
WITH_LIMIT = [route for route in ALL if route.spec.query is not None and "limit" in route.spec.query.model_fields]
WITH_PARAMETER = [route for route in ALL if route.parameters]

TAKES_ANY = {"GET /c/{code}": "messengers add parameters of their own to an address that is shared"}
"""Routes that pass over unknown parameters of the query, and why."""

LARGER = {
    "PUT /v1/organizations/{org_id}/roster": 256,
    "POST /v1/organizations/{org_id}/roster/removal": 64,
    "POST /v1/facts/batch": 256,
    "POST /v1/identities/batch": 256,
}
"""Kilobytes of body of the routes that take more than the ten of all others."""

KILOBYTE = 1024
DEEP = 10_000
CPU_SECONDS = 0.05
HAN = range(0x4E00, 0xA000)

NOT_IDS = ("%00", "a%00b", ".", "..", "...", "%2e%2e", "a.b", "a%2Fb", "a b", "%20", "a" * 65, "%E4%B8%AD", "'")
"""What no id is. Each is answered before anything is read."""

Prepared = tuple[Client, str, dict[str, Any]]
Prepare = Callable[[Route], Prepared]


def named(route: Route) -> str:
    """How a route is shown in a report."""
    return route.name


def admitted(route: Route) -> tuple[str, str]:
    """A role that the route admits, and what about: the first of the matrix."""
    found = (
        (role, row.thing) for row in rows() for role in ROLES if row.route == route.name and row.statuses[role] < 400
    )
    return next(found)


@pytest.fixture(scope="module")
def world(whole_run: TestCity) -> World:
    """Who sends the requests. None of them is carried out, so one world serves all."""
    return World(whole_run)


@pytest.fixture
def prepare(city: TestCity, world: World) -> Prepare:
    """For a route: somebody whom it admits, the path, and a body of the right form."""
    assert city is world.city

    def prepared(route: Route) -> Prepared:
        role, thing = admitted(route)
        path, client = world.path(route, thing), world.client(role)
        return client, path, world.body(route, role, "never") or {}

    return prepared


def refused(answer: Answer, status: int, code: str) -> bool:
    """Whether an answer is this problem; what it is instead is said if it is not."""
    assert (answer.status, answer.code) == (status, code), answer.text
    return True


def cpu_seconds(send: Callable[[], Answer]) -> tuple[Answer, float]:
    """An answer, and the CPU time of this thread for it: the least of three, since others may share the core."""
    times, answer = [], send()
    for _ in range(3):
        began = time.thread_time()
        answer = send()
        times.append(time.thread_time() - began)
    return answer, min(times)


def field_names(answer: Answer) -> list[str]:
    """The fields that a problem names."""
    return [one["field"] for one in answer.json["errors"]]


# T-33: unknown and wrong fields


def with_one_more(body: Any) -> Iterator[tuple[str, Any]]:
    """The body with a field that no model has, at its top and in each object within, and where the field stands."""
    yield "surprise", {**body, "surprise": 1}
    for name, value in body.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{where}", {**body, name: more}) for where, more in with_one_more(value))


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
def test_an_unknown_field_is_refused_by_name(prepare: Prepare, route: Route) -> None:
    client, path, body = prepare(route)
    for where, more in with_one_more(body):
        answer = client(route.method, path, more)
        assert refused(answer, 422, "validation_failed")
        assert field_names(answer) == [where]


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
def test_a_field_name_that_the_caller_made_up_is_not_repeated(prepare: Prepare, route: Route) -> None:
    client, path, body = prepare(route)
    answer = client(route.method, path, {**body, "<img src=x onerror=alert(1)>": 1})
    assert refused(answer, 422, "validation_failed")
    assert field_names(answer) == ["?"]
    assert "onerror" not in answer.text


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
@pytest.mark.parametrize("body", ["[]", "null", "1", "true", '"text"', "[{}]"])
def test_a_body_that_is_no_object_is_refused(prepare: Prepare, route: Route, body: str) -> None:
    client, path, _ = prepare(route)
    assert refused(client(route.method, path, raw=body.encode()), 422, "validation_failed")


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
@pytest.mark.parametrize(
    "body",
    [b"{", b"{'a': 1}", b"name=value", b'{"a":1}{', b"\xff\xfe{\x00}\x00", b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}'],
)
def test_what_is_not_json_in_utf8_is_refused_as_that(prepare: Prepare, route: Route, body: bytes) -> None:
    client, path, _ = prepare(route)
    assert refused(client(route.method, path, raw=body), 422, "invalid_json")


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
def test_text_that_a_gateway_could_not_read_is_refused(prepare: Prepare, route: Route) -> None:
    client, path, body = prepare(route)
    raw = json.dumps({**body, "more": "\N{REPLACEMENT CHARACTER}"}, ensure_ascii=False).encode()
    assert refused(client(route.method, path, raw=raw), 422, "invalid_json")


def test_only_shared_addresses_take_parameters_that_nobody_asked_for() -> None:
    queries = {route.name: route.spec.query for route in ALL if route.spec.query is not None}
    assert {name for name, query in queries.items() if query.model_config["extra"] != "forbid"} == TAKES_ANY.keys()


@pytest.mark.parametrize("route", [route for route in ALL if route.name not in TAKES_ANY], ids=named)
def test_an_unknown_parameter_of_the_query_is_refused(prepare: Prepare, route: Route) -> None:
    client, path, body = prepare(route)
    answer = client(route.method, f"{path}?surprise=1", body or None)
    assert refused(answer, 422, "validation_failed")
    assert field_names(answer) == ["surprise"]


# T-35: size and depth


@pytest.mark.parametrize("route", ALL, ids=named)
def test_a_byte_too_many_is_refused_before_anything_else(city: TestCity, world: World, route: Route) -> None:
    path = world.path(route, admitted(route)[1])
    assert route.spec.max_body == LARGER.get(route.name, 10) * KILOBYTE
    answer = city.api(route.method, path, raw=b" " * (route.spec.max_body + 1))
    assert refused(answer, 413, "body_too_large")
    assert wrong_headers(route, answer) == []


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
def test_a_body_may_be_as_large_as_allowed(prepare: Prepare, route: Route) -> None:
    client, path, _ = prepare(route)
    body = b'{"surprise":"' + b"x" * (route.spec.max_body - 15) + b'"}'
    assert len(body) == route.spec.max_body
    assert refused(client(route.method, path, raw=body), 422, "validation_failed")


@pytest.mark.parametrize("route", WITH_LIMIT, ids=named)
@pytest.mark.parametrize("limit", ["1000000000", "101", "0", "-1", "1e9", "", "ten", "9" * 500])
def test_a_page_has_a_size(prepare: Prepare, route: Route, limit: str) -> None:
    client, path, _ = prepare(route)
    answer = client.get(f"{path}?limit={limit}")
    assert refused(answer, 422, "validation_failed")
    assert field_names(answer) == ["limit"]


DEEP_BODIES = {
    "open lists": b"[" * DEEP,
    "open objects": b'{"a":' * 2_000,
    "closed lists": b"[" * 5_000 + b"]" * 5_000,
    "a deep field": b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "many fields": b"{" + b",".join(b'"%d":1' % number for number in range(1_200)) + b"}",
    "a long number": b'{"a":' + b"9" * 10_000 + b"}",
    "a megabyte of text": b'{"a":"' + b"x" * (KILOBYTE * KILOBYTE) + b'"}',
}


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
@pytest.mark.parametrize("kind", DEEP_BODIES)
def test_a_hostile_body_costs_little(prepare: Prepare, route: Route, kind: str) -> None:
    client, path, _ = prepare(route)
    answer, seconds = cpu_seconds(lambda: client(route.method, path, raw=DEEP_BODIES[kind]))
    assert answer.status in {413, 422}
    assert seconds < CPU_SECONDS


# Formats


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "json"],
)
def test_a_body_of_another_type_is_refused(prepare: Prepare, route: Route, kind: str) -> None:
    client, path, body = prepare(route)
    answer = client(route.method, path, body, content_type=kind)
    assert refused(answer, 415, "unsupported_media_type")
    assert wrong_headers(route, answer) == []


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_json_in_any_spelling(city: TestCity, kind: str) -> None:
    assert city.api.post("/v1/auth/codes", {"phone": city.stranger().phone}, content_type=kind).status == 202


def test_a_request_without_a_body_needs_no_type(city: TestCity) -> None:
    assert city.api.get("/v1/me", content_type="text/plain").status == 401
    answer = city.api("POST", "/v1/auth/codes", content_type="text/plain")
    assert refused(answer, 422, "validation_failed")
    assert field_names(answer) == ["phone"]


# Paths


@pytest.mark.parametrize("route", WITH_PARAMETER, ids=named)
@pytest.mark.parametrize("value", NOT_IDS)
def test_a_parameter_that_is_no_id_is_answered_as_no_address(city: TestCity, route: Route, value: str) -> None:
    answer = city.api(route.method, route.filled(value.replace(" ", "%20")))
    assert refused(answer, 404, "route_not_found")
    assert wrong_headers(route, answer) == []


# Words


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("zh-CN", "zh-CN"), ("zh", "zh-CN"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("fr", "zh-CN"), (None, "zh-CN")],
)
def test_a_refusal_speaks_the_callers_language(city: TestCity, asked: str | None, spoken: str) -> None:
    headers = {} if asked is None else {"accept-language": asked}
    answer = city.api.transport("GET", "/v1/me", headers, b"")
    assert refused(answer, 401, "session_required")
    assert answer.headers["content-language"] == spoken
    words = answer.json["title"] + answer.json["detail"]
    assert any(ord(character) in HAN for character in words) == (spoken == "zh-CN")


@pytest.mark.parametrize("asked", ["zh-CN", "en"])
def test_reasons_of_fields_are_in_the_callers_language_too(city: TestCity, asked: str) -> None:
    answer = city.api.speaking(asked).post("/v1/auth/codes", {"surprise": 1})
    assert field_names(answer) == ["phone", "surprise"]
    details = "".join(one["detail"] for one in answer.json["errors"])
    assert any(ord(character) in HAN for character in details) == (asked == "zh-CN")
