"""What models say below their fields gets into the description of the API, without a cold start reading it."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from chalicelib.core.schemas import Input, Output, PageQuery, Query
from infra.openapi.document import document
from infra.openapi.words import field_words


class Book(BaseModel):
    """A book."""

    silent: int
    name: str
    """What its members
    know it by."""
    title: Annotated[str, Field(description="Said by the field.")] = ""

    LIMIT: ClassVar = 3
    """Not a field."""


class SchoolBook(Book):
    """One of a school."""

    name: str
    """The school's name."""
    year: int
    """The year group."""


def test_what_stands_below_a_field_is_about_it() -> None:
    assert field_words(Book) == {"name": "What its members\nknow it by."}


def test_what_is_inherited_is_there_and_what_is_said_anew_counts() -> None:
    assert field_words(SchoolBook) == {"name": "The school's name.", "year": "The year group."}
    assert field_words(BaseModel) == {}


def test_the_description_of_the_api_has_the_words() -> None:
    described = document()
    limits = [
        parameter
        for operation in described["paths"]["/v1/me/access-log"].values()
        for parameter in operation["parameters"]
        if parameter.get("name") == "limit"
    ]

    assert field_words(PageQuery)["limit"].startswith("Rows of one page")
    assert [one["description"] for one in limits] == ["Rows of one page, at most 100."]


def test_a_cold_start_reads_no_source() -> None:
    assert not any(model.model_config.get("use_attribute_docstrings") for model in (Input, Query, Output))
