"""docs/health-source.md and its OpenAPI say what the city does."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.city_secrets import key_of
from chalicelib.health.remote import contract
from chalicelib.health.remote.client import ANSWER_BYTES, TRIES, TRY_SECONDS
from chalicelib.health.remote.signing import NONCE, SIGNATURE, TIMESTAMP, answer_signature, request_signature
from infra.source.__main__ import document, main
from infra.source.faults import MODES

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "health-source.md").read_text(encoding="utf-8")


def test_the_openapi_is_that_of_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads((DOCS / "health-source.openapi.json").read_text(encoding="utf-8")) == document()


def test_the_snippet_signs_as_the_city_does() -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    found: dict[str, Any] = {}
    exec(snippet, found)  # noqa: S102  the document's own
    key = key_of("the secret's text")
    body = found["body"]
    assert found["request"] == request_signature(key, "/gatebook/v1/changes", "1700000000", "a-nonce", body)
    assert found["answer"] == answer_signature(key, "a-nonce", 200, b"{}")
    assert hashlib.sha256(body).hexdigest()
    assert contract.ChangesQuestion.model_validate_json(body).limit == 100


def test_every_path_header_and_mode_is_named() -> None:
    for word in (*contract.PATHS, TIMESTAMP, NONCE, SIGNATURE, *MODES):
        assert word in TEXT, word
    for model, _ in contract.PATHS.values():
        for name in model.model_fields:
            assert f"`{name}`" in TEXT, name
    assert (TRY_SECONDS, TRIES, ANSWER_BYTES) == (3.0, 3, 4 * 1024 * 1024), "the page says so in words"
