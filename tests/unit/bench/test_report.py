"""What the bench says of figures, and when it counts as failed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import bench.__main__ as command
from bench.cold import LIMIT, ColdStart
from bench.effects import EFFECTS
from bench.known import KNOWN_COLD_START, KNOWN_CPU, KNOWN_OVER
from bench.measuring import Cpu, Figures, Limits, Operation
from bench.nights import NIGHTS
from bench.operations import OPERATIONS, REQUESTS
from bench.report import Measurements, cold_start_line, package_line, price_of_a_million, show
from bench.size import Package
from bench.writing import write
from infra.costs.measured import FILE, Measured
from infra.costs.usage import USES
from infra.package import MAX_BYTES
from tests.unit.bench.figures import figures, measurements

WITHIN, KNOWN = figures("leave", 2), figures("log in", KNOWN_OVER["log in"])
WORSE, UNKNOWN = figures("log in", KNOWN_OVER["log in"] + 1), figures("leave", 3)
CODE, OTHER = figures("show my health code", 1, Limits(cpu=1.3)), figures("leave", 1, Limits(cpu=1.3))
MOST = KNOWN_CPU["show my health code"]
EXPENSIVE = figures("log in", 5, Limits(round_trips=2, read=4))


def cold(ratio: float) -> ColdStart:
    """A cold start of this ratio."""
    return ColdStart(ours=ratio, unavoidable=1.0)


@pytest.mark.parametrize(
    ("measured", "over", "unknown"),
    [
        (measurements(WITHIN), [], []),
        (measurements(KNOWN), ["log in"], []),
        (measurements(WORSE), ["log in"], ["log in"]),
        (measurements(UNKNOWN), ["leave"], ["leave"]),
        (measurements(EXPENSIVE), ["log in"], ["log in"]),
        (measurements(figures("a fact is shown", 9, Limits(round_trips=None))), [], []),
        (measurements(CODE), ["CPU of: show my health code"], []),
        (measurements(CODE, ratio=MOST + 0.1), *[["CPU of: show my health code"]] * 2),
        (measurements(CODE, ratio=1.3), [], []),
        (measurements(OTHER), ["CPU of: leave"], ["CPU of: leave"]),
        (measurements(start=cold(LIMIT)), [], []),
        (measurements(start=cold(KNOWN_COLD_START)), ["cold start"], []),
        (measurements(start=cold(KNOWN_COLD_START + 0.1)), ["cold start"], ["cold start"]),
        (measurements(package=Package(MAX_BYTES)), [], []),
        (measurements(package=Package(MAX_BYTES + 1)), ["package"], ["package"]),
        (measurements(package=Package(None, "not built")), [], []),
    ],
)
def test_only_what_is_over_and_not_known_counts(measured: Measurements, over: list[str], unknown: list[str]) -> None:
    assert measured.over == over
    assert measured.unknown_over == unknown


def test_a_million_is_priced_by_units_and_calls() -> None:
    # two reads at 0.125 and four writes at 0.625 USD a million; one call of KMS at 3
    assert price_of_a_million(WITHIN) == pytest.approx((2 * 0.125 + 4 * 0.625, 3.0))


def test_everything_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show(measurements(WITHIN, KNOWN, UNKNOWN, start=cold(1.57), package=Package(11_266_510)))
    text = capsys.readouterr().out

    rows = {line.split("│")[1].strip(): line for line in text.splitlines() if line.startswith("│") and "≤" in line}
    assert rows["leave"].count("3 ≤ 2") == 1
    assert "over: round trips" in rows["leave"]
    assert "known, decision 0007" in rows["log in"]
    assert "2.75 │ 3.00 │     5.75 │ 3.0 │           2.0 │  1.50" in text
    assert "1.50 │  " in text, "no limit, no verdict"
    assert "Package: 11,266,510 bytes ≤ 15,000,000 (§9): ok" in text
    assert "Over a limit: log in, leave, cold start. Not known: leave." in text


def test_a_ratio_stands_beside_its_limit(capsys: pytest.CaptureFixture[str]) -> None:
    for measured, said in ((measurements(CODE), "known, bench/known.py"), (measurements(OTHER), "over")):
        show(measured)
        (row,) = [line for line in capsys.readouterr().out.splitlines() if "1.50 ≤ 1.3" in line]
        assert row.split("│")[-2].strip() == said
    show(measurements(CODE, ratio=1.2))
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "1.20 ≤ 1.3" in line]
    assert row.split("│")[-2].strip() == "ok"


def test_lines_say_how_a_figure_stands() -> None:
    verdicts = [cold_start_line(cold(ratio)).rpartition(": ")[2] for ratio in (1.2, 1.6, KNOWN_COLD_START + 0.1)]
    assert verdicts == ["ok", "known, bench/known.py", "over"]
    assert package_line(Package(MAX_BYTES + 1)).endswith(": over")
    assert package_line(Package(None, "not built; so and so")) == "Package: not built; so and so"


def test_what_is_written_is_what_the_bill_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "measured.json"
    monkeypatch.setattr("infra.costs.measured.USES", ())
    write([KNOWN], [Cpu(0.01234, 0.002)], file)

    from infra.costs.measured import measured

    calls = {"dynamodb": 5, "kms": 1}
    stored = {"logins": 5, "people": 50}
    assert measured(file) == {"log in": Measured(5, 10, 5, calls, stored, answered=300, logged=73, cpu_ms=12.3)}


def test_the_bill_knows_every_operation() -> None:
    assert {use.operation for use in USES} == {operation.name for operation in (*REQUESTS, *EFFECTS, NIGHTS[0])}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figures]:
    """A bench that measures one operation at once, and notes what was written."""
    told = {"measured": KNOWN}

    @contextmanager
    def no_city() -> Iterator[None]:
        yield

    def measured(operation: Operation, city: None) -> Figures:  # noqa: ARG001  as the real one
        return told["measured"]

    def written(all_figures: list[Figures], cpu: list[Cpu]) -> None:  # noqa: ARG001  as the real one
        told["written"] = all_figures[0]

    monkeypatch.setattr(command, "OPERATIONS", OPERATIONS[:1])
    monkeypatch.setattr(command, "bench_city", no_city)
    monkeypatch.setattr(command, "measured", measured)
    monkeypatch.setattr(command, "measured_cpu", lambda *_: Cpu(0.003, 0.002))
    monkeypatch.setattr(command, "cold_start", lambda: cold(1.5))
    monkeypatch.setattr(command, "package", lambda: Package(10))
    monkeypatch.setattr(command, "write", written)
    return told


def test_it_fails_for_what_is_not_known_alone(quick: dict[str, Figures], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0
    quick["measured"] = UNKNOWN
    assert command.main([]) == 1
    assert "Not known: leave." in capsys.readouterr().out
    assert "written" not in quick


def test_it_writes_when_asked(quick: dict[str, Figures]) -> None:
    before = FILE.read_bytes()
    assert command.main(["--write"]) == 0
    assert quick["written"] is KNOWN
    assert FILE.read_bytes() == before


def test_other_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--wrote"]) == 2
    assert capsys.readouterr().err == "usage: python -m bench [--write|--sizes|--facts]\n"
