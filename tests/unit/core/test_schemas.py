"""What a request may say: numbers and moments are read as JSON Schema reads them, not as Python does."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.core.schemas import Input, Moment, PageQuery


class Appointment(Input):
    """A body with a moment."""

    at: Moment | None = None


def appointment(at: Any) -> Appointment:
    return Appointment.model_validate_json(json.dumps({"at": at}), strict=True)


@pytest.mark.parametrize(
    "at",
    ["2030-01-01T00:00:00Z", "2030-01-01t00:00:00z", "2030-01-01T08:00:00+08:00", "2030-01-01T00:00:00.000000Z"],
)
def test_a_moment_is_text_with_its_offset(at: str) -> None:
    assert appointment(at).at == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "at",
    ["1893456000", 1893456000, 1.5, True, "", "soon", "2030-01-01", "2030-01-01T00:00:00", "2030-13-01T00:00:00Z"],
)
def test_anything_else_is_no_moment(at: object) -> None:
    with pytest.raises(ValidationError) as refused:
        appointment(at)
    assert refused.value.errors()[0]["type"] in {"datetime_type", "timezone_aware"}


@pytest.mark.parametrize("limit", ["1", "50", "100", 7])
def test_a_limit_is_digits(limit: str | int) -> None:
    assert PageQuery.model_validate({"limit": limit}).limit == int(limit)


@pytest.mark.parametrize("limit", ["", " 5", "5 ", "+5", "5.0", "1_0", "1e1", "0", "-5", "101", "9" * 30, "٥"])
def test_what_python_alone_takes_for_a_number_is_no_limit(limit: str) -> None:
    with pytest.raises(ValidationError):
        PageQuery.model_validate({"limit": limit})
