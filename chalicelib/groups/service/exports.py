"""Members of a subtree as a file: a small one as the answer, any other by a piece of work (R1.3, B1, T-30, T-31).

Whoever a file shows has the look in their access log before the file can be read; and the export itself is in the ledger.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, files, ids, store
from chalicelib.core.requests import AlreadyDone, RequestKey, remember, remembered
from chalicelib.core.settings import settings
from chalicelib.core.store import Page, RawItem, Transaction
from chalicelib.core.texts import Language
from chalicelib.core.work import Step, send
from chalicelib.groups.access import Manager
from chalicelib.groups.consents import DISCLOSABLE, disclosed
from chalicelib.groups.counting import Metric
from chalicelib.groups.disclosures import WHY_EXPORT
from chalicelib.groups.errors import (
    ExportNeedsWork,
    ExportNotFound,
    ExportWithdrawn,
    OrganizationNotFound,
)
from chalicelib.groups.service.departments import department_path, departments_of
from chalicelib.groups.service.export_limits import counted, give_back, mark_linked
from chalicelib.groups.service.export_list import KEPT, is_own
from chalicelib.groups.service.statistics import Statistics
from chalicelib.groups.sheets import MEDIA_TYPES, WRITERS, Cells, Sheet, lines, named, tell
from chalicelib.groups.tables import ExportRow, ListedMember, MembershipRow, OrganizationRow, PathIndex
from chalicelib.groups.withdrawals import WithdrawalRow, is_withdrawn
from chalicelib.people.tables.privacy import LedgerRow, derived_entry, ledger_entry, living

INLINE_ROWS = 5_000
"""Members of a file that is the answer itself (T-31: an answer of Lambda takes 6 MB)."""

INLINE_BYTES = 2_500_000
"""Bytes of such a file: Lambda hands it over as JSON, in which a Chinese character takes twice its bytes."""

SLICE = 500
"""Members that are read, disclosed and written down at a time: one entry of the ledger, some 20 KB."""

PART = "application/json"


@dataclass(frozen=True)
class Export:
    """An export, and while its file can be fetched a link to it that ends soon."""

    row: ExportRow
    link: str | None


class Exports:
    """Makes files of members, shows how far they are, and hands them over."""

    def __init__(self, statistics: Statistics) -> None:
        """Take who knows how many members a file will have."""
        self._statistics = statistics

    def as_csv(self, manager: Manager, department_id: str | None, language: Language) -> str:
        """A CSV file of up to 5,000 members. Raises UnknownDepartment, ExportNeedsWork or TooManyExports."""
        path = department_path(manager, department_id)
        rows, unreadable = _few(manager.org_id, path)
        sheet = _sheet(manager.organization, manager.path, clock.now(), language)
        told = tell(sheet, rows)
        file = "".join(line for _, line in lines(sheet, told.cells, unreadable + told.unreadable))
        if len(file.encode()) > INLINE_BYTES:
            raise ExportNeedsWork(fields={"limit": INLINE_ROWS})
        asked = _asked(manager, "csv")
        counted(manager).put(asked).commit()
        for number, start in enumerate(range(0, len(told.members), SLICE)):
            shown = told.members[start : start + SLICE]
            store.put(
                _disclosure(manager.organization, _actor(manager), shown, asked.at, [asked.entry_id, str(number)])
            )
        return file

    def begin(
        self, manager: Manager, department_id: str | None, kind: str, language: Language, request: RequestKey | None
    ) -> Export:
        """Begin a file of any number of members; with an idempotency key a repetition finds the first one.

        Raises UnknownDepartment, TooManyExports, OrganizationNotFound, InvalidIdempotencyKey, IdempotencyMismatch, or
        ExportNotFound or ExportWithdrawn where the first one is over.
        """
        path = department_path(manager, department_id)
        if (done := remembered(request)) is not None:
            return self.show(manager, done)
        numbers = self._statistics.overview(manager, department_id).whole.numbers
        row = _new(manager, path, kind, language)
        row.members = numbers.get(Metric.MEMBERS, 0)
        try:
            _beginning(manager, row, request).commit()
        except AlreadyDone:
            return self.show(manager, remembered(request) or "")
        return Export(row, None)

    def show(self, manager: Manager, export_id: str) -> Export:
        """How far an export is; a link to its file once it is done, made anew each time.

        Only whoever asked for it sees it, in the same life, and only while they manage all that is in it: that is compared
        again each time. The export lives for 24 hours and a link for five minutes, since a link can't outlive the credentials
        that signed it. Raises ExportNotFound, for everybody else as well.

        Once somebody in the book took back what they shared, an export that was begun before holds too much: its files are
        removed. Raises ExportWithdrawn, also while it is made; if no link to it was given out, it is none of the day's any more.
        What remains is decision 0021: the seconds until the stream of the members is read, and a link that was given out before,
        for its five minutes unless the export is asked for again.
        """
        key, withdrawal = ExportRow.of(manager.org_id, export_id), WithdrawalRow.of(manager.org_id)
        rows = store.read_together([key, withdrawal])
        row = rows.get(key)
        if row is None or not is_own(row, manager):
            raise ExportNotFound
        if is_withdrawn(row, rows.get(withdrawal)):
            files.remove_all(row.folder)
            give_back(row, manager)
            raise ExportWithdrawn
        if row.done_at is None:
            return Export(row, None)
        mark_linked(row)
        return Export(row, files.link(row.file, f"gatebook-{export_id}.{row.format}"))


def begin_export(entry: LedgerRow) -> None:
    """What an EXPORT in the ledger causes: the piece of work that it names goes on. An inline export names none."""
    if entry.run is not None:
        send(ExportRow.named(entry.run))


def export_step(row: ExportRow) -> Step:
    """One slice of an export: some members more, then the file, at the end its parts are removed.

    Nothing is made of a book that is deleted, or in which somebody took back what they shared meanwhile. That is looked at
    before a slice, and again once it has put its file: what ends an export may have removed the others in between.
    """
    organization = _to_go_on(row)
    if organization is not None:
        step = _slice(row, organization)
        if _to_go_on(row) is not None:
            return step
    files.remove_all(row.folder)
    return Step(0, None)


def _slice(row: ExportRow, organization: OrganizationRow) -> Step:
    """What is next. The parts go after it is stored that the file is whole: making it again would need them."""
    if "made" in row.position:
        files.remove_all(_parts(row))
        return Step(0, None)
    if "whole" in row.position:
        _assemble(row, organization)
        return Step(0, {**row.position, "made": True})
    return _read_on(row, organization)


def _read_on(row: ExportRow, organization: OrganizationRow) -> Step:
    """Write some members more down, once the look at them is in the ledger. Doing it again writes the same files and entry."""
    part = int(row.position.get("part", 0))
    page = _page(row.org_id, row.path, row.position.get("start"), SLICE)
    told = tell(_sheet_of(row, organization), page.rows)
    if told.members:
        entry = _disclosure(organization, row.actor, told.members, row.started_at, [row.name, str(part)])
        store.put(entry)
    files.put(_part(row, part), json.dumps(told.cells).encode(), PART)
    unread = ExportRow.unreadable.set(int(row.unreadable) + page.unreadable + told.unreadable)
    more = {"whole": True} if page.next_key is None else {"start": page.next_key}
    return Step(len(told.members), {"part": part + 1, **more}, [unread], rests=page.next_key is None)


def _assemble(row: ExportRow, organization: OrganizationRow) -> None:
    """Make the file of its parts. It is written on disk, and is there as a whole or not at all."""
    parts = int(row.position["part"])
    with tempfile.TemporaryFile() as file:
        WRITERS[row.format](_sheet_of(row, organization), _written(row, parts), int(row.unreadable), file)
        file.seek(0)
        files.put(row.file, file, MEDIA_TYPES[row.format])


def _written(row: ExportRow, parts: int) -> Iterator[Cells]:
    for part in range(parts):
        yield from json.loads(files.get(_part(row, part)))


def _part(row: ExportRow, number: int) -> str:
    return f"{_parts(row)}{number:06}.json"


def _parts(row: ExportRow) -> str:
    return f"{row.folder}parts/"


def _page(org_id: str, path: str, start: RawItem | None, limit: int) -> Page[ListedMember]:
    below = MembershipRow.path.startswith(path)
    return store.query(ListedMember, org_id, below, index=PathIndex.Meta.index_name, limit=limit, start=start)


def _few(org_id: str, path: str) -> tuple[list[ListedMember], int]:
    """All members of a subtree, and how many could not be read. Raises ExportNeedsWork where they are too many."""
    rows: list[ListedMember] = []
    unreadable, start = 0, None
    while True:
        page = _page(org_id, path, start, INLINE_ROWS + 1 - len(rows))
        rows += page.rows
        unreadable += page.unreadable
        if len(rows) > INLINE_ROWS:
            raise ExportNeedsWork(fields={"limit": INLINE_ROWS})
        if (start := page.next_key) is None:
            return rows, unreadable


def _sheet_of(row: ExportRow, organization: OrganizationRow) -> Sheet:
    language: Language = "en" if row.language == "en" else "zh-CN"
    return _sheet(organization, row.top, row.started_at, language)


def _sheet(organization: OrganizationRow, top: str, at: datetime, language: Language) -> Sheet:
    departments = named(departments_of(organization.org_id, []), top)
    return Sheet(organization.name, at, settings().city.time_zone, language, departments, organization.policy_set)


def _disclosure(
    organization: OrganizationRow, actor: str, shown: Sequence[ListedMember], at: datetime, parts: Sequence[str]
) -> LedgerRow:
    """That a file shows these members: the same entry each time, however often its slice is done."""
    people = [disclosed(row.person_id, int(row.enrolment), row.scopes) for row in shown]
    words = {"actor": actor, "what": list(DISCLOSABLE), "why": WHY_EXPORT}
    names = {"org_id": organization.org_id, "organization": organization.name}
    return derived_entry("DISCLOSURE", at, parts, people, **names, **words)


def _asked(manager: Manager, kind: str, run: str | None = None) -> LedgerRow:
    """That a manager asked for a file; with a run it begins the work."""
    who = [living(manager.person.person_id, manager.person.enrolment)]
    organization = {"org_id": manager.org_id, "organization": manager.organization.name}
    return ledger_entry("EXPORT", who, **organization, what=[kind], run=run)


def _new(manager: Manager, path: str, kind: str, language: Language) -> ExportRow:
    now, key = clock.now(), ExportRow.of(manager.org_id, ids.new_id())
    return ExportRow(
        key.hash_value,
        key.range_value,
        started_at=now,
        expires_at=now + KEPT,
        org_id=manager.org_id,
        path=path,
        top=manager.path,
        format=kind,
        language=language,
        reader=manager.person.person_id,
        enrolment=manager.person.enrolment,
        actor=_actor(manager),
    )


def _beginning(manager: Manager, row: ExportRow, request: RequestKey | None) -> Transaction:
    """The export, and the ledger's entry that begins it, in one transaction: neither is there without the other."""
    transaction = counted(manager)
    remember(transaction, request, row.export_id)
    transaction.check(manager.organization.own_key, OrganizationRow.alive(), OrganizationNotFound())
    transaction.put(row, ExportRow.run.does_not_exist())
    return transaction.put(_asked(manager, row.format, row.name))


def _actor(manager: Manager) -> str:
    return manager.person.row.name_mask or ""


def _to_go_on(row: ExportRow) -> OrganizationRow | None:
    """The organization of an export that may go on; None if it may not."""
    key, withdrawal = OrganizationRow.of(row.org_id), WithdrawalRow.of(row.org_id)
    rows = store.read_together([key, withdrawal])
    organization = rows.get(key)
    if organization is None or organization.deleted_at is not None or is_withdrawn(row, rows.get(withdrawal)):
        return None
    return organization
