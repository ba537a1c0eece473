"""`python -m bench`: one table of what things cost and may cost. It starts the emulator that it measures on, and ends it."""

from bench.city import bench_city
from bench.cold import cold_start
from bench.operations import OPERATIONS, measured
from bench.report import show


def main() -> None:
    """Measure everything and print it. A figure over its limit is shown as such; tests/engines/test_budgets.py holds the counts."""
    with bench_city() as city:
        figures = [measured(operation, city) for operation in OPERATIONS]
    show(figures, cold_start())


if __name__ == "__main__":
    main()
