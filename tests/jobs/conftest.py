"""Fixtures of the functions beside the API."""

import pytest


@pytest.fixture(autouse=True)
def tables(whole_run: object) -> None:
    """Every test here finds the worker's city, whichever of them is the first of its worker."""
