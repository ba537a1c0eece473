"""Printed passes: opaque pointers that only an inspector at an open place can have resolved (R2.5, B6).

A print says nothing that anybody but the city could read, not even the same thing twice. It leads to one row in its holder's
partition, so it is found without an index, and void as soon as that row is gone or another one.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from chalicelib.core import clock, ids, store, tokens
from chalicelib.core.crypto import ID_BYTES, decode, encode
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.health.errors import PaperPassForged, PaperPassMalformed, PaperPassNotFound, PaperPassVoid
from chalicelib.people.access import Person
from chalicelib.people.errors import SessionEnded
from chalicelib.people.service.bindings import acted_for, acts_for, binding_of, check_binding, dependants_of
from chalicelib.people.tables.dependants import DependantRow
from chalicelib.people.tables.papers import PaperPassRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import LedgerRow, in_full, ledger_entry, living

PREFIX = "P1."
"""What every print begins with, by which a scanner tells it from a pass on a screen. The digit is the version of what follows."""

LENGTH = 80
"""Characters behind it: a nonce, the ids of person and print, and the seal of both, 60 bytes."""

KIND = "paper-pass"

By = Literal["self", "relative", "kiosk"]
"""Who has a pass printed."""


WHAT, WHY, WHY_KIOSK = ("paper_pass",), "dependant", "kiosk"
"""What the access log shows of whom somebody else, or a kiosk, had one printed for."""


@dataclass(frozen=True)
class Print:
    """A printed pass as its holder, or whoever acts for them, sees it: what is drawn, and the row that it leads to.

    `dependant_id` is the caller's id of its holder; None is the caller.
    """

    row: PaperPassRow
    name: str
    text: str
    dependant_id: str | None = None


class PaperPasses:
    """Prints passes, lists and takes back those that hold; of whoever calls and of those for whom they act."""

    def print_new(self, caller: Person, dependant_id: str | None = None) -> Print:
        """A new printed pass of the caller or of a dependant; the one before it is void from now on.

        Raises DependantNotFound, DependantActsAlone, or SessionEnded if the holder was erased.
        """
        if dependant_id is None:
            return _printed(caller.row, "self")
        binding = binding_of(caller.row, dependant_id)
        dependant = acted_for(binding)
        life = in_full(living(dependant.person_id, int(dependant.enrolment)), WHAT)
        entry = ledger_entry("DISCLOSURE", [life], actor=caller.row.name_mask or "", what=list(WHAT), why=WHY)
        return replace(_printed(dependant, "relative", entry, binding), dependant_id=dependant_id)

    def own(self, caller: Person) -> list[Print]:
        """The printed passes that hold, of the caller and of those for whom they act."""
        acting = [(row.dependant_id, person) for row, person in dependants_of(caller.row) if acts_for(row, person)]
        holders: list[tuple[str | None, PersonRow]] = [(None, caller.row), *acting]
        rows = store.read_together(PaperPassRow.of(person.person_id) for _, person in holders)
        prints: list[Print] = []
        for dependant_id, person in holders:
            row = rows.get(PaperPassRow.of(person.person_id))
            if row is not None and _holds(row, person):
                prints.append(_print(person, row, dependant_id))
        return prints

    def find(self, caller: Person, paper_id: str) -> Print:
        """One of them, to draw it again. Raises PaperPassNotFound."""
        for one in self.own(caller):
            if one.row.paper_id == paper_id:
                return one
        raise PaperPassNotFound

    def revoke(self, caller: Person, paper_id: str) -> None:
        """Take one of them back: no print of it counts any more. Raises PaperPassNotFound."""
        row = self.find(caller, paper_id).row
        same = PaperPassRow.paper_id == row.paper_id
        if not store.delete(row.own_key, same):
            raise PaperPassNotFound

    @staticmethod
    def print_at_kiosk(person: PersonRow, place: str) -> Print:
        """A new printed pass of somebody who stands at a kiosk of a place. Raises SessionEnded if they were erased meanwhile."""
        life = in_full(living(person.person_id, int(person.enrolment)), WHAT)
        entry = ledger_entry("DISCLOSURE", [life], actor="", organization=place, what=list(WHAT), why=WHY_KIOSK)
        return _printed(person, "kiosk", entry)

    @staticmethod
    def check(row: PaperPassRow | None, paper_id: str, person: PersonRow | None) -> PersonRow:
        """Whose a print is that `read_paper` read, given the two rows that it leads to. Raises PaperPassVoid.

        For whoever reads both rows in a batch of their own: an inspector's scan at an open place.
        """
        if person is None or person.verified_at is None or row is None or row.paper_id != paper_id:
            raise PaperPassVoid
        if not _holds(row, person):
            raise PaperPassVoid
        return person


def is_paper(text: str) -> bool:
    """Whether what was scanned says of itself that it was printed."""
    return text.startswith(PREFIX)


def read_paper(text: str) -> tuple[str, str]:
    """The person_id and the paper_id that a print leads to; whether it holds is said by their rows.

    Raises PaperPassMalformed or PaperPassForged.
    """
    sealed = text.removeprefix(PREFIX)
    if not is_paper(text) or len(sealed) != LENGTH:
        raise PaperPassMalformed
    try:
        opened = tokens.open_pointer(KIND, sealed)
    except ValueError:
        raise PaperPassMalformed from None
    if opened is None:
        raise PaperPassForged
    return encode(opened[:ID_BYTES]), ids.from_bytes(opened[ID_BYTES:])


def paper_text(person_id: str, paper_id: str) -> str:
    """What is printed for these ids, another text each time."""
    return PREFIX + tokens.seal_pointer(KIND, decode(person_id) + ids.to_bytes(paper_id))


def _printed(person: PersonRow, by: By, entry: LedgerRow | None = None, binding: DependantRow | None = None) -> Print:
    """Print a pass of a person in place of what was printed before, with what the ledger says of it.

    Their life goes on then, and so does the binding of whoever has it printed for them.
    """
    key, now = PaperPassRow.of(person.person_id), clock.now().replace(microsecond=0)
    row = PaperPassRow(
        key.hash_value,
        key.range_value,
        enrolment=person.enrolment,
        paper_id=ids.new_id(),
        printed_at=now,
        by=by,
        expires_at=now + timedelta(days=settings().city.paper_passes.days),
    )
    transaction = Transaction().put(row)
    if entry is not None:
        transaction.put(entry)
    if binding is not None:
        check_binding(transaction, binding)
    transaction.check(person.own_key, PersonRow.enrolment == person.enrolment, SessionEnded()).commit()
    return _print(person, row)


def _print(person: PersonRow, row: PaperPassRow, dependant_id: str | None = None) -> Print:
    return Print(row, person.name_mask or "", paper_text(person.person_id, row.paper_id), dependant_id)


def _holds(row: PaperPassRow, person: PersonRow) -> bool:
    """Whether a printed pass is of the person's present life and not too old."""
    return row.enrolment == person.enrolment and row.expires_at > clock.now()
