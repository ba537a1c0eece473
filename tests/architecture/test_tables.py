"""No table holds clear personal data, and what is encrypted is opened by nothing that answers requests (design §7)."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from pynamodb.attributes import (
    Attribute,
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)

import app
import infra.cli.main
from chalicelib.core import store
from chalicelib.core.fields import FieldClass
from chalicelib.core.store import Row
from infra.tables import table_definition
from tests.architecture.attributes import ATTRIBUTES, ENCRYPTED, WRAPPED_KEYS, Stored
from tests.architecture.sources import Module, shipped

pytestmark = pytest.mark.architecture

DECLARING = (app, infra.cli.main)
"""Modules that import every module with rows in it."""

TYPES: dict[Stored, tuple[type[Attribute[Any]], ...]] = {
    Stored.KEY: (UnicodeAttribute,),
    Stored.ID: (UnicodeAttribute, ListAttribute, UnicodeSetAttribute),
    Stored.MAC: (UnicodeAttribute,),
    Stored.MASK: (UnicodeAttribute,),
    Stored.SEALED: (BinaryAttribute,),
    Stored.TEXT: (UnicodeAttribute, JSONAttribute),
    Stored.PRINCIPAL: (UnicodeAttribute,),
    Stored.WRITTEN: (UnicodeAttribute,),
    Stored.WORD: (UnicodeAttribute, ListAttribute, UnicodeSetAttribute),
    Stored.FACT: (JSONAttribute, UnicodeAttribute),
    Stored.NUMBER: (NumberAttribute,),
    Stored.TIME: (UTCDateTimeAttribute, TTLAttribute, ListAttribute, UnicodeAttribute),
    Stored.FLAG: (BooleanAttribute,),
}

NAMED_LIKE_A_PERSONS = {"name", "phone", "number", "document", "email", "address"}
ABOUT_NOBODY = {
    ("organizations", "name"): Stored.TEXT,
    ("logins", "address"): Stored.MAC,
    ("places", "name"): Stored.TEXT,
    ("places", "address"): Stored.TEXT,
}
"""Attributes that are named like a person's data, and what they are instead."""

MAY_DECRYPT = {
    *(f"chalicelib/core/{name}.py" for name in ("crypto", "fields", "pass_keys", "tokens")),
    "chalicelib/health/service/passes.py",
}
MAY_OPEN_FIELDS = {"chalicelib/alerts/emails.py", "chalicelib/alerts/ways.py", "chalicelib/health/remote/source.py"}
"""Who may open encrypted fields: what sends messages, what syncs with a remote source, never what answers a request."""


def is_ours(row: type[Row]) -> bool:
    """Whether a row is not some other test's own."""
    return row.__module__.split(".")[0] in {"chalicelib", "infra"}


def kinds(row: type[Row]) -> Iterator[type[Row]]:
    """Every kind of row that is declared by what is shipped or by operators' commands."""
    for kind in row.__subclasses__():
        if is_ours(kind):
            yield kind
        yield from kinds(kind)


def attributes() -> dict[str, dict[str, Attribute[Any]]]:
    """Every attribute of every table by its stored name."""
    found: dict[str, dict[str, Attribute[Any]]] = defaultdict(dict)
    for kind in kinds(Row):
        found[kind.Meta.table] |= {one.attr_name: one for one in kind.get_attributes().values()}
    return found


def test_every_attribute_is_classified() -> None:
    declared = {table: sorted(names) for table, names in attributes().items()}
    assert declared == {table: sorted(names) for table, names in ATTRIBUTES.items()}


def test_an_attribute_is_of_a_type_that_its_class_can_have() -> None:
    wrong = [
        f"{table}.{name}: {type(attribute).__name__} is no {ATTRIBUTES[table][name]}"
        for table, names in attributes().items()
        for name, attribute in names.items()
        if not isinstance(attribute, TYPES[ATTRIBUTES[table][name]])
    ]
    assert wrong == []


def test_keys_of_tables_and_indexes_are_ids_macs_and_words() -> None:
    wrong = [
        f"{table.Meta.table}.{key['AttributeName']}"
        for table in filter(is_ours, store.tables())
        for key in table_definition(table, table.Meta.table)["AttributeDefinitions"]
        if ATTRIBUTES[table.Meta.table][key["AttributeName"]] not in {Stored.KEY, Stored.ID, Stored.MAC}
    ]
    assert wrong == []


def test_encrypted_are_exactly_name_document_phone_and_email() -> None:
    sealed = {name for names in ATTRIBUTES.values() for name, stored in names.items() if stored is Stored.SEALED}
    assert sealed <= ENCRYPTED | WRAPPED_KEYS
    assert {f"{field}_sealed" for field in FieldClass} == ENCRYPTED
    by_type = {
        name for names in attributes().values() for name, one in names.items() if isinstance(one, BinaryAttribute)
    }
    assert by_type == sealed


def test_nothing_is_named_like_a_persons_data_but_what_is_about_nobody() -> None:
    found = {
        (table, name): stored
        for table, names in ATTRIBUTES.items()
        for name, stored in names.items()
        if name in NAMED_LIKE_A_PERSONS
    }
    assert found == ABOUT_NOBODY


def opened_fields(module: Module) -> list[str]:
    """Calls that may open an encrypted field: of any method `open`, since nothing that is shipped opens files."""
    return [f"{module.path}:{call.lineno}" for name, call in module.calls() if name.endswith(".open")]


def test_the_api_opens_no_field() -> None:
    found = [place for module in shipped() if module.path not in MAY_OPEN_FIELDS for place in opened_fields(module)]
    assert found == []


def test_only_tokens_passes_and_fields_decrypt_anything() -> None:
    decrypting = {
        module.path
        for module in shipped()
        for name, _ in module.calls()
        if name.rpartition(".")[2] in {"decrypt", "unseal"}
    }
    assert decrypting == MAY_DECRYPT
