"""Being told to stop: whatever the signal and whatever is under way, everything that was started is ended."""

import signal
from threading import Event
from types import FrameType, TracebackType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked this process to end. Not an Exception: nothing on the way may take it for a failure of its own."""


_told = Event()
"""Set by the first signal."""


class Stoppable:
    """A block that a signal ends: the first one raises Stopped where the main thread is, and the block swallows it.

    Further signals are ignored, so that an impatient second Ctrl-C does not leave half of it running.
    """

    def __enter__(self) -> None:
        """Take the signals."""
        _told.clear()
        for number in _SIGNALS:
            signal.signal(number, _stop)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Say that it was a signal, if it was."""
        if kind is Stopped:
            print("Stopped.")
        return kind is Stopped


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    _told.set()
    raise Stopped


def stop_if_told() -> None:
    """Raise Stopped if a signal came. What it raised itself is lost where Python runs a callback of its own, as in an import."""
    if _told.is_set():
        raise Stopped
