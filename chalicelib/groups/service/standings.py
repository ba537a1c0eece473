"""What memberships show, kept up to date: snapshots when facts arrive, standings when policies change (B5, R0.5).

A change of status that comes without new facts, or before them, is carried by `groups.effects.statuses`.

Whoever writes a standing makes sure afterwards that the policies are still those it was computed from, or writes it in a
transaction that demands it. So of two who write at the same time the last one knows the newest policies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.core import store
from chalicelib.core.errors import Unavailable
from chalicelib.core.ports import Fact, HealthSource
from chalicelib.core.work import SEGMENT, Step, WorkRow, run_of, start
from chalicelib.groups import attention, statuses
from chalicelib.groups.consents import COLUMNS, snapshot
from chalicelib.groups.legible import legible
from chalicelib.groups.policies import PolicySet
from chalicelib.groups.service.memberships import pointers_of
from chalicelib.groups.tables import MembershipRow, OrganizationRow, PathIndex, PlacedMember
from chalicelib.people.tables.people import MembershipPointer, PersonRow
from chalicelib.people.tables.privacy import LedgerRow

POLICY_CHANGED = "POLICY_CHANGED"
"""The ledger's entry of a changed policy."""

RECOMPUTE = "policies"
"""The kind of work that follows a changed policy."""

KEPT = timedelta(days=30)
"""For how long it can be seen what such work did: twice as long as a message that failed is parked (decision 0012)."""

SLICE = 200
"""Members of one slice of that work: one page of the index, and two seconds if each of them has to be written."""


class PolicyWork(WorkRow):
    """The work that follows a changed policy: everybody at or below `path` is compared with what the policies say now."""

    path = UnicodeAttribute()


@dataclass(frozen=True)
class _Look:
    """A membership to bring up to date, with the policies that were read beside it."""

    pointer: MembershipPointer
    row: MembershipRow
    policies: PolicySet


class Standings:
    """Brings memberships up to date."""

    def __init__(self, source: HealthSource) -> None:
        """Take the source of the facts that snapshots show."""
        self._source = source

    def refresh(self, person: PersonRow) -> None:
        """Bring the memberships of an enrolled person up to date with source and status, within what each of them shares.

        Facts are read behind the memberships: a consent that is given or changed meanwhile has read facts as new as these. A
        membership that holds a newer status than `person` keeps it.
        Raises Unavailable if others change the same rows again and again.
        """
        pending = pointers_of(person.person_id, int(person.enrolment))
        for attempt in range(store.ROUNDS):
            pending = self._refreshed(person, pending)
            if not pending:
                return
            store.wait_before(attempt)
        raise Unavailable

    def _refreshed(self, person: PersonRow, pointers: list[MembershipPointer]) -> list[MembershipPointer]:
        """Those among them that have to be looked at again, since somebody changed row or policies meanwhile."""
        looks = [look for look in _looks(pointers) if look.row.enrolment == person.enrolment]
        facts = self._source.facts_of(person.person_id) if looks else []
        written = [(look, _store(look, person, facts)) for look in looks]
        moved = _moved({look.row.org_id: look.policies for look, is_stored in written if is_stored})
        return [look.pointer for look, is_stored in written if is_stored is False or look.row.org_id in moved]

    def begin(self, entry: LedgerRow) -> None:
        """Let the work that follows a changed policy begin; a second delivery of its entry finds it begun."""
        run, until = run_of(RECOMPUTE, entry.entry_id), entry.at + KEPT
        start(PolicyWork(run, SEGMENT, org_id=entry.org_id, path=entry.path, started_at=entry.at, expires_at=until))

    def recompute(self, work: PolicyWork) -> Step:
        """Compare one page of members with the newest policies and write those who stand otherwise; others cost no write.

        Raises Unavailable if the policies change again and again.
        """
        done = 0
        for attempt in range(store.ROUNDS):
            policies = _policies_of(work.org_id or "")
            if policies is None:
                return Step(done, None)
            page = _page(work)
            touched = sum(_restand(row, policies) for row in page.rows)
            done += touched
            if not touched or not _moved({work.org_id or "": policies}):
                return Step(done, {"after": page.next_key} if page.next_key else None)
            store.wait_before(attempt)
        raise Unavailable


def _looks(pointers: Sequence[MembershipPointer]) -> Iterator[_Look]:
    """The memberships that share something, in books that were not deleted. What can't be read is left as it is."""
    keys = [(MembershipRow.of(one.org_id, one.member_id), OrganizationRow.of(one.org_id)) for one in pointers]
    rows = store.read_together([key for pair in keys for key in pair])
    for pointer, (membership, organization) in zip(pointers, keys, strict=True):
        row, book = legible(rows, membership), legible(rows, organization)
        if row is not None and row.scopes and book is not None and book.deleted_at is None:
            yield _Look(pointer, row, book.policy_set)


def _store(look: _Look, person: PersonRow, facts: list[Fact]) -> bool | None:
    """Write what a membership shows: whether that was possible; None if it shows it already."""
    row, before = look.row, _shown(look.row)
    same = attention.unchanged(row) & (MembershipRow.consent_version == row.consent_version)
    attention.assign_to(row, {**snapshot(row.scopes, facts), **statuses.columns(row, person)})
    now = {**_shown(row), **attention.columns(row, look.policies)}
    if now == before:
        return None
    return store.update(row.own_key, store.assign(MembershipRow, now), same) is not None


def _shown(row: MembershipRow) -> dict[str, Any]:
    """What a membership's row holds of snapshot and standing."""
    return {name: getattr(row, name) for name in (*COLUMNS.values(), *statuses.COLUMNS, *attention.STANDING)}


def _restand(row: PlacedMember, policies: PolicySet) -> bool:
    """Whether a member stood otherwise, and was written.

    Whoever changed the row since it was read has computed its standing from policies as new as these.
    """
    now = attention.columns(row, policies)
    if all(value == getattr(row, name) for name, value in now.items()):
        return False
    return store.update(row.own_key, store.assign(MembershipRow, now), attention.unchanged(row)) is not None


def _page(work: PolicyWork) -> store.Page[PlacedMember]:
    """The members that a slice looks at."""
    below = MembershipRow.path.startswith(work.path)
    index, after = PathIndex.Meta.index_name, work.position.get("after")
    return store.query(PlacedMember, work.org_id or "", below, index=index, limit=SLICE, start=after)


def _policies_of(org_id: str) -> PolicySet | None:
    """The newest policies of an organization; None if it was deleted."""
    key = OrganizationRow.of(org_id)
    row = store.read_together([key]).get(key)
    return None if row is None or row.deleted_at is not None else row.policy_set


def _moved(seen: Mapping[str, PolicySet]) -> set[str]:
    """The organizations whose policies are no longer those that were seen."""
    keys = {org_id: OrganizationRow.of(org_id) for org_id in seen}
    rows = store.read_together(keys.values())
    found = {org_id: rows.get(key) for org_id, key in keys.items()}
    return {org_id for org_id, row in found.items() if row is not None and row.policies_version != seen[org_id].version}
