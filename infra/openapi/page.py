"""The page `/docs`: the API in words, one HTML file without script, made from the OpenAPI document.

Everything that is not markup of this module passes through `escape`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from chalicelib.core.texts import LANGUAGES, contents

Json = Mapping[str, Any]

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gatebook API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="static/style.css">
</head>
<body class="wide">
<main>
<h1>Gatebook API</h1>
{introduction}
<p>For machines: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<nav>
{contents}
</nav>
{features}
<h2 id="models">Models</h2>
{models}
<h2 id="problems">Problems</h2>
<p>What the <code>code</code> of a problem means, and what the caller reads, in both languages.</p>
{problems}
<h2 id="reasons">Reasons</h2>
<p>The <code>code</code> of an entry in <code>errors</code>, for a field that was refused. Other codes are problems
from the list above.</p>
<dl>
{reasons}
</dl>
</main>
</body>
</html>
"""

OPERATION = """\
<section id="op-{name}">
<h3><code>{method} {path}</code></h3>
<p>{description}</p>
<dl>
<dt>Who may call</dt><dd>{admits}</dd>
{parameters}{body}<dt>Answers</dt>{answers}
<dt>Problems</dt>{problems}
</dl>
</section>
"""

MODEL = """\
<section id="model-{name}">
<h3><code>{name}</code></h3>
<p>{description}</p>
<dl>
{fields}
</dl>
</section>
"""


def page(document: Json) -> str:
    """The whole page."""
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = document["components"]["schemas"]
    features = [(tag, [one for one in operations if tag["name"] in one[2]["tags"]]) for tag in document["tags"]]
    return PAGE.format(
        introduction="\n".join(f"<p>{_code(part)}</p>" for part in document["info"]["description"].split("\n\n")),
        contents="\n".join(_contents(tag, own) for tag, own in features),
        features="\n".join(_feature(tag, own, document) for tag, own in features),
        models="".join(_model(name, schema, schemas) for name, schema in sorted(schemas.items())),
        problems="".join(_problem(code, words) for code, words in contents("errors").items() if "title" in words),
        reasons="\n".join(_both(code, words) for code, words in contents("errors")["field_reasons"].items()),
    )


def _contents(tag: Json, operations: Iterable[tuple[str, str, Json]]) -> str:
    links = [
        f'<li><a href="#op-{escape(one["operationId"])}"><code>{method.upper()} {escape(path)}</code></a> '
        f"{escape(one['summary'])}</li>"
        for path, method, one in operations
    ]
    return f"<h2>{escape(tag['name'])}</h2>\n<ul>\n" + "\n".join(links) + "\n</ul>"


def _feature(tag: Json, operations: Iterable[tuple[str, str, Json]], document: Json) -> str:
    head = f"<h2>{escape(tag['name'])}</h2>\n<p>{escape(tag['description'])}</p>\n"
    return head + "".join(_operation(path, method, one, document) for path, method, one in operations)


def _operation(path: str, method: str, operation: Json, document: Json) -> str:
    components = document["components"]
    responses = operation["responses"]
    return OPERATION.format(
        name=escape(operation["operationId"]),
        method=method.upper(),
        path=escape(path),
        description=_code(operation["description"]),
        admits=escape(operation["x-admits"]),
        parameters="".join(_parameter(one, components["parameters"]) for one in operation["parameters"]),
        body=_body(operation.get("requestBody"), components["schemas"]),
        answers="".join(
            _answer(status, one) for status, one in responses.items() if "x-codes" not in one and status != "default"
        ),
        problems="".join(_codes(status, one["x-codes"]) for status, one in responses.items() if "x-codes" in one),
    )


def _parameter(parameter: Json, shared: Json) -> str:
    if "$ref" in parameter:
        parameter = shared[_name(parameter)]
    words = f" {_code(parameter['description'])}" if "description" in parameter else ""
    needed = "required" if parameter.get("required") else "optional"
    place = escape(parameter["in"])
    return _field(parameter["name"], f"{place}, {needed}, {_kind(parameter['schema'])}.{words}")


def _body(body: Json | None, schemas: Json) -> str:
    if body is None:
        return ""
    schema = body["content"]["application/json"]["schema"]
    fields = "".join(_fields("", schema, schemas))
    return f"<dt>Body</dt><dd>JSON, {_kind(schema)}</dd>\n{fields}"


def _fields(prefix: str, schema: Json, schemas: Json) -> Iterator[str]:
    """A line for each field of a model; those of a model inside it follow with dotted names."""
    model = schemas[_name(schema)]
    for name, field in model.get("properties", {}).items():
        needed = "required" if name in model.get("required", ()) else "optional"
        words = f" {_code(field['description'])}" if "description" in field else ""
        yield _field(f"{prefix}{name}", f"{needed}, {_kind(field)}.{words}")
        if "$ref" in field and "properties" in schemas[_name(field)]:
            yield from _fields(f"{prefix}{name}.", field, schemas)


def _answer(status: str, response: Json) -> str:
    kinds = [
        _kind(media["schema"]) if "$ref" in media["schema"] else f"<code>{escape(kind)}</code>"
        for kind, media in response.get("content", {}).items()
    ]
    return f"<dd>{escape(status)} {' or '.join(kinds)} {escape(response['description'])}</dd>"


def _codes(status: str, codes: Iterable[str]) -> str:
    links = ", ".join(f'<a href="#{escape(code)}"><code>{escape(code)}</code></a>' for code in codes)
    return f"<dd>{escape(status)} {links}</dd>"


def _model(name: str, schema: Json, schemas: Json) -> str:
    fields = "".join(_fields("", {"$ref": name}, schemas)) or f"<dt>Values</dt><dd>{_kind(schema)}</dd>"
    return MODEL.format(name=escape(name), description=_code(schema.get("description", "")), fields=fields)


def _problem(code: str, words: Json) -> str:
    lines = [
        f'<p lang="{language}"><strong>{escape(words["title"][language])}</strong> {escape(words["detail"][language])}</p>'
        for language in LANGUAGES
    ]
    return (
        f'<section id="{escape(code)}">\n<h3><code>{escape(code)}</code></h3>\n' + "\n".join(lines) + "\n</section>\n"
    )


def _both(code: str, words: Json) -> str:
    """Why a field is refused; in place of what differs from field to field stands an ellipsis."""
    blanks: defaultdict[str, str] = defaultdict(lambda: "…")
    texts = "".join(f'<p lang="{language}">{escape(words[language].format_map(blanks))}</p>' for language in LANGUAGES)
    return f"<dt><code>{escape(code)}</code></dt><dd>{texts}</dd>"


def _kind(schema: Json) -> str:
    """What a schema admits, in words."""
    if "$ref" in schema:
        name = escape(_name(schema))
        return f'<a href="#model-{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    limits = [f"{word} {escape(_plain(schema[key]))}" for key, word in LIMITS.items() if key in schema]
    return ", ".join([escape(schema.get("format", schema.get("type", "anything"))), *limits])


LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "minLength": "characters at least",
    "maxLength": "characters at most",
    "pattern": "of the form",
    "default": "default",
}
"""Keywords of JSON Schema and how they are said."""


def _plain(value: Any) -> str:
    """A value as JSON writes it, but text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def _field(name: str, words: str) -> str:
    return f"<dt><code>{escape(name)}</code></dt><dd>{words}</dd>\n"


def _code(text: str) -> str:
    """A text in which what stands between backticks is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _name(schema: Json) -> str:
    """The last part of a reference."""
    return str(schema["$ref"]).rpartition("/")[2]
