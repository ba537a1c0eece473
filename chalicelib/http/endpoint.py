"""The decorator every view wears: it admits, reads, answers, and turns every error into a problem.

A view says in its signature what it wants, and gets it by name or type:

- a path parameter by its name,
- `body` and `query`, parsed into the pydantic model that they are annotated with,
- `caller`, what the route's admission made of the session,
- `call`, the circumstances of the request,
- anything else by its type from the services that `bind` was given.

It returns a pydantic model, None (204), a `Reply` where the status varies, or a Chalice `Response` for what is not JSON.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from chalice.app import Chalice, Request, Response
from pydantic import BaseModel, ValidationError

from chalicelib.core import errors, store
from chalicelib.core.log import Event, emit, where
from chalicelib.core.schemas import Query
from chalicelib.core.tokens import Bearer
from chalicelib.http import problems
from chalicelib.http.admission import Admission, BodyAdmission, Public, bearer_of, public
from chalicelib.http.call import Call, call_of, raw_body
from chalicelib.http.machines import Keyed, credentials_of
from chalicelib.http.signed import Signed, signed_request

MAX_BODY = 10 * 1024
"""Bytes of a request body unless a route asks for more (design §6)."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()
PATH_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}

ServiceT = TypeVar("ServiceT")
ModelT = TypeVar("ModelT", bound=BaseModel)
View = Callable[..., Any]
AnyAdmission = Admission[Any] | BodyAdmission[Any] | Keyed[Any] | Signed[Any]


class InvalidJson(errors.Invalid):
    """The body is not JSON."""

    code = "invalid_json"


class ValidationFailed(errors.Invalid):
    """Fields of the body or the query were refused; the problem lists them."""

    code = "validation_failed"


class BodyTooLarge(errors.TooLarge):
    """The body is larger than the route takes."""

    code = "body_too_large"


class RouteNotFound(errors.NotFound):
    """No route has this path, or a parameter in it has a form that no id has."""

    code = "route_not_found"


@dataclass(frozen=True)
class Reply(Generic[ModelT]):
    """A model with a status that the route's own does not say, such as 200 for a join that was there already.

    `max_age` is for how many seconds anybody may keep the answer; what is about somebody is never kept.
    """

    model: ModelT
    status: int
    max_age: int = 0


@dataclass(frozen=True)
class EndpointSpec:
    """What the decorator knows of a view; OpenAPI, the matrix of roles and the architecture tests are made from it."""

    admits: AnyAdmission
    status: int
    max_body: int
    other_statuses: tuple[int, ...]
    parameters: re.Pattern[str]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    returns: type[Any] | None
    services: Mapping[str, type[Any]]
    wants: frozenset[str]


class _Runtime:
    """The Chalice app and the services of this process, bound once by `app.py`."""

    app: Chalice
    service: Callable[[type[Any]], Any]


def bind(app: Chalice, service: Callable[[type[ServiceT]], ServiceT]) -> None:
    """Tell the decorator where requests come from and how to find a service by its type.

    It is called after all routes are registered: which body a route takes is decided here from then on, for Chalice
    would refuse a content type in its own words, and on requests without a body too.
    """
    _Runtime.app = app
    for route in (route for methods in app.routes.values() for route in methods.values()):
        route.content_types = ["*/*"]
    _Runtime.service = staticmethod(service)


def endpoint(
    admits: AnyAdmission = public,
    *,
    status: int = 200,
    max_body: int = MAX_BODY,
    other_statuses: tuple[int, ...] = (),
    parameters: re.Pattern[str] = PATH_PARAMETER,
) -> Callable[[View], View]:
    """Make a view of a plain function. `status` is the answer's when a model is returned; None is always 204."""

    def decorate(view: View) -> View:
        spec = EndpointSpec(
            admits=admits, status=status, max_body=max_body, other_statuses=other_statuses, parameters=parameters,
            **_wishes(view),
        )  # fmt: skip

        @wraps(view)
        def answer(**path: str) -> Response:
            return _answer(view, spec, path)

        answer.spec = spec  # type: ignore[attr-defined]
        return answer

    return decorate


def _wishes(view: View) -> dict[str, Any]:
    """What the view's signature asks for, as fields of its spec."""
    hints = get_type_hints(view)
    returns = hints.pop("return", None)
    returns = get_args(returns)[0] if get_origin(returns) is Reply else returns
    own = {"body", "query", "caller", "call"}
    return {
        "body": hints.get("body"),
        "query": hints.get("query"),
        "returns": None if returns is type(None) else returns,
        "services": {name: kind for name, kind in hints.items() if name not in own and kind is not str},
        "wants": frozenset(hints),
    }


