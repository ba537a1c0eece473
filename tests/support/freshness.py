"""How fresh a test left its worker's city: what it said of a later day would be another test's, whose city stays fresh by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from chalicelib.core import clock, runs
from chalicelib.people.tables.people import SEGMENTS


@contextmanager
def fresh_no_later_than_now() -> Iterator[None]:
    """Afterwards nothing says of a day to come that all is known."""
    said: list[object] = []
    init = runs.FreshnessRow.__init__

    def heard(row: runs.FreshnessRow, *args: Any, **values: Any) -> None:
        init(row, *args, **values)
        said.append(row.complete_through)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs.FreshnessRow, "__init__", heard)
        yield
    if any(isinstance(through, datetime) and through > clock.now() for through in said):
        runs.mark_complete(SEGMENTS, clock.now())
