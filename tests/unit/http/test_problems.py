"""Errors as the caller sees them: one table of statuses, RFC 9457, two languages, no values (T-34)."""

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chalicelib.core import errors
from chalicelib.core.texts import Language
from chalicelib.http import problems
from chalicelib.people.errors import Held, IdentityMismatch, OwnsOrganizations, SmsBudgetSpent, TooManyTries
from tests.support.people import resident_id

SECRET = resident_id("371302", "19900101", 1)


class Inner(BaseModel):
    """A part of a body."""

    model_config = ConfigDict(extra="forbid")

    number: int


class Body(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid")

    items: list[Inner]


class Bounded(BaseModel):
    """A body with bounds of every kind."""

    text: str = Field("--", min_length=2, max_length=7)
    many: list[int] = Field([1], min_length=1, max_length=3)
    number: int = Field(5, ge=5, le=6)


def refused(body: str, language: Language = "en") -> Any:
    """The problem that pydantic's refusal of a body becomes."""
    with pytest.raises(ValidationError) as error:
        Body.model_validate_json(body)
    response = problems.refused_fields(error.value, language, "r-1")
    assert response.status_code == 422
    return json.loads(response.body)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Unauthenticated(), 401),
        (errors.Refused(), 403),
        (errors.NotFound(), 404),
        (errors.Conflict(), 409),
        (errors.Gone(), 410),
        (errors.TooLarge(), 413),
        (problems.UnsupportedMediaType(), 415),
        (errors.Invalid(), 422),
        (errors.TooMany(7), 429),
        (errors.Broken(), 500),
        (errors.Unavailable(), 503),
        (errors.GatebookError(), 500),
        (IdentityMismatch(), 403),
    ],
)
def test_each_kind_of_error_has_its_status(error: errors.GatebookError, status: int) -> None:
    assert problems.status_of(error) == status


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_problem_has_every_member_and_says_in_which_language(language: Language) -> None:
    response = problems.problem(errors.NotFound(), language, "r-1")

    assert response.headers == {"Content-Type": "application/problem+json", "Content-Language": language}
    problem = json.loads(response.body)
    assert problem == {
        "type": "/docs#not_found",
        "title": problem["title"],
        "status": 404,
        "detail": problem["detail"],
        "code": "not_found",
        "request_id": "r-1",
        "errors": [],
    }


def test_a_limit_and_an_outage_say_when_to_return() -> None:
    assert problems.problem(TooManyTries(86_399), "en", "").headers["Retry-After"] == "86399"
    assert problems.problem(SmsBudgetSpent(12), "en", "").headers["Retry-After"] == "12"
    assert problems.problem(errors.Unavailable(), "en", "").headers["Retry-After"] == "5"


def test_who_has_to_log_in_is_told_how() -> None:
    assert problems.problem(errors.Unauthenticated(), "en", "").headers["WWW-Authenticate"] == 'Bearer realm="gatebook"'


def test_an_invalid_field_is_named_with_its_reason() -> None:
    problem = json.loads(problems.problem(errors.Invalid(field="document.number"), "en", "").body)

    assert problem["errors"] == [{"field": "document.number", "code": "invalid", "detail": problem["detail"]}]


def test_what_stands_in_the_way_is_listed_beside_the_problem() -> None:
    response = problems.problem(OwnsOrganizations.listing([Held("org-1", "Spring Fair")]), "en", "")

    assert json.loads(response.body)["organizations"] == [{"org_id": "org-1", "name": "Spring Fair"}]


def test_a_refused_field_is_named_by_its_place_and_never_by_its_value() -> None:
    problem = refused(json.dumps({"items": [{"number": 1}, {"number": SECRET[:-1] + "x"}], "extra": SECRET}))

    assert [(one["field"], one["code"]) for one in problem["errors"]] == [
        ("items.1.number", "int_parsing"),
        ("extra", "extra_forbidden"),
    ]
    assert SECRET[:10] not in json.dumps(problem)


@pytest.mark.parametrize("name", ["王芳", "a b", "x" * 41, "<img>", "13800000000-", ""])
def test_a_field_name_that_looks_like_none_is_not_repeated(name: str) -> None:
    problem = refused(json.dumps({"items": [], name: 1}))

    assert [one["field"] for one in problem["errors"]] == ["?"]


def test_a_body_that_is_no_object_is_refused_as_a_whole() -> None:
    assert [one["field"] for one in refused("[]")["errors"]] == ["body"]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [("text", "", 2), ("text", "x" * 8, 7), ("many", [], 1), ("many", [1] * 4, 3), ("number", 4, 5), ("number", 7, 6)],
)
def test_a_refused_size_is_told_with_its_limit(language: Language, field: str, value: Any, limit: int) -> None:
    with pytest.raises(ValidationError) as error:
        Bounded.model_validate_json(json.dumps({field: value}))

    (problem,) = json.loads(problems.refused_fields(error.value, language, "").body)["errors"]

    assert re.findall("[0-9]+", problem["detail"]) == [str(limit)]


@pytest.mark.parametrize("body", ["", "{", "{'items': []}", '{"items": [}', "nul", "\x00"])
def test_what_is_not_json_is_said_to_be_that(body: str) -> None:
    problem = refused(body)

    assert (problem["code"], problem["errors"]) == ("invalid_json", [])


def test_of_thousands_of_refused_fields_some_are_named() -> None:
    problem = refused(json.dumps({"items": [{"number": "x"}] * 5_000}))

    assert len(problem["errors"]) == 20


@pytest.mark.parametrize(("kind", "chinese"), [("missing", "请填写此项。"), ("time_zone_offset", "请检查此项。")])
def test_a_reason_is_told_in_words_and_an_unusual_one_in_general_words(kind: str, chinese: str) -> None:
    assert problems.reason(kind, "zh-CN") == chinese
    assert problems.reason(kind, "en").isascii()
