"""One ledger entry for each look at members, before the answer leaves; its consumer writes their access logs (design §4, B1)."""

from collections.abc import Collection, Sequence

from chalicelib.core import store
from chalicelib.groups.access import Manager
from chalicelib.groups.consents import DISCLOSABLE, disclosed
from chalicelib.groups.tables import ListedMember
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry

WHY_LIST = "members"
"""The reason that a person's access log shows for a look at the list."""

WHY_ADMINS = "administrators"
"""For a look at who administers."""

WHY_SEARCH = "search"
"""For being found by name, number, phone or label."""

WHY_ALERTS = "alerts"
"""For a look at the alerts."""

WHY_DETAILS = "details"
"""For a look at this member alone."""

WHY_EXPORT = "export"
"""For being in a file of members."""


def disclose(
    manager: Manager, members: Collection[ListedMember], *, why: str, scopes: Sequence[str] | None = None
) -> None:
    """Record who is shown to a manager, and what: what each shares, or only what `scopes` says. Nobody shown is no entry."""
    if members:
        store.put(disclosure(manager, members, why=why, scopes=scopes))


def disclosure(
    manager: Manager, members: Collection[ListedMember], *, why: str, scopes: Sequence[str] | None = None
) -> LedgerRow:
    """The entry itself, not yet stored. A row takes some thousand people (400 KB)."""
    shown = [disclosed(row.person_id, int(row.enrolment), row.scopes if scopes is None else scopes) for row in members]
    return ledger_entry(
        "DISCLOSURE",
        shown,
        org_id=manager.org_id,
        organization=manager.organization.name,
        actor=manager.person.row.name_mask or "",
        what=list(DISCLOSABLE),
        why=why,
    )