def _answer(view: View, spec: EndpointSpec, path: Mapping[str, str]) -> Response:
    request = _current_request()
    call = call_of(request)
    try:
        response = _answer_or_problem(view, spec, request, call, path)
    except Exception as error:  # noqa: BLE001  the one place that catches all: Chalice would log the input with it
        _report(Event.REQUEST_FAILED, error, request, call)
        response = problems.answer(500, "internal_error", call.language, call.request_id)
    response.headers = {**SECURITY_HEADERS, "X-Request-Id": call.request_id, **response.headers}
    return response


def _current_request() -> Request:
    request = _Runtime.app.current_request
    if request is None:
        raise RuntimeError("a view was called outside a request")
    return request


def _answer_or_problem(
    view: View, spec: EndpointSpec, request: Request, call: Call, path: Mapping[str, str]
) -> Response:
    try:
        return _reply(spec, view(**_arguments(spec, request, call, path)))
    except ValidationError as error:
        return problems.refused_fields(error, call.language, call.request_id)
    except errors.GatebookError as error:
        return _domain_problem(error, request, call)
    except store.STORAGE_ERRORS as error:
        _report(Event.REQUEST_UNAVAILABLE, error, request, call)
        return problems.problem(errors.Unavailable(), call.language, call.request_id)


def _arguments(spec: EndpointSpec, request: Request, call: Call, path: Mapping[str, str]) -> dict[str, Any]:
    if not all(spec.parameters.fullmatch(value) for value in path.values()):
        raise RouteNotFound
    raw = _checked_body(spec, request)
    offered: dict[str, Any] = {**path, "call": call}
    if isinstance(spec.admits, BodyAdmission):
        bearer = bearer_of(request.headers.get("authorization"))
        offered["body"] = _parsed(spec, raw)
        offered["caller"] = _admitted_with(spec.admits, bearer, path, offered["body"])
    else:
        offered["caller"] = None if isinstance(spec.admits, Public) else _admitted(spec.admits, request, path)
        offered["body"] = _parsed(spec, raw)
    offered["query"] = (spec.query or Query).model_validate(_query_of(request))
    offered |= {name: _Runtime.service(kind) for name, kind in spec.services.items()}
    return {name: offered[name] for name in spec.wants}


def _parsed(spec: EndpointSpec, raw: bytes) -> BaseModel | None:
    return None if spec.body is None else spec.body.model_validate_json(raw or b"{}", strict=True)


def _admitted(admission: Admission[Any] | Keyed[Any] | Signed[Any], request: Request, path: Mapping[str, str]) -> Any:
    if isinstance(admission, Signed):
        signed = signed_request(request)
        return admission.admit(signed, store.read_together(admission.keys(signed, path)), path)
    if isinstance(admission, Keyed):
        brought = credentials_of(request.headers.get("authorization"))
        return admission.admit(brought, store.read_together(admission.keys(brought, path)), path)
    bearer = bearer_of(request.headers.get("authorization"))
    return admission.admit(bearer, store.read_together(admission.keys(bearer, path)), path)


def _admitted_with(admission: BodyAdmission[Any], bearer: Bearer, path: Mapping[str, str], body: Any) -> Any:
    return admission.admit(bearer, store.read_together(admission.keys(bearer, path, body)), path, body)


def _checked_body(spec: EndpointSpec, request: Request) -> bytes:
    raw = raw_body(request)
    if len(raw) > spec.max_body:
        raise BodyTooLarge(fields={"kilobytes": spec.max_body // 1024})
    if spec.body is not None and raw:
        _refuse_unless_json(request.headers.get("content-type"), raw)
    return raw


def _refuse_unless_json(content_type: str | None, raw: bytes) -> None:
    """Raises UnsupportedMediaType or InvalidJson. A body of no stated type is taken for JSON, as nothing else is spoken.

    API Gateway hands bodies over as text in which U+FFFD stands for what was not UTF-8: nobody wrote that.
    """
    if content_type is not None and content_type.partition(";")[0].strip().lower() != "application/json":
        raise problems.UnsupportedMediaType
    if REPLACEMENT in raw:
        raise InvalidJson


def _query_of(request: Request) -> dict[str, str]:
    return dict(request.query_params or {})


def _reply(spec: EndpointSpec, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if result is None:
        return Response("", status_code=204, headers={})
    reply = result if isinstance(result, Reply) else Reply(result, spec.status)
    headers: dict[str, Any] = {"Content-Type": "application/json"}
    if reply.max_age:
        headers["Cache-Control"] = f"public, max-age={reply.max_age}"
    return Response(reply.model.model_dump_json(), headers=headers, status_code=reply.status)


def _domain_problem(error: errors.GatebookError, request: Request, call: Call) -> Response:
    if isinstance(error, errors.Broken):
        _report(Event.ROW_BROKEN, error, request, call)
    return problems.problem(error, call.language, call.request_id)


def _report(event: Event, error: Exception, request: Request, call: Call) -> None:
    emit(
        event,
        request_id=call.request_id,
        route=request.context.get("resourcePath"),
        method=request.method,
        error=type(error).__name__,
        where=where(error),
    )
