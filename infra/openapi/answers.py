"""What a route answers, where all is well and where it is not, as OpenAPI's response objects."""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.http import problems
from infra.openapi.route import Model, Route

Json = dict[str, Any]
References = Mapping[Model, Json]

HEADERS: Json = {
    "Location": {"description": "Where it is, relative to this address.", "schema": {"type": "string"}},
    "ETag": {"description": "Names this version of the file.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds after which another try makes sense.", "schema": {"type": "integer"}},
    "WwwAuthenticate": {"description": "Says that a bearer token is asked for.", "schema": {"type": "string"}},
    "XRequestId": {"description": "The number under which operators find the request.", "schema": {"type": "string"}},
}
"""The headers of answers, as components of the document."""

FILES = {
    "docs": ("text/html",),
    "openapi": ("application/json",),
    "static": ("text/css", "text/javascript"),
}
"""Views that answer with a file, which a client may have already, and the types of what they answer."""

PAGES = {
    "open_code": frozenset({404, 409, 410}),
    "print_code": frozenset({404, 409, 410}),
    "open_screen": frozenset[int](),
}
"""Views that answer with a page, and the statuses of problems that they answer with a page too."""

SAVED = {
    "export_csv": "text/csv",
    "export_checkins": "text/csv",
    **dict.fromkeys(("show_qr", "show_dependants_qr", "draw_paper_pass"), "image/svg+xml"),
}
"""Views that answer with a file of somebody's own, and its type."""

SIGNPOSTS = frozenset({"start"})
"""Views that only say where something else is."""

GOOD = {200: "Done.", 201: "Created.", 202: "Accepted; it is carried out after the answer.", 204: "Done."}
BAD = {
    401: "Log in, or prove something again.",
    403: "The caller may not do this.",
    404: "It does not exist, or not for this caller.",
    409: "It contradicts what is stored now.",
    410: "It existed and has ended.",
    413: "The request is too large.",
    415: "The body is not JSON.",
    422: "The request holds a value that cannot be accepted.",
    429: "A limit is used up.",
    500: "Something is wrong on the service's side.",
    503: "Something does not answer now; another try makes sense.",
}
RETRY_AFTER = {"Retry-After": "RetryAfter"}
HEADERS_OF_PROBLEMS = {401: {"WWW-Authenticate": "WwwAuthenticate"}, 429: RETRY_AFTER, 503: RETRY_AFTER}


def responses(route: Route, references: References) -> Json:
    """The answers where all is well, each problem that is announced, and the form of any other."""
    return {
        **{str(status): answer for status, answer in _good(route, references)},
        **{str(status): _problem(route, status, codes) for status, codes in route.codes.items()},
        "default": {"description": "Any other problem.", "content": _problem_content(), "headers": _headers({})},
    }


def _good(route: Route, references: References) -> Iterator[tuple[int, Json]]:
    if route.answer is not None:
        content = {"application/json": {"schema": references[route.answer]}}
        for status in (route.spec.status, *route.spec.other_statuses):
            yield status, {"description": GOOD[status], "content": content, "headers": _headers({})}
    elif route.spec.returns is None:
        yield 204, {"description": GOOD[204], "headers": _headers({})}
    elif route.name in PAGES:
        yield route.spec.status, {"description": "The page.", "content": _html(), "headers": _headers({})}
    elif route.name in SAVED:
        content = {SAVED[route.name]: {"schema": {"type": "string"}}}
        yield 200, {"description": "The file.", "content": content, "headers": _headers({})}
    elif route.name in SIGNPOSTS:
        yield 302, {"description": "It is elsewhere.", "headers": _headers({"Location": "Location"})}
    else:
        content = {kind: {"schema": _file_schema(kind)} for kind in FILES[route.name]}
        headers = _headers({"ETag": "ETag"})
        yield 200, {"description": "The file.", "content": content, "headers": headers}
        yield 304, {"description": "The client has it.", "headers": headers}


def _problem(route: Route, status: int, codes: list[str]) -> Json:
    also_a_page = _html() if status in PAGES.get(route.name, ()) else {}
    return {
        "description": BAD[status],
        "x-codes": codes,
        "content": _problem_content() | also_a_page,
        "headers": _headers(HEADERS_OF_PROBLEMS.get(status, {})),
    }


def _problem_content() -> Json:
    return {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _html() -> Json:
    return {"text/html": {"schema": {"type": "string"}}}


def _file_schema(kind: str) -> Json:
    return {"type": "object" if kind == "application/json" else "string"}


def _headers(more: Mapping[str, str]) -> Json:
    named = {"X-Request-Id": "XRequestId", **more}
    return {name: {"$ref": f"#/components/headers/{component}"} for name, component in named.items()}
