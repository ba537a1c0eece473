"""Every route says who may call it, and every Lambda is wired where it runs (design §3; notes on Chalice 1, 2, 6)."""

import ast
import inspect
import re
from collections import defaultdict

import pytest
from chalice.app import Chalice
from chalice.deploy.validate import validate_route_content_types, validate_routes

import app
from chalicelib.http import pages
from chalicelib.http.admission import Public
from chalicelib.http.endpoint import PATH_PARAMETER
from infra import wiring
from tests.architecture.sources import ROOT, dotted, modules
from tests.support.routes import Route, routes

pytestmark = pytest.mark.architecture

PUBLIC = {
    "GET /": "leads whoever opens the bare address to the API in words",
    "GET /health": "monitoring asks without an account; it names no one",
    "GET /docs": "the API in words",
    "GET /openapi.json": "the API for machines",
    "GET /static/{name}": "files of pages that are public themselves",
    "GET /.well-known/jwks.json": "public keys; who verifies without the city has no account of it",
    "GET /v1/city": "the rules are published; it names no one",
    "GET /v1/city/statistics": "numbers of the city, without small groups; they name no one",
    "GET /c/{code}": "a printed code is scanned before anybody has an account",
    "GET /screen": "the frame of a screen; it names no place",
    "GET /c/{code}/print": "whoever holds a code may print it",
    "GET /v1/invitations/{code}": "one reads what joining means before one logs in",
    "POST /v1/auth/codes": "the first step of logging in",
    "POST /v1/auth/sessions": "the second step of logging in; the code is what it asks for",
}
"""Routes that anybody may call, and why."""

OTHER_PARAMETERS = {"GET /static/{name}": pages.FILE_NAME}
"""Routes whose parameters have another form than ids, which is as narrow."""

VIEW_LINES = 10
LAMBDA_DECORATORS = {
    "lambda_function", "schedule", "on_cw_event", "on_s3_event", "on_sns_message", "on_sqs_message",
    "on_dynamodb_record", "on_kinesis_record", "authorizer", "on_ws_connect", "on_ws_message", "on_ws_disconnect",
}  # fmt: skip
ALL = routes()
Wired = tuple[wiring.StreamSource | wiring.QueueSource | wiring.Schedule, ...]


def body_lines(route: Route) -> int:
    """The lines of a view's own code, without its signature and docstring."""
    source = inspect.getsource(route.function)
    statements = ast.parse(source).body[0].body[1:]  # type: ignore[attr-defined]
    return sum((one.end_lineno or one.lineno) - one.lineno + 1 for one in statements)


@pytest.mark.parametrize("route", ALL, ids=lambda route: route.name)
def test_a_view_wears_the_decorator_says_what_it_does_and_does_little(route: Route) -> None:
    assert route.spec.admits.name
    assert inspect.getdoc(route.function)
    assert body_lines(route) <= VIEW_LINES


def test_public_routes_are_exactly_those_of_the_list() -> None:
    assert {route.name for route in ALL if isinstance(route.spec.admits, Public)} == PUBLIC.keys()
    assert all(PUBLIC.values())


def test_no_address_of_the_local_server_is_in_the_packaged_app() -> None:
    assert [path for path in app.app.routes if path.startswith("/local")] == []
    assert not (ROOT / "chalicelib" / "local").exists()


def test_chalice_would_deploy_these_routes() -> None:
    """Both raise for what API Gateway would refuse."""
    assert app.app.routes
    validate_routes(app.app.routes)
    validate_route_content_types(app.app.routes, app.app.api.binary_types)


def test_paths_have_the_form_that_api_gateway_takes() -> None:
    for route in ALL:
        assert re.fullmatch(r"/|(/[a-z0-9.-]+|/\{[a-z_]+\})+", route.path), route.path
        assert len(route.parameters) == len(set(route.parameters))


def test_parameters_at_one_place_share_one_name() -> None:
    names = defaultdict(set)
    for route in ALL:
        steps = route.path.split("/")
        for place, step in enumerate(steps):
            if step.startswith("{"):
                names["/".join(steps[:place])].add(step)
    assert {parent: found for parent, found in names.items() if len(found) > 1} == {}


def test_parameters_take_nothing_but_ids() -> None:
    others = {route.name: route.spec.parameters for route in ALL if route.spec.parameters is not PATH_PARAMETER}
    assert others == OTHER_PARAMETERS
    assert PATH_PARAMETER.pattern == "[A-Za-z0-9_-]{1,64}"


@pytest.mark.parametrize("route", ALL, ids=lambda route: route.name)
def test_every_parameter_is_used_by_the_admission_or_the_view(route: Route) -> None:
    admission = inspect.getsource(type(route.spec.admits))
    unused = [name for name in route.parameters if name not in route.spec.wants and f'path["{name}"]' not in admission]
    assert unused == []


def test_the_decorator_alone_decides_on_content_types() -> None:
    entries = [entry for methods in app.app.routes.values() for entry in methods.values()]
    assert {tuple(entry.content_types) for entry in entries} == {("*/*",)}


def test_every_other_lambda_is_declared_in_app_py_and_nowhere_else() -> None:
    lambdas = app.app.pure_lambda_functions
    assert lambdas
    assert [one.handler_string for one in lambdas if not one.handler_string.startswith("app.")] == []
    assert app.app.event_sources == []
    assert app.app.builtin_auth_handlers == []
    decorated = [
        f"{module.path}: {name}"
        for module in modules("chalicelib")
        for name, _ in module.calls()
        if name.rpartition(".")[2] in {*LAMBDA_DECORATORS, "middleware", "register_middleware"}
    ]
    assert decorated == []


def test_every_lambda_is_wired() -> None:
    sources: Wired = (*wiring.STREAMS, *wiring.QUEUES, *wiring.SCHEDULES)
    wired = {source.function for source in sources}
    declared = {one.handler_string.removeprefix("app."): one.name for one in app.app.pure_lambda_functions}
    assert wired == declared.keys()
    assert {function: function.replace("_", "-") for function in wired} == declared


def test_every_lambda_is_one_call() -> None:
    (composition,) = modules("app.py")
    bodies = {
        node.name: [type(statement) for statement in node.body[1:]]
        for node in composition.functions()
        if any(
            dotted(getattr(decorator, "func", decorator)) == "app.lambda_function" for decorator in node.decorator_list
        )
    }
    assert bodies == {one.handler_string.removeprefix("app."): [ast.Return] for one in app.app.pure_lambda_functions}


def test_nobody_is_sent_a_traceback() -> None:
    assert isinstance(app.app, Chalice)
    assert app.app.debug is False
    assert app.app.api.cors is False
