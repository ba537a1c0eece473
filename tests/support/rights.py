"""IAM in this process: a call that a function of `app.py` makes without a right in `infra.grants` is refused, as on AWS."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch

from botocore.client import BaseClient

from chalicelib.core import store
from chalicelib.core.names import (
    city_topic,
    field_key_alias,
    hmac_key_alias,
    organization_topic,
    resource_name,
    secret_name,
)
from chalicelib.core.settings import settings
from infra.grants import READ, RIGHTS, Rights
from tests.support.seam import PLACE, aws_error

API = "api_handler"
PROBED = "probe"
"""The one key that a probe reads."""

TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
"""What IAM asks for each part of a transaction."""

FILES = {
    "GetObject": "GetObject",
    "PutObject": "PutObject",
    "DeleteObjects": "DeleteObject",
    "ListObjectsV2": "ListBucket",
}
"""What IAM asks for operations of S3."""

PARTED = {one.table for rights in RIGHTS.values() for one in rights.parts}
"""Tables to whose rows there are rights by partition key."""

_ACTING: ContextVar[str | None] = ContextVar("acting", default=None)


class Use(NamedTuple):
    """An action, and what on: `ledger`, `memberships/by_path`, `ledger/probe`, a key's, secret's or queue's short name."""

    action: str
    on: str


def granted(rights: Rights) -> set[Use]:
    """Everything that a function with these rights may do."""
    uses = {Use(action, table) for table, actions in rights.tables.items() for action in actions}
    uses |= {Use("Query", f"{table}/{index}") for table, indexes in rights.indexes.items() for index in indexes}
    uses |= {Use(action, f"{one.table}/{kind}") for one in rights.parts for kind in one.kinds for action in one.actions}
    uses |= {Use(READ, f"{table}/{PROBED}") for table in rights.probes}
    uses |= {Use("GetSecretValue", name) for name in (*rights.secrets, *rights.renews)}
    uses |= {Use("PutSecretValue", name) for name in rights.renews}
    uses |= {Use("UpdateSecretVersionStage", name) for name in rights.goes_over}
    uses |= {Use(action, f"queue {queue}") for queue in rights.queues for action in ("GetQueueUrl", "SendMessage")}
    uses |= {Use(action, "files") for action in rights.files}
    uses |= {Use("Decrypt", f"field {name}") for name in (*rights.opens_fields, *rights.opens_for_source)}
    uses |= {Use("GetSecretValue", "health-source-key")} if rights.asks_source else set()
    uses |= {Use(action, f"topic {kind}") for kind, actions in rights.topics.items() for action in actions}
    makes_ids = rights.derives_keys or bool(rights.opens_for_source)
    named = {"GenerateMac": makes_ids, "GenerateDataKey": rights.seals_fields, "Publish": rights.sends_sms}
    return uses | {Use(action, _ON[action]) for action, has in named.items() if has}


_ON = {"GenerateMac": "hmac", "GenerateDataKey": "field", "Publish": "phone"}


