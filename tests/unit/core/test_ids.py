from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import clock, ids

AT = datetime(2022, 4, 6, 1, 2, 3, 456_000, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def test_ids_are_26_characters_that_fit_a_path() -> None:
    assert all(len(id_) == 26 and set(id_) <= set(ALPHABET) for id_ in (ids.new_id() for _ in range(100)))


def test_ids_of_one_moment_differ() -> None:
    with clock.frozen(AT):
        assert len({ids.new_id() for _ in range(10_000)}) == 10_000


def test_an_id_tells_its_moment() -> None:
    with clock.frozen(AT):
        assert ids.time_of(ids.new_id()) == AT


def test_the_specification_s_example_reads_as_it_says() -> None:
    # The timestamp of the examples in github.com/ulid/spec.
    assert ids.time_of("01arz3ndektsv4rrffq69g5fav") == datetime(2016, 7, 30, 23, 54, 10, 259_000, tzinfo=UTC)


@given(MOMENTS, MOMENTS)
def test_ids_sort_by_time(one: datetime, other: datetime) -> None:
    early, late = sorted([one, other])
    if late - early >= timedelta(milliseconds=1):
        assert ids.derived_id(early, "x") < ids.derived_id(late, "a")


@given(MOMENTS)
def test_the_first_id_of_a_moment_is_before_every_other_of_it(at: datetime) -> None:
    assert ids.first_id(at) < ids.derived_id(at, "x") < ids.first_id(at + timedelta(milliseconds=1))


@given(st.binary(min_size=16, max_size=16))
def test_bytes_and_ids_are_two_spellings_of_one_thing(raw: bytes) -> None:
    assert ids.to_bytes(ids.from_bytes(raw)) == raw


@given(st.text(alphabet=ALPHABET, min_size=26, max_size=26))
def test_no_two_spellings_have_the_same_bytes(spelling: str) -> None:
    try:
        raw = ids.to_bytes(spelling)
    except ValueError:
        assert spelling[0] > "7"
    else:
        assert ids.from_bytes(raw) == spelling


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "01arz3ndektsv4rrffq69g5fa",
        "01arz3ndektsv4rrffq69g5favv",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "01arz3ndektsv4rrffq69g5fau",
        "81arz3ndektsv4rrffq69g5fav",
        "01arz3ndektsv4rrffq69g5fa" + "\uff56",
    ],
)
def test_anything_else_is_no_id(wrong: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        ids.to_bytes(wrong)
    with pytest.raises(ValueError, match="not an id"):
        ids.time_of(wrong)


def test_only_16_bytes_make_an_id() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        ids.from_bytes(b"short")


def test_the_same_event_has_the_same_id_and_another_has_another() -> None:
    one = ids.derived_id(AT, "org", "member")

    assert one == ids.derived_id(AT, "org", "member")
    assert ids.time_of(one) == AT
    others = [ids.derived_id(AT, *parts) for parts in (["orgm", "ember"], ["orgmember"], ["org", "member", ""], [])]
    assert len({one, *others}) == 5
