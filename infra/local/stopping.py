"""Being told to stop: whatever the signal and whatever is under way, everything that was started is ended."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked this process to end. Not an Exception: nothing on the way may take it for a failure of its own."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the first signal to end into Stopped, raised where the main thread is, and swallow it at the block's end.

    Further signals are ignored, so that an impatient second Ctrl-C does not leave half of it running.
    """
    for number in _SIGNALS:
        signal.signal(number, _stop)
    with suppress(Stopped):
        yield


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped
