"""Rows as the engines take them: every attribute of every kind, what is empty, what is too large (R-11, R-31)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import reduce
from operator import and_
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.attributes import (
    BinaryAttribute,
    BinarySetAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)

from chalicelib.core import clock, ids, store
from chalicelib.core.errors import TooLarge
from chalicelib.core.store import Row, Transaction
from chalicelib.groups.tables import OrganizationRow
from chalicelib.health.tables import FactRow
from chalicelib.people.tables.people import PersonRow
from tests.engines.conftest import Engine
from tests.engines.rows import organization

pytestmark = pytest.mark.usefixtures("engine")

KILOBYTE = 1024
SETS = (UnicodeSetAttribute, NumberSetAttribute, BinarySetAttribute)


def kinds(table: type[Row] = Row) -> Iterator[type[Row]]:
    """Every kind of row that is imported, tables without kinds of their own included."""
    import app  # noqa: F401

    for kind in table.__subclasses__():
        if kind.__module__.startswith("chalicelib."):
            if "from_raw_data" not in vars(kind):  # else it reads rows of other kinds, and none is its own
                yield kind
            yield from kinds(kind)


STATUS = {"state": "green", "since": None, "until": None, "as_of": "2022-04-05T02:00:00Z"}
OF_THEIR_OWN = {
    "policies": {"/": {"": {"travel": 7}}},
    "occurred_at": "2022-04-05T02:00:00Z",
    "category": "question",
    "status": STATUS,
    "answers": {"fever": "no"},
}
"""Values of attributes that are read back in one form only."""


def value_of(attribute: Any) -> Any:
    """Some value for an attribute of this type."""
    if attribute.attr_name in OF_THEIR_OWN:
        return OF_THEIR_OWN[attribute.attr_name]
    values: dict[type, Any] = {
        TTLAttribute: clock.now() + timedelta(days=1),
        UTCDateTimeAttribute: clock.now(),
        UnicodeAttribute: "value",
        NumberAttribute: 7,
        BooleanAttribute: True,
        BinaryAttribute: b"\x00\xff",
        JSONAttribute: {"result": "negative", "occurred_at": "2022-04-05T02:00:00Z"},
        ListAttribute: ["value"] if getattr(attribute, "element_type", None) is UnicodeAttribute else [7],
    }
    return next(value for kind, value in values.items() if isinstance(attribute, kind))


def filled(kind: type[Row]) -> Row:
    """A row of this kind in which nothing is left out."""
    row = kind()
    for name, attribute in kind.get_attributes().items():
        setattr(row, name, ids.new_id() if attribute.is_hash_key or attribute.is_range_key else value_of(attribute))
    return row


def test_every_attribute_of_every_kind_can_be_put_read_set_asked_and_removed() -> None:
    """Names such as `type`, `status` or `name` are reserved words: they pass only if each expression aliases them."""
    for kind in kinds():
        row = filled(kind)
        names = [name for name, one in kind.get_attributes().items() if not (one.is_hash_key or one.is_range_key)]
        hash_key = next(one for one in kind.get_attributes().values() if one.is_hash_key)
        assert store.put_once(row, hash_key.does_not_exist()) is None
        met = store.put_once(row, hash_key.does_not_exist())
        assert met is not None
        assert met.serialize() == row.serialize()
        if names:
            _changed_throughout(row, names)
        assert store.delete(row.own_key, hash_key.exists())


def _changed_throughout(row: Row, names: list[str]) -> None:
    kind, values = type(row), {name: getattr(row, name) for name in names}
    there = reduce(and_, [kind.get_attributes()[name].exists() for name in names])
    assert store.update(row.own_key, store.assign(kind, values), there) is not None
    optional = [name for name in names if kind.get_attributes()[name].null]
    if optional:
        bare = store.update(row.own_key, store.assign(kind, dict.fromkeys(optional)))
        assert bare is not None
        assert [getattr(bare, name) for name in optional] == [None] * len(optional)


def test_no_row_has_a_set() -> None:
    """DynamoDB has no empty set, so what may be empty is a list; scopes and disclosures may be."""
    assert not [
        f"{kind.__name__}.{name}"
        for kind in kinds()
        for name, attribute in kind.get_attributes().items()
        if isinstance(attribute, SETS)
    ]


def test_empty_text_and_empty_lists_are_kept() -> None:
    """A fact without a place is `""`, a message history starts as `[]`."""
    fact = filled(FactRow)
    fact.place = ""  # type: ignore[attr-defined]

    store.write_all([fact])

    stored = store.read_together([fact.own_key]).get(fact.own_key)
    assert stored is not None
    assert stored.serialize()["place"] == {"S": ""}


@pytest.mark.parametrize("attribute", ["segment", "review_day"])
def test_an_empty_key_of_an_index_is_refused(attribute: str) -> None:
    person = filled(PersonRow)
    setattr(person, attribute, "")

    with pytest.raises(ClientError) as refused:
        store.write_all([person])

    assert refused.value.response["Error"]["Code"] == "ValidationException"


WAYS: dict[str, Callable[[OrganizationRow], object]] = {
    "put": lambda row: store.put_once(row, OrganizationRow.org_id.does_not_exist()),
    "update": lambda row: store.update(row.own_key, [OrganizationRow.name.set(row.name)]),
    "batch": lambda row: store.write_all([row]),
    "put in a transaction": lambda row: Transaction().put(row).commit(),
    "update in a transaction": lambda row: (
        Transaction().update(row.own_key, [OrganizationRow.name.set(row.name)]).commit()
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_row_above_400_kb_is_too_large_and_changes_nothing(engine: Engine, way: str) -> None:
    """A caller gets 413, not 503 with the advice to try again. The engines word it alike and code it differently."""
    if way == "update in a transaction":
        engine.skip_if_old("measures no row that a transaction changes")
    row = organization(name="x" * 401 * KILOBYTE)

    with pytest.raises(TooLarge):
        WAYS[way](row)

    assert store.read_together([row.own_key]).get(row.own_key) is None


def test_a_row_just_below_400_kb_is_kept() -> None:
    row = organization(name="x" * (400 * KILOBYTE - 300))

    store.write_all([row])

    stored = store.read_together([row.own_key]).get(row.own_key)
    store.delete(row.own_key)
    assert stored is not None
    assert stored.name == row.name


def test_other_mistakes_of_ours_stay_what_they_are() -> None:
    row = organization()

    with pytest.raises(ClientError):
        store.update(row.own_key, [OrganizationRow.org_id.set("other")])
