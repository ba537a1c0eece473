"""The API's description is what the code says, complete, and valid OpenAPI 3.1."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import BaseModel
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from chalicelib.core.errors import GatebookError
from chalicelib.core.texts import LANGUAGES, contents
from infra.openapi.__main__ import files, main
from infra.openapi.document import document
from infra.openapi.route import routes

pytestmark = pytest.mark.architecture

Json = dict[str, Any]


@pytest.fixture(scope="module")
def described() -> Json:
    return document()


def operations(described: Json) -> dict[tuple[str, str], Json]:
    return {
        (method, path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


def test_the_files_are_current() -> None:
    stale = [path.name for path, text in files().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run make openapi"
    assert main(["--check"]) == 0


def test_a_stale_file_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("infra.openapi.__main__.page", lambda _: "changed")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "docs.html not current: run make openapi\n"


def test_the_description_is_valid(described: Json) -> None:
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(described)] == []


def test_every_route_is_described(described: Json) -> None:
    from app import app

    served = {(method.lower(), path) for path, methods in app.routes.items() for method in methods}
    assert set(operations(described)) == served


def test_every_operation_says_who_may_call_it(described: Json) -> None:
    for (method, path), operation in operations(described).items():
        assert operation["summary"], (method, path)
        needed: list[Json] = {"public": [], "source, signed": [{"signature": []}], "kiosk": [{"kiosk": []}]}.get(
            operation["x-admits"], [{"session": []}]
        )
        assert operation["security"] == needed
        assert re.findall(r"{(\w+)}", path) == [
            one["name"] for one in operation["parameters"] if one.get("in") == "path"
        ]


def test_only_the_creates_without_a_natural_key_take_an_idempotency_key(described: Json) -> None:
    reference = {"$ref": "#/components/parameters/IdempotencyKey"}
    takers = [key for key, operation in operations(described).items() if reference in operation["parameters"]]
    book = "/v1/organizations/{org_id}"
    creates = [f"{book}/departments", f"{book}/exports", f"{book}/invitations"]
    assert takers == [("post", path) for path in ("/v1/organizations", *creates, "/v1/places")]


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_every_model_is_described_as_pydantic_describes_it(described: Json, mode: str) -> None:
    models = [model for route in routes() for model in (route.body, route.answer) if model is not None]
    for model, of_mode in models:
        if of_mode == mode:
            own: type[BaseModel] = model
            schema = own.model_json_schema(mode=of_mode)
            stored = described["components"]["schemas"][own.__name__]
            assert list(stored["properties"]) == list(schema["properties"])
            assert stored.get("required", []) == schema.get("required", [])
            assert stored.get("additionalProperties") is (False if mode == "validation" else None)


def test_a_list_says_how_long_its_pages_may_be(described: Json) -> None:
    parameters = described["paths"]["/v1/me/access-log"]["get"]["parameters"]
    limits = [one["schema"] for one in parameters if one.get("name") == "limit"]
    assert limits == [{"type": "integer", "minimum": 1, "maximum": 100, "default": 50}]


def test_every_announced_code_has_its_words(described: Json) -> None:
    for key, operation in operations(described).items():
        codes = [code for answer in operation["responses"].values() for code in answer.get("x-codes", ())]
        assert codes, key
        assert all(set(LANGUAGES) <= set(contents("errors")[code]["title"]) for code in codes)


def test_every_code_of_the_service_is_explained() -> None:
    explained = page_of()
    own = [error for error in _subclasses(GatebookError) if error.__module__.startswith("chalicelib.")]
    assert {error.code for error in own} <= explained.ids


def test_the_page_is_inert_and_its_links_lead_somewhere() -> None:
    page = page_of()
    assert page.tags.isdisjoint({"script", "style", "iframe", "img", "form"})
    assert page.attributes <= {"lang", "charset", "name", "content", "rel", "href", "id", "class"}
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner <= page.ids
    assert page.links - {f"#{one}" for one in inner} == {"static/style.css", "openapi.json", "data:,"}


class Page(HTMLParser):
    """What an HTML page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values["id"]} if "id" in values else set()
        self.links |= {values["href"]} if "href" in values else set()


def page_of() -> Page:
    page = Page()
    page.feed(next(text for path, text in files().items() if path.name == "docs.html"))
    return page


def _subclasses(error: type[GatebookError]) -> set[type[GatebookError]]:
    below = set(error.__subclasses__())
    return below.union(*(_subclasses(one) for one in below)) if below else set()
