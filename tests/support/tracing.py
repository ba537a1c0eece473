"""What needs no coverage goes without a tracer, where Python measures by one (3.11): that takes a third of the time and more."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def untraced() -> Iterator[None]:
    """Measure no coverage here. pytest-cov's own no_cover pauses one of the two tracers that it starts in a worker."""
    tracers = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracers[0])
        threading.settrace(tracers[1])
