"""The services of this process, by their type. Built once, on first use: a test client and a synthesis import without settings."""

import threading
from collections.abc import Callable
from typing import Any, Self, TypeVar

ServiceT = TypeVar("ServiceT")


class Services:
    """Holds one service of each type."""

    def __init__(self, *services: object) -> None:
        """Take the services."""
        self._by_type: dict[type[Any], object] = {type(service): service for service in services}
        self._compose: Callable[[], Services] | None = None
        self._lock = threading.Lock()

    @classmethod
    def lazily(cls, compose: Callable[[], "Services"]) -> Self:
        """Services that `compose` builds when the first one is asked for."""
        services = cls()
        services._compose = compose
        return services

    def get(self, kind: type[ServiceT]) -> ServiceT:
        """The service of this type. Raises KeyError if the composition root made none."""
        if self._compose is not None:
            self._build()
        return self._by_type[kind]  # type: ignore[return-value]

    def replace(self, services: "Services") -> None:
        """Use these from now on, composed with another outside world: by a test or the local server."""
        self._by_type = services._by_type  # noqa: SLF001  another of its own kind
        self._compose = None  # last: another thread that sees this must find the services

    def _build(self) -> None:
        with self._lock:
            if self._compose is not None:
                self.replace(self._compose())
