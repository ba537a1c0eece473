"""Transactions that speak the domain's words."""

import uuid
from collections.abc import Sequence
from typing import Any, Self

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.core.aws import error_code
from chalicelib.core.errors import GatebookError, Unavailable
from chalicelib.core.store.retries import PASSING_REASONS, ROUNDS, cancellation_reasons, wait_before
from chalicelib.core.store.rows import Key, Row, write

TRANSACTION_LIMIT = 100
"""Parts of one TransactWriteItems (DynamoDB service quotas)."""

PATIENT_ROUNDS = 9
"""How often a transaction is asked for whose first answer was lost: about six seconds, for AWS asks for at least five (R-05)."""


class Transaction:
    """All of it or nothing. Each part names the domain error that a failed condition of it means.

    The parts are sent in the order they were added; the first failed one's error is raised. A conflict with another
    transaction is tried again with the same token, so that a lost answer can't apply it twice (R-02, R-04).
    """

    def __init__(self) -> None:
        """Start an empty transaction."""
        self._items: list[dict[str, Any]] = []
        self._errors: list[GatebookError | None] = []
        self._token = str(uuid.uuid4())

    def __len__(self) -> int:
        """How many parts it has; DynamoDB takes a hundred."""
        return len(self._items)

    def put(self, row: Row, condition: Condition | None = None, otherwise: GatebookError | None = None) -> Self:
        """Put a row, replacing what is there if the condition allows it."""
        return self._add("Put", row.get_save_kwargs_from_instance(condition=condition), otherwise)

    def update(
        self,
        key: Key[Any],
        actions: Sequence[Action],
        condition: Condition | None = None,
        otherwise: GatebookError | None = None,
    ) -> Self:
        """Change a row where it lies; a row that is not there is made, unless the condition asks for it."""
        table = key.row._get_connection()
        kwargs = table.get_operation_kwargs(
            key.hash_value, range_key=key.range_value, actions=actions, condition=condition
        )
        return self._add("Update", kwargs, otherwise)

    def delete(self, key: Key[Any], condition: Condition | None = None, otherwise: GatebookError | None = None) -> Self:
        """Remove a row."""
        table = key.row._get_connection()
        kwargs = table.get_operation_kwargs(key.hash_value, range_key=key.range_value, condition=condition)
        return self._add("Delete", kwargs, otherwise)

    def check(self, key: Key[Any], condition: Condition, otherwise: GatebookError) -> Self:
        """Demand that a condition holds of a row that is not changed."""
        table = key.row._get_connection()
        kwargs = table.get_operation_kwargs(key.hash_value, range_key=key.range_value, condition=condition)
        return self._add("ConditionCheck", kwargs, otherwise)

    def _add(self, kind: str, kwargs: dict[str, Any], otherwise: GatebookError | None) -> Self:
        self._items.append({kind: kwargs})
        self._errors.append(otherwise)
        return self

    def commit(self) -> None:
        """Carry it out. Raises the domain error of the first failed condition, or Unavailable after four conflicts."""
        request = {"TransactItems": self._items, "ClientRequestToken": self._token}
        for attempt in range(PATIENT_ROUNDS):
            try:
                write("TransactWriteItems", request)
            except ClientError as error:
                if attempt + 1 >= self._rounds_worth(error):
                    raise Unavailable from error
                wait_before(attempt)
            else:
                return

    def _rounds_worth(self, error: ClientError) -> int:
        """How many rounds an error is worth; raises what it means if another round would not help."""
        code = error_code(error)
        if code == "TransactionInProgressException":
            return PATIENT_ROUNDS
        if code == "TransactionConflictException":
            return ROUNDS
        if code != "TransactionCanceledException":
            raise error
        reasons = cancellation_reasons(error)
        for reason, meaning in zip(reasons, self._errors, strict=False):
            if reason == "ConditionalCheckFailed":
                raise (meaning or Unavailable()) from error
        if PASSING_REASONS.isdisjoint(reasons):
            raise error
        return ROUNDS
