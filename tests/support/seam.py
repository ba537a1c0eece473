"""The one seam under every AWS call, boto3's and pynamodb's (H1): it logs, fails before, fails after, and kills."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError

PLACE = "_make_api_call"


class Killed(BaseException):
    """The process died here; nothing may catch it."""


def aws_error(code: str, operation: str = "Operation") -> ClientError:
    """An error as AWS answers it."""
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


class Seam:
    """Plans faults per operation and keeps the order of calls."""

    def __init__(self) -> None:
        """Start without faults."""
        self.lock = threading.RLock()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.before: dict[str, list[BaseException | None]] = defaultdict(list)
        self.after: dict[str, list[BaseException | None]] = defaultdict(list)
        self.at: dict[int, tuple[str, BaseException]] = {}
        """Faults by the number of the call, from 0: ("before" or "after", what is raised)."""

    @property
    def operations(self) -> list[str]:
        """The names of the calls in their order."""
        return [operation for operation, _ in self.calls]

    @property
    def counts(self) -> Counter[str]:
        """How often each operation was called."""
        return Counter(self.operations)

    def fail(self, operation: str, error: BaseException, times: int = 1) -> None:
        """Let the next calls of an operation fail with nothing done."""
        self.before[operation].extend([error] * times)

    def fail_after(self, operation: str, error: BaseException, times: int = 1) -> None:
        """Let the next calls of an operation be done and their answers be lost."""
        self.after[operation].extend([error] * times)

    def call(self, original: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        """One call through the seam."""
        with self.lock:
            place, planned = self.at.get(len(self.calls), ("", None))
            self.calls.append((operation, kwargs))
            before = self.before[operation].pop(0) if self.before[operation] else None
            after = self.after[operation].pop(0) if self.after[operation] else None
        if fault := before or (planned if place == "before" else None):
            raise fault
        answer = original(client, operation, kwargs)
        if fault := after or (planned if place == "after" else None):
            if "Body" in answer:  # a file that nobody reads now
                answer["Body"].close()
            raise fault
        return answer


SeamT = TypeVar("SeamT", bound=Seam)


def seam() -> AbstractContextManager[Seam]:
    """Put a plain seam under every AWS client of this process."""
    return put_in(Seam())


@contextmanager
def put_in(installed: SeamT) -> Iterator[SeamT]:
    """Put this seam under every AWS client of this process."""
    original = vars(BaseClient)[PLACE]

    def through(client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        return installed.call(original, client, operation, kwargs)

    with patch.object(BaseClient, PLACE, through):
        yield installed
