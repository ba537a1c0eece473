"""What a city costs a month: prices, usage, what was measured, and the arithmetic. `python -m infra.cli costs` prints it."""
