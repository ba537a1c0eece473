"""Leaves a source alone for a while that failed several times in a row: it may be overloaded, and nobody waits for it (R-18)."""

import threading
from datetime import datetime, timedelta

from chalicelib.core import clock

FAILURES = 5
"""So many failures in a row open it (R-18)."""

OPEN = timedelta(seconds=30)
"""For so long nobody asks; then one may try, and the others wait for what becomes of that."""


class Breaker:
    """One of each process and source."""

    def __init__(self) -> None:
        """Start closed."""
        self._lock = threading.Lock()
        self._failures = 0
        self._tries_at: datetime | None = None

    def lets_through(self) -> bool:
        """Whether the source may be asked now."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if self._tries_at is not None and clock.now() < self._tries_at:
                return False
            self._tries_at = clock.now() + OPEN
            return True

    def succeeded(self) -> None:
        """The source answered."""
        with self._lock:
            self._failures, self._tries_at = 0, None

    def failed(self) -> None:
        """The source did not answer, or not as it should."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._tries_at = clock.now() + OPEN
