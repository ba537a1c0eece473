"""The OpenAPI document: paths, parameters and models, made from the routes of `app.py` and their specs."""

import re
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.http import problems
from chalicelib.http.admission import Public
from chalicelib.http.machines import Keyed
from chalicelib.http.signed import Signed
from infra.openapi.answers import FILES, HEADERS, Json, References, responses
from infra.openapi.route import Model, Route, routes
from infra.openapi.words import field_words

DESCRIPTION = """\
Group books: an organization sees of its members exactly what each of them agreed to share.

Log in with a code that is sent by SMS, then send the token of the session as `Authorization: Bearer …`. Registered sources
of facts and identities sign their requests instead. Errors are problem details (RFC 9457) in the language that `Accept-Language`
prefers, `zh-CN` or `en`; each `code` is explained on the page `/docs`. Unknown fields and parameters are refused in requests; in
answers, fields may be added at any time.

Lists that may be long come in pages: send the `cursor` of an answer to get the page after it, until it is null. Every
write may be repeated and does no more: those that create something new each time take an `Idempotency-Key`, and removing
again what is gone is answered with 204 or 404.
"""

PARAMETERS: Json = {
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "description": "The language of texts and problems: `zh-CN` (also where it says nothing) or `en`.",
        "schema": {"type": "string"},
        "example": "en",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The caller's own name for this request. Repeated within 24 hours with the same body, it creates "
        "nothing new and is answered with what was created first, or with 404 if that was deleted since. Without it each "
        "request creates.",
        "schema": {"type": "string"},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of the copy that the client has.",
        "schema": {"type": "string"},
    },
}
"""Headers that several routes read."""

SIGNED_HEADERS: Json = {
    "Gatebook-Source": "The name of the registered source that signs.",
    "Gatebook-Key": "The name of the key that it signs with.",
    "Gatebook-Time": "When it signed: RFC 3339 in UTC, to the second, at most five minutes from now.",
}
"""What a signed request says beside its signature."""

SCHEMES: Json = {
    "session": {"type": "http", "scheme": "bearer"},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Gatebook-Signature",
        "description": "For registered sources. The Ed25519 signature, in base64, of six lines joined by a line feed: "
        "`gatebook-v1`, the city's name, the method, the path from `/v1` on, the text of `Gatebook-Time`, and the SHA-256 of "
        "the body in hexadecimal.",
    },
    "kiosk": {
        "type": "http",
        "scheme": "kiosk",
        "description": "For kiosks: `Authorization: Kiosk <place_id>.<kiosk_id>.<secret>`, as `POST /v1/places/{place_id}/kiosks` "
        "told them once.",
    },
}
"""How callers show who they are."""

SOURCES = re.compile(r" ?\((?:[BRT]-?[0-9.]+(?:, )?)+\)")
"""Where a rule comes from, such as `(R1.3)`: for readers of the code, not of the API."""


class _Schemas(GenerateJsonSchema):
    """Schemas without titles that only repeat a field's name, and with what models say below their fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  asked by pydantic of each field
        """No field needs one."""
        return False

    def model_schema(self, schema: Any) -> Any:
        """The schema of one model; what a field says by itself comes before what stands below it."""
        made, model = super().model_schema(schema), schema["cls"]
        for name, words in field_words(model).items():
            made["properties"][_stated(model.model_fields[name], name)].setdefault("description", words)
        return made


def _stated(field: FieldInfo, name: str) -> str:
    """What a field is called outside, where its name is a word of Python's own."""
    return field.serialization_alias or field.alias or name


def document() -> Json:
    """The description of the whole API."""
    all_routes = list(routes())
    references, schemas = _schemas(all_routes)
    paths: Json = {}
    for route in all_routes:
        paths.setdefault(route.path, {})[route.method] = _operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gatebook", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "."}],
        "tags": [{"name": name, "description": words} for name, words in _features(all_routes)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": SCHEMES,
        },
    }


def _schemas(all_routes: list[Route]) -> tuple[References, Json]:
    """A reference to each model that is read or answered, and the models."""
    models: dict[Model, None] = {(problems.Problem, "serialization"): None}
    for route in all_routes:
        models |= {model: None for model in (route.body, route.answer) if model is not None}
    references: Any
    references, schemas = models_json_schema(
        list(models), ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    return references, _without_sources(schemas["$defs"])


def _without_sources(value: Any) -> Any:
    """The same schemas with descriptions that name no source."""
    if isinstance(value, str):
        return SOURCES.sub("", value)
    if isinstance(value, dict):
        return {key: _without_sources(one) for key, one in value.items()}
    return [_without_sources(one) for one in value] if isinstance(value, list) else value


def _features(all_routes: list[Route]) -> Iterator[tuple[str, str]]:
    """The features that have routes, each with what its package says of itself."""
    for name in sorted({route.feature for route in all_routes}):
        yield name, (sys.modules[f"chalicelib.{name}"].__doc__ or "").strip()


def _operation(route: Route, references: References) -> Json:
    words = SOURCES.sub("", " ".join((route.view.__doc__ or "").split()))
    operation = {
        "operationId": route.name,
        "summary": words.partition(". ")[0].rstrip("."),
        "description": words,
        "tags": [route.feature],
        "x-admits": route.spec.admits.name,
        "security": [] if isinstance(route.spec.admits, Public) else [{_scheme(route): []}],
        "parameters": list(_parameters(route)),
        "responses": responses(route, references),
    }
    if route.body is not None:
        operation["requestBody"] = _request_body(route.body, references)
    return operation


def _scheme(route: Route) -> str:
    if isinstance(route.spec.admits, Keyed):
        return "kiosk"
    return "signature" if isinstance(route.spec.admits, Signed) else "session"


def _request_body(model: Model, references: References) -> Json:
    return {
        "required": any(field.is_required() for field in model[0].model_fields.values()),
        "content": {"application/json": {"schema": references[model]}},
    }


def _parameters(route: Route) -> Iterator[Json]:
    for part in route.path.split("/"):
        if part.startswith("{"):
            schema = {"type": "string", "pattern": f"^{route.spec.parameters.pattern}$"}
            yield {"name": part[1:-1], "in": "path", "required": True, "schema": schema}
    if route.spec.query is not None:
        yield from _query_parameters(route.spec.query)
    if isinstance(route.spec.admits, Signed):
        for name, words in SIGNED_HEADERS.items():
            yield {"name": name, "in": "header", "required": True, "description": words, "schema": {"type": "string"}}
    if route.creates_once:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}
    yield {"$ref": f"#/components/parameters/{'IfNoneMatch' if route.name in FILES else 'AcceptLanguage'}"}


def _query_parameters(query: type[BaseModel]) -> Iterator[Json]:
    """A parameter for each field. One that may be absent is a string or number, never null: a query has no null."""
    model = query.model_json_schema(schema_generator=_Schemas)
    for name, field in model.get("properties", {}).items():
        options = [option for option in field.get("anyOf", [field]) if option.get("type") != "null"]
        schema = {key: value for key, value in options[0].items() if key != "description"}
        words = {"description": SOURCES.sub("", field["description"])} if "description" in field else {}
        yield {"name": name, "in": "query", "required": name in model.get("required", ()), "schema": schema, **words}
