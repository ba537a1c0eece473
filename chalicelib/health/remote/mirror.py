"""What a remote source said of people who are enrolled here, kept in the registry, so that a health code asks nobody outside.

The mirror holds only what the source said last. A fact that it says no more stays as a row without content, for no role that
serves may remove rows here; and of whom the last report was garbage a row says so, until a good one is kept.
"""

from collections.abc import Iterable, Mapping
from typing import NoReturn

from pynamodb.attributes import UnicodeAttribute

from chalicelib.core import clock, store
from chalicelib.core.errors import Broken
from chalicelib.core.ports import Fact
from chalicelib.core.reports import Report
from chalicelib.health.tables import FIRST_FACT, FactRow, RegistryTable

UNREAD = "unread"
"""Instead of a kind of fact: that the last report of somebody could not be used, if its result is the same word."""


class SourcedRow(RegistryTable):
    """What is left legible of a fact: who reported it."""

    source = UnicodeAttribute()


class Mirror:
    """The mirror of one source, by its name."""

    def __init__(self, name: str) -> None:
        """Take the name that its facts bear."""
        self._name = name

    def facts(self, person_id: str) -> list[Fact]:
        """All facts of a person, of every source. Raises Broken if one can't be read, or if the last report was garbage."""
        rows = self._rows(person_id).values()
        if any(_is_unread(row) for row in rows):
            raise Broken
        return _standing(rows)

    def with_report(self, person_id: str, report: Report) -> list[Fact]:
        """All facts of a person once a report is kept: those of other sources, and its own. Raises Broken."""
        others = (row for row in self._rows(person_id).values() if row.source != self._name)
        return [*_standing(others), *report.facts]

    def keep(self, person_id: str, report: Report) -> None:
        """Store what is new in a report; what it lacks is over. Writes nothing that is there already."""
        before = {sk: row for sk, row in self._rows(person_id).items() if row.source == self._name}
        now = {row.sk: row for row in (FactRow.storing(person_id, fact) for fact in report.facts)}
        for sk, row in now.items():
            if sk not in before or _said(before[sk]) != _said(row):
                store.put(row)
        for sk, row in before.items():
            if sk not in now and (_is_unread(row) or not row.withdrawn):
                store.put(self._emptied(row))

    def distrust(self, person_id: str) -> None:
        """Remember that the last report of somebody was garbage."""
        now = clock.iso(clock.now())
        fact = Fact(self._name, UNREAD, UNREAD, now, "", self._name, now)
        row = FactRow.storing(person_id, fact)
        row.withdrawn = True
        before = self._rows(person_id).get(row.sk)
        if before is None or not _is_unread(before):
            store.put(row)

    def forget(self, person_id: str) -> None:
        """Remove all that this source said of a person: their life here is over."""
        for row in store.query_all(SourcedRow, person_id, FactRow.sk >= FIRST_FACT):
            if row.source == self._name:
                store.delete(row.own_key)

    def _rows(self, person_id: str) -> Mapping[str, FactRow]:
        found = store.query_all(FactRow, person_id, FactRow.sk >= FIRST_FACT, on_broken=_refuse)
        return {row.sk: row for row in found}

    def _emptied(self, row: FactRow) -> FactRow:
        fact = Fact(row.fact_id, row.kind, "", EMPTY, "", self._name, EMPTY)
        empty = FactRow.storing(row.person_id, fact)
        empty.withdrawn = True
        return empty


EMPTY = "1970-01-01T00:00:00Z"
"""The moment of a row that says nothing any more: a row that can be read says one."""


def _standing(rows: Iterable[FactRow]) -> list[Fact]:
    return [row.fact() for row in rows if not row.withdrawn]


def _said(row: FactRow) -> tuple[object, ...]:
    return row.result, row.occurred_at, row.place, row.reported_at, bool(row.withdrawn)


def _is_unread(row: FactRow) -> bool:
    return bool(row.kind == UNREAD and row.result == UNREAD)


def _refuse(_: object) -> NoReturn:
    raise Broken
