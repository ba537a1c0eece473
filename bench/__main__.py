"""`python -m bench [--write|--sizes|--facts]`: what things cost and may cost. It starts the emulator to measure on, and ends it.

Exit codes: 0 nothing is over a limit but what is known to be (bench/known.py); 1 something else is; 2 the options can't be used.
With `--sizes` it prints what books of a thousand to a hundred thousand members cost (some minutes); 1 if something grows that
must not. With `--facts` it delivers ten thousand facts in batches, and lets all that follows happen; 1 if a batch costs more than
those before it. With `--write` the figures go into infra/costs/measured.json, which `python -m infra.cli costs` reckons with.
"""

import sys
from collections.abc import Sequence
from unittest.mock import patch

from bench import mass, sizes
from bench.city import bench_city
from bench.cold import cold_start
from bench.measuring import measured, measured_cpu
from bench.operations import OPERATIONS
from bench.report import Measurements, show
from bench.size import package
from bench.writing import write
from chalicelib.core import aws

OPTIONS = ["--write", "--sizes", "--facts"]


def main(arguments: Sequence[str]) -> int:
    """Measure everything and print it; the exit code."""
    if list(arguments) not in ([], *([option] for option in OPTIONS)):
        print(f"usage: python -m bench [{'|'.join(OPTIONS)}]", file=sys.stderr)
        return 2
    if arguments == ["--sizes"]:
        return _sizes()
    if arguments == ["--facts"]:
        return _facts()
    with bench_city() as city:
        figures = [measured(operation, city) for operation in OPERATIONS]
        cpu = [measured_cpu(one, city) for one in figures]
    everything = Measurements(figures, cpu, cold_start(), package())
    show(everything)
    if arguments:
        write(figures, cpu)
    return 1 if everything.unknown_over else 0


def _sizes() -> int:
    with patch.object(aws, "READ_SECONDS", sizes.READ_SECONDS), bench_city() as city:
        found = sizes.costs(city)
    sizes.show(found)
    return 1 if any(len(set(each)) > 1 for each in found.values()) else 0


def _facts() -> int:
    with bench_city() as city:
        found = mass.deliver(city)
    mass.show(found)
    return 0 if found.is_flat and found.turned == mass.FOUND else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