class Guard:
    """Knows which function runs, what it used, and what it was refused."""

    def __init__(self) -> None:
        """Start with nothing used."""
        self.used: set[tuple[str, Use]] = set()
        self.refused: list[tuple[str, Use]] = []
        self._granted = {function: granted(rights) for function, rights in RIGHTS.items()}
        self._lock = threading.Lock()

    def call(self, original: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        """One AWS call, made if whoever makes it may. Tests themselves may do anything."""
        if (function := _ACTING.get()) is not None:
            for use in uses(operation, kwargs):
                self.use(function, use)
        return original(client, operation, kwargs)

    def use(self, function: str, use: Use) -> None:
        """Note a use. Raises AWS's own refusal if the function has no right to it."""
        table = use.on.removesuffix(f"/{PROBED}")  # who may read a table may read its probe
        may = bool({use, Use(use.action, table)} & self._granted.get(function, set()))
        with self._lock:
            self.used.add((function, use))
            if not may:
                self.refused.append((function, use))
        if not may:
            raise aws_error("AccessDeniedException", use.action)


@contextmanager
def guarded() -> Iterator[Guard]:
    """Put a guard under every AWS client of this process."""
    guard, original = Guard(), vars(BaseClient)[PLACE]

    def through(client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        return guard.call(original, client, operation, kwargs)

    with patch.object(BaseClient, PLACE, through):
        yield guard


@contextmanager
def acting_as(function: str | None) -> Iterator[None]:
    """Say which function's role the calls of this thread have; None is a test's own, which may do anything."""
    token = _ACTING.set(function)
    try:
        yield
    finally:
        _ACTING.reset(token)


@contextmanager
def functions_act(module: ModuleType) -> Iterator[None]:
    """Let each function of `app.py` but the gateway's act under its own role, whoever calls it."""
    with ExitStack() as patched:
        for registered in module.app.pure_lambda_functions:
            name = registered.handler_string.rpartition(".")[2]
            patched.enter_context(patch.object(module, name, _under_own_role(name, getattr(module, name))))
        yield


def _under_own_role(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def act(event: Any, context: Any) -> Any:
        with acting_as(name):
            return function(event, context)

    return act


def uses(operation: str, kwargs: dict[str, Any]) -> Iterator[Use]:
    """What IAM is asked about a call."""
    if operation == "TransactWriteItems":
        for part in kwargs["TransactItems"]:
            ((kind, content),) = part.items()
            yield Use(TRANSACTED[kind], _on(content["TableName"], content.get("Item") or content.get("Key")))
    elif operation in {"BatchGetItem", "BatchWriteItem"}:
        for name, asked in kwargs["RequestItems"].items():
            yield from _batched(operation, name, asked)
    elif operation == "GetCallerIdentity":
        return  # whoever has credentials may ask whose they are
    elif operation in FILES:
        yield Use(FILES[operation], "files")
    elif "TableName" in kwargs:
        index, table = kwargs.get("IndexName"), kwargs["TableName"]
        yield Use(operation, f"{_table(table)}/{index}" if index else _on(table, _row_in(kwargs)))
    else:
        yield Use(operation, _other(operation, kwargs))


def _table(physical: str) -> str:
    """The design's name of a table; what is none of the city's keeps its own, which nobody has a right to."""
    return {row.physical_name(): row.Meta.table for row in store.tables()}.get(physical, physical)


def _topic(city: str, name: str) -> str:
    """Which kind of the city's topics one is; what is none of the city's keeps its name, to which nobody has a right."""
    kinds = {city_topic(city): "city"}
    kind = "organizations" if name.startswith(organization_topic(city, "")) else kinds.get(name)
    return name if kind is None else f"topic {kind}"


def _batched(operation: str, name: str, asked: Any) -> set[Use]:
    """What a batch does with one table."""
    if operation != READ:
        return {Use(operation, _table(name))}
    if all(_hash_value(name, key) == PROBED for key in asked["Keys"]):
        return {Use(operation, f"{_table(name)}/{PROBED}")}
    return {Use(operation, _on(name, key)) for key in asked["Keys"]}


def _row_in(kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """What of a request says which rows it is about: the row or its key, or the partition that a query asks."""
    if "KeyConditionExpression" in kwargs:
        name, _, value = (
            kwargs["KeyConditionExpression"].strip("()").replace("(", "").partition(" AND ")[0].partition(" = ")
        )
        names = kwargs.get("ExpressionAttributeNames", {})
        return {names.get(name, name): kwargs["ExpressionAttributeValues"][value.strip(")")]}
    row: dict[str, Any] | None = kwargs.get("Item") or kwargs.get("Key")
    return row


def _on(physical: str, row: dict[str, Any] | None) -> str:
    """A table, or of one that some function has rights to in part alone, the rows of one partition key."""
    table = _table(physical)
    if table not in PARTED or row is None:
        return table
    name = next(str(one._hash_keyname) for one in store.tables() if one.physical_name() == physical)  # noqa: SLF001  pynamodb has no other word for it
    return f"{table}/{row[name]['S']}"


def _hash_value(physical: str, key: dict[str, Any]) -> str:
    row = next(row for row in store.tables() if row.physical_name() == physical)
    return str(next(iter(key[str(row._hash_keyname)].values())))  # noqa: SLF001  pynamodb has no other word for it


def _other(operation: str, kwargs: dict[str, Any]) -> str:
    """The short name of a key, a secret, a queue, or a phone that gets a message."""
    city = settings().city_name
    if operation in {"GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"}:
        return str(kwargs["SecretId"]).removeprefix(secret_name(city, ""))
    if queue := kwargs.get("QueueName") or str(kwargs.get("QueueUrl", "")).rpartition("/")[2]:
        return f"queue {queue.removeprefix(resource_name(city, '')).replace('-', '_')}"
    if operation == "Decrypt":
        return f"field {kwargs.get('EncryptionContext', {}).get('field')}"
    return _messaging(city, operation, kwargs) or _key(city, operation, kwargs)


def _messaging(city: str, operation: str, kwargs: dict[str, Any]) -> str | None:
    """A phone, or the kind of a topic; None for what has to do with neither."""
    if operation == "Publish" and "PhoneNumber" in kwargs:
        return "phone"
    arn = str(kwargs.get("TopicArn") or kwargs.get("SubscriptionArn") or "")
    name = kwargs["Name"] if operation == "CreateTopic" else ":".join(arn.split(":")[5:6]) or arn
    return _topic(city, name) if name else None


def _key(city: str, operation: str, kwargs: dict[str, Any]) -> str:
    named = {hmac_key_alias(city): "hmac", field_key_alias(city): "field"}
    return named.get(str(kwargs.get("KeyId")), operation)
