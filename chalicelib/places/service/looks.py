"""Who looked at check-ins: one entry of the ledger for each look, from which the visitors read it in their access logs (B1)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.people.tables.privacy import in_full, ledger_entry, living
from chalicelib.places.access import PlaceManager, Staff
from chalicelib.places.tables import CheckinRow, LookRow

WHAT = ("name", "document", "health_code", "temperature", "visit")
"""What a list or a file of check-ins shows of each visitor: masked who they are, and when they came to which gate."""

WHY_LIVE = "live_list"
"""The reason that a person's access log shows for a look at the live list."""

WHY_EXPORT = "checkin_export"
"""For being in a file of check-ins."""

TAG = 16
"""Characters of a visitor's id by which a window knows them: enough to tell those of one place apart."""


def disclose_live(staff: Staff, rows: Sequence[CheckinRow]) -> None:
    """Tell the visitors of a page that somebody looks at them, whoever of them was not told so in this window.

    A list that renews itself is one look: the window keeps whom it told, and is written behind the ledger, so that two
    renewals at once tell somebody twice rather than not at all.
    """
    minutes = settings().city.places.live_minutes
    window = LookRow.of(staff.person.account.phone_mac, staff.place.place_id, clock.epoch() // (60 * minutes))
    found = store.read_together([window]).get(window)
    told = set() if found is None else set(found.told or ())
    fresh = {_tag(row): row for row in rows if _tag(row) not in told}
    if fresh:
        store.put(ledger_entry("DISCLOSURE", people_of(fresh.values()), **words(staff, WHY_LIVE)))
        lasts = clock.now() + 2 * timedelta(minutes=minutes)
        store.update(window, [LookRow.told.set((LookRow.told | []).append(list(fresh))), LookRow.expires_at.set(lasts)])


def words(staff: Staff | PlaceManager, why: str) -> dict[str, Any]:
    """What an entry says beside its people: who looked, where, at what and why."""
    return {
        "organization": staff.place.name,
        "actor": staff.person.row.name_mask or "",
        "what": list(WHAT),
        "why": why,
    }


def people_of(rows: Iterable[CheckinRow]) -> list[str]:
    """The lives on a list, each once, as an entry names them."""
    return sorted({in_full(living(row.person_id, int(row.enrolment)), WHAT) for row in rows})


def _tag(row: CheckinRow) -> str:
    """A visitor in one life of theirs: the next one is told anew."""
    return f"{row.member_id[:TAG]}.{int(row.enrolment)}"
