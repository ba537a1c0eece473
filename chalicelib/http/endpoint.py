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
from chalicelib.core.settings import settings
from chalicelib.core.texts import Language, language_of
from chalicelib.http import problems
from chalicelib.http.admission import Admission, Public, bearer_of, public

MAX_BODY = 10 * 1024
"""Bytes of a request body unless a route asks for more (design §6)."""

FIELD_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
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
class Call:
    """The circumstances of one request. `address` is the client's network address; it is only ever counted under a keyed hash."""

    request_id: str
    language: Language
    address: str
    authorization: str | None
    idempotency_key: str | None
    if_none_match: str | None
    body: str
    public_url: str


@dataclass(frozen=True)
class Reply(Generic[ModelT]):
    """A model with a status that the route's own does not say, such as 200 for a join that was there already."""

    model: ModelT
    status: int


@dataclass(frozen=True)
class EndpointSpec:
    """What the decorator knows of a view; OpenAPI, the matrix of roles and the architecture tests are made from it."""

    admits: Admission[Any]
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
    """Tell the decorator where requests come from and how to find a service by its type."""
    _Runtime.app = app
    _Runtime.service = staticmethod(service)


def endpoint(
    admits: Admission[Any] = public,
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
    call = _call_of(request)
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
        return _validation_problem(error, call)
    except errors.GatebookError as error:
        return _domain_problem(error, request, call)
    except store.STORAGE_ERRORS as error:
        _report(Event.REQUEST_UNAVAILABLE, error, request, call)
        return problems.problem(errors.Unavailable(), call.language, call.request_id)


def _arguments(spec: EndpointSpec, request: Request, call: Call, path: Mapping[str, str]) -> dict[str, Any]:
    if not all(spec.parameters.fullmatch(value) for value in path.values()):
        raise RouteNotFound
    raw = _checked_body(spec, request)
    caller = None if isinstance(spec.admits, Public) else _admitted(spec.admits, call, path)
    offered: dict[str, Any] = {**path, "caller": caller, "call": call}
    if spec.body is not None:
        offered["body"] = spec.body.model_validate_json(raw or b"{}", strict=True)
    if spec.query is not None:
        offered["query"] = spec.query.model_validate(_query_of(request))
    elif request.query_params:
        raise ValidationFailed(field="query")
    offered |= {name: _Runtime.service(kind) for name, kind in spec.services.items()}
    return {name: offered[name] for name in spec.wants}


def _admitted(admission: Admission[Any], call: Call, path: Mapping[str, str]) -> Any:
    bearer = bearer_of(call.authorization)
    return admission.admit(bearer, store.read_together(admission.keys(bearer, path)), path)


def _checked_body(spec: EndpointSpec, request: Request) -> bytes:
    raw = _raw_body(request)
    if len(raw) > spec.max_body:
        raise BodyTooLarge(fields={"kilobytes": spec.max_body // 1024})
    return raw


def _raw_body(request: Request) -> bytes:
    raw = request.raw_body or b""
    return raw.encode() if isinstance(raw, str) else raw


def _query_of(request: Request) -> dict[str, str]:
    return dict(request.query_params or {})


def _reply(spec: EndpointSpec, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if result is None:
        return Response("", status_code=204, headers={})
    model, status = (result.model, result.status) if isinstance(result, Reply) else (result, spec.status)
    return Response(model.model_dump_json(), headers={"Content-Type": "application/json"}, status_code=status)


def _call_of(request: Request) -> Call:
    headers = request.headers
    context = request.context
    return Call(
        request_id=context.get("requestId") or "",
        language=language_of(headers.get("accept-language")),
        address=context.get("identity", {}).get("sourceIp") or "",
        authorization=headers.get("authorization"),
        idempotency_key=headers.get("idempotency-key"),
        if_none_match=headers.get("if-none-match"),
        body=_raw_body(request).decode("utf-8", "replace"),
        public_url=_public_url(context),
    )


def _public_url(context: Mapping[str, Any]) -> str:
    """Where printed codes lead: the city file's address, else the gateway's own. Never the Host header, which anyone can set.

    On one machine it is always the gateway's own, for a city's real address leads to no emulator.
    """
    own = settings().city.public_url
    if own and not settings().is_local:
        return own
    scheme = "http" if settings().is_local else "https"
    return f"{scheme}://{context.get('domainName', '')}/{context.get('stage') or ''}".rstrip("/")


def _validation_problem(error: ValidationError, call: Call) -> Response:
    """Name each refused field and why, from pydantic's own error types; the input is never repeated (threats, fact 5)."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    if any(one["type"] == "json_invalid" for one in found):
        return problems.problem(InvalidJson(), call.language, call.request_id)
    fields = [
        problems.FieldProblem(
            field=_field(one["loc"]), code=one["type"], detail=problems.reason(one["type"], call.language)
        )
        for one in found[:20]
    ]
    return problems.answer(422, "validation_failed", call.language, call.request_id, fields)


def _field(location: tuple[int | str, ...]) -> str:
    """Where the refused value stood. An unknown field's name came from the caller, so it is repeated only if it looks like one."""
    steps = [str(step) if FIELD_NAME.fullmatch(str(step)) else "?" for step in location]
    return ".".join(steps) or "body"


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
