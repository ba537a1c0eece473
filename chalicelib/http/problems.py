"""Errors as the caller sees them: one table from domain errors to HTTP statuses, RFC 9457 bodies, two languages."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from chalice.app import Response
from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.core import errors
from chalicelib.core.texts import Language, contents, text


class UnsupportedMediaType(errors.GatebookError):
    """A body came in another format than JSON."""

    code = "unsupported_media_type"


STATUSES: dict[type[errors.GatebookError], int] = {
    errors.Unauthenticated: 401,
    errors.Refused: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    UnsupportedMediaType: 415,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Broken: 500,
    errors.Unavailable: 503,
}
"""The whole policy. A feature subclasses a base; it never names a status."""

CONTENT_TYPE = "application/problem+json"
BEARER = 'Bearer realm="gatebook"'
"""What a 401 asks for (RFC 9110, 11.6.1) where its error names no other `challenge`."""
_NO_WORDS: errors.Fields = MappingProxyType({})
FIELD_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
LIMITS = ("min_length", "max_length", "ge", "le")
"""What pydantic's context calls the bounds of a schema, which a reason may name."""

FIELDS_NAMED = 20
"""How many refused fields an answer names; a body may hold thousands."""


class FieldProblem(BaseModel):
    """One field that was refused. It names the field and the reason, never the value."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """The body of every error (RFC 9457)."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: Sequence[FieldProblem] = ()


def status_of(error: errors.GatebookError) -> int:
    """The HTTP status of a domain error; 500 for one outside the table."""
    return next((status for base, status in STATUSES.items() if isinstance(error, base)), 500)


def problem(error: errors.GatebookError, language: Language, request_id: str) -> Response:
    """The answer to a domain error."""
    fields: list[FieldProblem] = []
    if isinstance(error, errors.Invalid) and error.field:
        detail = text("errors", f"{error.code}.detail", language, **error.fields)
        fields = [FieldProblem(field=error.field, code=error.code, detail=detail)]
    response = answer(
        status_of(error), error.code, language, request_id, fields, words=error.fields, **error.extensions
    )
    response.headers.update(_headers(error))
    return response


def answer(  # noqa: PLR0913
    status: int,
    code: str,
    language: Language,
    request_id: str,
    fields: Sequence[FieldProblem] = (),
    *,
    words: errors.Fields = _NO_WORDS,
    **extensions: Any,
) -> Response:
    """A problem with this status and code; `words` fill its text, `extensions` are further members (RFC 9457, 3.2)."""
    body = Problem(
        type=f"/docs#{code}",
        title=text("errors", f"{code}.title", language, **words),
        status=status,
        detail=text("errors", f"{code}.detail", language, **words),
        code=code,
        request_id=request_id,
        errors=fields,
        **extensions,
    )
    headers: dict[str, str | list[str]] = {"Content-Type": CONTENT_TYPE, "Content-Language": language}
    return Response(body.model_dump_json(), headers=headers, status_code=status)


def _headers(error: errors.GatebookError) -> dict[str, Any]:
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": getattr(error, "challenge", BEARER)}
    if isinstance(error, errors.TooMany | errors.Unavailable):
        return {"Retry-After": str(error.retry_after)}
    return {}


def refused_fields(error: ValidationError, language: Language, request_id: str) -> Response:
    """Name each refused field and why, from pydantic's own error types; the input is never repeated (threats, fact 5)."""
    found = error.errors(include_input=False, include_url=False)
    if any(one["type"] == "json_invalid" for one in found):
        return answer(422, "invalid_json", language, request_id)
    fields = [
        FieldProblem(
            field=_field(one["loc"]), code=one["type"], detail=reason(one["type"], language, one.get("ctx", {}))
        )
        for one in found[:FIELDS_NAMED]
    ]
    return answer(422, "validation_failed", language, request_id, fields)


def _field(location: tuple[int | str, ...]) -> str:
    """Where the refused value stood. An unknown field's name came from the caller, so it is repeated only if it looks like one."""
    steps = [str(step) if FIELD_NAME.fullmatch(str(step)) else "?" for step in location]
    return ".".join(steps) or "body"


def reason(kind: str, language: Language, context: Mapping[str, Any] = _NO_WORDS) -> str:
    """Why a field was refused, in words; `kind` is pydantic's error type, and an unusual one gets the general word.

    Of its context only the values that the schema allows are used: the rest may hold what the caller sent.
    """
    known = contents("errors").get("field_reasons", {})
    expected = ", ".join(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
    limits = {name: str(context[name]) for name in LIMITS if name in context}
    return text("errors", f"field_reasons.{kind if kind in known else 'other'}", language, expected=expected, **limits)
