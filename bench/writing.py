"""Writes what was measured where `python -m infra.cli costs` reads it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.measuring import Cpu, Figures
from infra.costs.measured import FILE, Measured


def as_measured(figures: Figures, cpu: Cpu) -> Measured:
    """One operation as the file has it; CPU to a tenth of a millisecond."""
    record = figures.record
    return Measured(
        read=record.units.read,
        write=record.units.write,
        round_trips=record.round_trips,
        calls=dict(figures.calls),
        stored=dict(record.stored),
        answered=figures.answered,
        logged=figures.logged,
        cpu_ms=round(cpu.whole * 1000, 1),
    )


def write(figures: Sequence[Figures], cpu: Sequence[Cpu], file: Path = FILE) -> None:
    """Replace the file."""
    content = {one.operation.name: asdict(as_measured(one, its)) for one, its in zip(figures, cpu, strict=True)}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
