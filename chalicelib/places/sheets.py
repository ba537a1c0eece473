"""A file of check-ins: rows that say what it is, a heading, a row a check-in, and a proof that it is whole.

As in a file of members, the last row counts the check-ins and holds the SHA-256 (hex) of everything above it (T-31), cells
are texts and none is ever computed (T-30).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.core import clock
from chalicelib.core.settings import settings
from chalicelib.core.texts import Language, contents, text
from chalicelib.groups.sheets import lines
from chalicelib.places.tables import CheckinRow

TEXTS = "checkin_sheets"

COLUMNS = (
    "at", "gate", "name", "document", "state", "allowed", "alarm", "temperature", "temperature_source", "mode", "relation",
    "out_at", "visitor_id",
)  # fmt: skip
"""What the live list shows, in the order of a file's columns."""

Cells = Sequence[str]


@dataclass(frozen=True)
class CheckinSheet:
    """What a file of check-ins says of itself."""

    place: str
    day: date
    from_hour: int
    to_hour: int
    made_at: datetime
    language: Language
    gates: Mapping[str, str]
    """The name of each gate by its id."""

    def head(self) -> Iterator[Cells]:
        """The rows above the check-ins."""
        zone = settings().city.time_zone
        yield self._word("place"), self.place
        yield self._word("hours"), f"{self.day} {self.from_hour:02d}:00-{self.to_hour:02d}:00 ({zone})"
        yield self._word("made_at"), _local(self.made_at)
        yield self._word("note"), self._word("masked")
        yield [text(TEXTS, f"columns.{column}", self.language) for column in COLUMNS]

    def checkin(self, row: CheckinRow) -> Cells:
        """The row of a check-in."""
        return [
            _local(datetime.fromisoformat(row.at)),
            self.gates.get(row.gate_id or "", row.gate_id or ""),
            row.name_mask,
            row.document_mask,
            settings().city.scheme.state(row.state).word.spoken(self.language),
            self._flag(is_set=row.allowed),
            self._flag(is_set=row.alarm),
            self._told("temperature", row.temperature),
            self._told("temperature_source", row.temperature_source),
            self._told("mode", row.mode),
            self._told("relation", row.relation),
            "" if row.out_at is None else _local(row.out_at),
            row.member_id,
        ]

    def tail(self, rows: int, unreadable: int, digest: str) -> Cells:
        """The last row: how many check-ins there are, how many could not be read, and what the rows above amount to."""
        return self._word("count"), str(rows), self._word("unreadable"), str(unreadable), "SHA-256", digest

    def _flag(self, *, is_set: bool) -> str:
        return self._told("flag", "true" if is_set else "false")

    def _told(self, column: str, word: str | None) -> str:
        """A word of the service's own as the file's language has it. One that is not known is shown as it is stored."""
        known = contents(TEXTS)["words"][column].get(word)
        return word or "" if known is None else str(known[self.language])

    def _word(self, name: str) -> str:
        return text(TEXTS, f"rows.{name}", self.language)


def csv_file(sheet: CheckinSheet, rows: Iterable[CheckinRow], unreadable: int) -> str:
    """The file, which begins with the mark that says UTF-8."""
    return "".join(line for _, line in lines(sheet, map(sheet.checkin, rows), unreadable))


def _local(at: datetime) -> str:
    """A moment on the clocks of the city, to the second."""
    return clock.local(settings().city.time_zone, at).strftime("%Y-%m-%d %H:%M:%S")
