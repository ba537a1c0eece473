"""`core.clock` is the only clock, so that a test which moves time moves all of it."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import Module, dotted, modules

pytestmark = pytest.mark.architecture

CLOCK = "chalicelib/core/clock.py"
ASK_THE_TIME = {
    "date.today", "datetime.now", "datetime.today", "datetime.utcnow", "time.clock_gettime", "time.ctime", "time.gmtime",
    "time.localtime", "time.strftime", "time.time", "time.time_ns",
}  # fmt: skip
"""What asks the operating system for the time of day. Monotonic clocks measure waiting and are no time of day."""


def readings(module: Module) -> Iterator[str]:
    """Where a module reads another clock, by the name it uses."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and ".".join(dotted(node).split(".")[-2:]) in ASK_THE_TIME:
            yield f"{module.path}:{node.lineno} {dotted(node)}"
    for name in module.imports():
        if name in ASK_THE_TIME:
            yield f"{module.path}: from {name}"


def test_nothing_else_asks_for_the_time() -> None:
    everything = modules("app.py", "chalicelib", "infra")
    assert [found for module in everything if module.path != CLOCK for found in readings(module)] == []


def test_the_clock_asks_the_operating_system_in_one_place() -> None:
    (clock,) = modules(CLOCK)
    assert [found.split()[1] for found in readings(clock)] == ["time.time"]
