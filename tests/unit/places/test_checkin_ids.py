"""How check-ins are called outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import ids
from chalicelib.core.crypto import encode
from chalicelib.places.tables import CheckinRow
from chalicelib.places.visiting.keys import checkin_id_of, read_checkin_id


@given(
    st.binary(min_size=16, max_size=16),
    st.dates(),
    st.integers(0, 255),
    st.integers(0, 2**32 - 1),
    st.binary(min_size=16, max_size=16),
)
def test_a_name_leads_back_to_its_key(place: bytes, day: object, shard: int, bucket: int, member: bytes) -> None:
    try:
        place_id = ids.from_bytes(place)
        ids.to_bytes(place_id)
    except ValueError:
        return
    row = CheckinRow(f"{place_id}#{day}#{shard}", f"{bucket:08d}#{encode(member)}")

    name = checkin_id_of(row)
    key = read_checkin_id(name)

    assert key is not None
    assert (key.hash_value, key.range_value) == (row.part, row.sk)
    assert len(name) <= 64


@given(st.text(max_size=80) | st.binary(max_size=60).map(encode))
def test_anything_else_is_no_name(text: str) -> None:
    key = read_checkin_id(text)
    if key is not None:
        assert len(text) == 55


@pytest.mark.parametrize("text", ["", "A", "A" * 54, "A" * 55, "A" * 56, "é" * 55])
def test_what_is_too_long_short_or_of_no_day_is_none(text: str) -> None:
    assert read_checkin_id(text) is None
