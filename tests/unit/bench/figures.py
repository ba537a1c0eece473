"""Figures as if they had been measured."""

from collections.abc import Mapping

from bench.cold import ColdStart
from bench.measuring import Cpu, Figures, Limits, Operation, Send
from bench.pricing import Units
from bench.recorder import DYNAMODB, Call, Recorder
from bench.report import Measurements
from bench.size import Package
from tests.support.city import TestCity

AT_REST = ColdStart(ours=1.0, unavoidable=1.0)


def unprepared(city: TestCity) -> Send:
    """Nothing of these is ever sent."""
    raise NotImplementedError


def call(began: int, units: Units, service: str = DYNAMODB, stored: Mapping[str, int] | None = None) -> Call:
    """A call that took one tick."""
    return Call(service, "Query", began, began + 1, 1, 20, 30, 0, units, stored or {})


def figures(name: str, round_trips: int, limits: Limits | None = None) -> Figures:
    """An operation that made so many calls to DynamoDB, one after the other, of one read and two write units, and one to KMS."""
    calls = [call(2 * at, Units(1, 2), stored={"people": 10, "logins": 5 * (-1) ** at}) for at in range(round_trips)]
    calls.append(call(2 * round_trips, Units(), "kms"))
    return Figures(Operation(name, unprepared, limits or Limits()), Recorder(calls), answered=300, logged=73)


def measurements(
    *all_figures: Figures, start: ColdStart = AT_REST, package: Package | None = None, ratio: float = 1.5
) -> Measurements:
    """All of it, with CPU of 3 ms beside 2, or another ratio."""
    cpu = [Cpu(whole=0.002 * ratio, bare=0.002) for _ in all_figures]
    return Measurements(list(all_figures), cpu, start, package or Package(10))
