"""Fixtures of the routes."""

import pytest


@pytest.fixture(autouse=True)
def tables(whole_run: object) -> None:
    """Every test here finds the worker's city, whichever of them is the first of its worker."""
