"""`python -m infra.source [--check]`: the contract with a remote health source as OpenAPI, made from the models that the city uses.

It is written to docs/health-source.openapi.json. With `--check` nothing is written; the exit code is 1 if the file is behind.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from chalicelib.health.remote import contract, signing

FILE = Path(__file__).parents[2] / "docs/health-source.openapi.json"
SUMMARIES = {
    "/identity": "Whether name, document and phone belong to one person.",
    "/people": "All that is known of a batch of people.",
    "/changes": "Of whom anything changed since a cursor.",
    "/position": "Where what changes from now on begins.",
}
HEADERS = {
    signing.TIMESTAMP: "Seconds since 1970 when the request was signed; at most five minutes from the source's clock.",
    signing.NONCE: "New in each request; the source takes none twice within ten minutes.",
    signing.SIGNATURE: "HMAC-SHA-256 under the shared key, in base64url without padding.",
}


def document() -> dict[str, Any]:
    """The document."""
    models = [model for pair in contract.PATHS.values() for model in pair]
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "A health source for Gatebook", "version": "1", "description": "See health-source.md."},
        "paths": {path: {"post": _operation(path, *pair)} for path, pair in contract.PATHS.items()},
        "components": {"schemas": schemas["$defs"]},
    }


def _operation(path: str, question: type[contract.Part], answer: type[contract.Part]) -> dict[str, Any]:
    signed = {signing.SIGNATURE: {"required": True, "schema": {"type": "string"}}}
    answers: dict[str, Any] = {
        "200": {"description": "The answer, signed.", "headers": signed, "content": _json(answer)},
        "401": {"description": "The request is not signed, too old, or came before."},
        "429": {"description": "Too much is asked; Retry-After says in how many seconds to ask again."},
        "503": {"description": "The source can't answer now."},
    }
    if path == "/changes":
        answers["410"] = {"description": "The source does not remember since when. Signed.", "headers": signed}
    return {
        "operationId": path.removeprefix("/"),
        "summary": SUMMARIES[path],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": words, "schema": {"type": "string"}}
            for name, words in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": _json(question)},
        "responses": answers,
    }


def _json(model: type[contract.Part]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def main(arguments: list[str]) -> int:
    """Write the file, or compare it; the exit code."""
    text = json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if arguments == ["--check"]:
        return 0 if FILE.exists() and FILE.read_text(encoding="utf-8") == text else 1
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
