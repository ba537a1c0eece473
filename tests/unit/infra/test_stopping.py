"""Being told to stop is not forgotten, wherever the signal found the process."""

import os
import signal
from collections.abc import Iterator

import pytest

from infra.local.stopping import Stoppable, Stopped, stop_if_told


@pytest.fixture(autouse=True)
def usual_signals() -> Iterator[None]:
    """What the signals did before does them afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_whose_exception_was_lost_stops_at_the_next_look(capsys: pytest.CaptureFixture[str]) -> None:
    seen = []
    with Stoppable():
        stop_if_told()
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        except Stopped:  # as Python does with what is raised in a callback of the import system
            seen.append("lost")
        stop_if_told()
        seen.append("goes on")
    assert seen == ["lost"]
    assert capsys.readouterr().out == "Stopped.\n"


def test_who_was_told_once_may_be_started_again() -> None:
    with Stoppable():
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    went_on = False
    with Stoppable():
        stop_if_told()
        went_on = True
    assert went_on
