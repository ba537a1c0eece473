"""Health declarations: a person's own answers to the city's questions. They never change a status (R2.3, B4)."""

from collections.abc import Mapping
from typing import Any

from chalicelib.core import clock, ids
from chalicelib.core.declarations import Answer
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.health.errors import DeclarationIncomplete, TooManyDeclarations
from chalicelib.people.access import Person
from chalicelib.people.errors import SessionEnded
from chalicelib.people.service.limits import DAY, count_one, seconds_left, today
from chalicelib.people.service.privacy import Listed, own_page
from chalicelib.people.tables.declarations import DeclarationRow, LatestDeclarationRow
from chalicelib.people.tables.logins import phone_subject
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import kept_until

A_DAY = 20
"""Declarations of one person in a day of the city: one at each door, and some that were mistyped."""


class Declarations:
    """Takes and lists people's own declarations."""

    def declare(self, caller: Person, answers: Mapping[str, Answer]) -> DeclarationRow:
        """Keep the caller's answers; an inspector who scans them sees the latest.

        Raises DeclarationIncomplete, TooManyDeclarations, or SessionEnded if the caller was erased meanwhile.
        """
        asked = settings().city.declaration
        if not asked.is_answered_by(answers):
            raise DeclarationIncomplete
        now = clock.now().replace(microsecond=0)
        said: dict[str, Any] = {
            "enrolment": caller.enrolment,
            "answers": dict(answers),
            "concerns": list(asked.concerns(answers)),
            "declared_at": now,
            "expires_at": kept_until("declarations", now),
        }
        latest = LatestDeclarationRow.of(caller.person_id)
        row = DeclarationRow(caller.person_id, f"{DeclarationRow.PREFIX}{ids.new_id()}", **said)
        transaction = Transaction()
        window = today(phone_subject(caller.account.phone_mac), "declarations", A_DAY)
        count_one(transaction, window, TooManyDeclarations(seconds_left(DAY), fields={"limit": A_DAY}))
        transaction.put(row).put(LatestDeclarationRow(latest.hash_value, latest.range_value, **said))
        transaction.check(caller.row.own_key, PersonRow.enrolment == caller.enrolment, SessionEnded()).commit()
        return row

    def own(self, caller: Person, limit: int, cursor: str | None) -> Listed[DeclarationRow]:
        """What the caller declared in this life and is kept still, newest first. Raises InvalidCursor."""
        return own_page(DeclarationRow, caller, limit, cursor, DeclarationRow.past())
