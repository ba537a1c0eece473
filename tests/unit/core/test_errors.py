import pickle
from collections.abc import Callable

import pytest

from chalicelib.core.errors import (
    Broken,
    Conflict,
    GatebookError,
    Gone,
    Invalid,
    NotFound,
    Refused,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)


class InvalidColour(Invalid):
    code = "invalid_colour"
    field = "colour"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound, "not_found"),
        (Conflict, "conflict"),
        (Gone, "gone"),
        (Refused, "refused"),
        (Invalid, "invalid"),
        (Unauthenticated, "unauthenticated"),
        (TooLarge, "too_large"),
        (Unavailable, "unavailable"),
        (Broken, "broken_record"),
    ],
)
def test_each_base_has_its_own_code(error: Callable[[], GatebookError], code: str) -> None:
    assert error().code == code
    assert str(error()) == code


def test_the_text_of_an_error_holds_nothing_but_its_code() -> None:
    error = InvalidColour(fields={"limit": 3})

    assert (str(error), error.fields, error.field) == ("invalid_colour", {"limit": 3}, "colour")


def test_an_error_may_name_another_field_than_its_class() -> None:
    assert InvalidColour(field="items.0.colour").field == "items.0.colour"
    assert InvalidColour.field == "colour"
    assert Invalid().field is None


def test_limits_and_outages_say_in_seconds_when_to_come_back() -> None:
    assert TooMany(60).retry_after == 60
    assert Unavailable().retry_after == 5
    assert Unavailable(30).retry_after == 30


def test_errors_do_not_share_their_fields() -> None:
    one = NotFound()
    one.fields["limit"] = 1

    assert NotFound().fields == {}


def test_an_error_survives_a_process_boundary() -> None:
    copy = pickle.loads(pickle.dumps(InvalidColour(field="x", fields={"limit": 3})))  # noqa: S301

    assert (copy.code, copy.field, copy.fields) == ("invalid_colour", "x", {"limit": 3})
