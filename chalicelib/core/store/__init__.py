"""The one place that knows how DynamoDB is spoken to.

Feature modules declare rows from here and ask questions of them in domain words; keys and requests stay inside their
`tables`. pynamodb is the only definition of tables. What it lacks is added here: one batch read over several tables
(`read_together`), a conditional put that hands back the row it met (`put_once`), and transactions whose parts name the
domain error that their failed condition means. See docs/decisions/0002.
"""

from pynamodb.expressions.update import Action

from chalicelib.core.store.reads import BATCH_READ_LIMIT, Page, Rows, query, query_all, query_keys, read_together
from chalicelib.core.store.retries import PASSING_REASONS, ROUNDS, STORAGE_ERRORS, is_passing, wait_before
from chalicelib.core.store.rows import (
    Key,
    RawItem,
    Row,
    RowT,
    SealedAttribute,
    TableMeta,
    connection,
    forget_connections,
    list_of,
    maybe,
    maybe_list_of,
    probe_keys,
    tables,
)
from chalicelib.core.store.transactions import PATIENT_ROUNDS, TRANSACTION_LIMIT, Transaction
from chalicelib.core.store.writes import BATCH_WRITE_LIMIT, assign, delete, put, put_once, unchanged, update, write_all

__all__ = [
    "BATCH_READ_LIMIT",
    "BATCH_WRITE_LIMIT",
    "PASSING_REASONS",
    "PATIENT_ROUNDS",
    "ROUNDS",
    "STORAGE_ERRORS",
    "TRANSACTION_LIMIT",
    "Action",
    "Key",
    "Page",
    "RawItem",
    "Row",
    "RowT",
    "Rows",
    "SealedAttribute",
    "TableMeta",
    "Transaction",
    "assign",
    "connection",
    "delete",
    "forget_connections",
    "is_passing",
    "list_of",
    "maybe",
    "maybe_list_of",
    "probe_keys",
    "put",
    "put_once",
    "query",
    "query_all",
    "query_keys",
    "read_together",
    "tables",
    "unchanged",
    "update",
    "wait_before",
    "write_all",
]
