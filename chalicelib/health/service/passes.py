"""Passes: a minute's proof of who somebody is, which a scanner trades for their status (B6).

A pass proves who, not how they are: whoever scans it asks the city, which answers with what is stored now and signs the answer.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from chalicelib.core import clock, jws, pass_keys, store
from chalicelib.core.crypto import ID_BYTES, decode, encode
from chalicelib.core.errors import GatebookError
from chalicelib.core.jws import Flaw, FlawedStatementError
from chalicelib.core.pass_keys import PassKey
from chalicelib.core.scheme import State
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.health.errors import (
    PaperPassForInspectors,
    PassExpired,
    PassForged,
    PassMalformed,
    PassOfAnotherCity,
    PassRevoked,
    TooManyPasses,
)
from chalicelib.health.service.papers import is_paper
from chalicelib.health.service.status import Status
from chalicelib.people.access import Person
from chalicelib.people.service.limits import DAY, MINUTE, Window, count_one, day_window, minute_window, seconds_left
from chalicelib.people.tables.logins import phone_subject
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import in_full, ledger_entry, living

SECONDS = 60
"""How long a pass holds, and the signed answer to one (design §7): a picture of either is worth nothing after that."""

PASS, ANSWER = "pass-v1+jwt", "pass-answer-v1+jwt"
"""The kinds of statements (their `typ`), so that none is taken for another (RFC 8725, 3.11)."""

AUDIENCE = "gatebook-passes"
"""For whom both are: whoever verifies passes, of this city or another."""

A_MINUTE, A_DAY = 20, 500
"""Passes that one person verifies: as many as one can scan with a phone, and too few to follow people by it."""

WHY = "pass"
"""The reason that a person's access log shows."""

WHAT = ("name", "health_code")
"""What it shows."""

_LIFE_BYTES = 4
_ERRORS: Mapping[Flaw, type[GatebookError]] = MappingProxyType(
    {
        Flaw.MALFORMED: PassMalformed,
        Flaw.FOREIGN: PassOfAnotherCity,
        Flaw.FORGED: PassForged,
        Flaw.EXPIRED: PassExpired,
    }
)


@dataclass(frozen=True)
class Seen:
    """What a scanner is told of the person behind a pass, at a moment, and the same under the city's signature."""

    name: str
    state: State
    as_of: datetime | None
    at: datetime
    signed: str


class Passes:
    """Issues passes and answers those who scan them."""

    def __init__(self, status: Status) -> None:
        """Take who knows the status of people."""
        self._status = status

    def issue(self, person: PersonRow) -> str:
        """A pass of this moment. Whose it is can be read by the city alone, and no two passes look alike."""
        key = pass_keys.signing_key()
        whose = decode(person.person_id) + int(person.enrolment).to_bytes(_LIFE_BYTES)
        return jws.sign(key, PASS, AUDIENCE, {"sub": key.seal(_context(), whose)}, SECONDS)

    def verify(self, caller: Person, text: str) -> Seen:
        """Tell a scanner who stands before them and in which state; the person finds the look in their access log (B1).

        Raises PassMalformed, PassForged, PassOfAnotherCity, PassExpired, PassRevoked or TooManyPasses, and
        PaperPassForInspectors for what is printed.
        """
        if is_paper(text):
            raise PaperPassForInspectors
        person = _behind(text)
        _record(caller, person)
        shown, now = self._status.shown(person), clock.now().replace(microsecond=0)
        name = person.name_mask or ""
        return Seen(name, shown.state, shown.as_of, now, _answer(text, name, shown.state, shown.as_of))


def public_keys() -> list[PassKey]:
    """The keys by which passes and answers of this city can be verified without it, the newest first."""
    return pass_keys.published_keys()


def _context() -> str:
    return f"{settings().city_name}|pass|v1"


@dataclass(frozen=True)
class Holder:
    """The life for which a pass was made."""

    person_id: str
    enrolment: int


def holder_of(text: str, at: datetime | None = None) -> Holder:
    """Whom a pass was made for, without any read. One that waited without network is judged as of when it was scanned (B8).

    Raises PassMalformed, PassForged, PassOfAnotherCity or PassExpired.
    """
    try:
        statement = jws.verify(text, PASS, AUDIENCE, None if at is None else int(at.timestamp()))
    except FlawedStatementError as flawed:
        raise _ERRORS[flawed.flaw] from None
    whose = statement.key.unseal(_context(), str(statement.claims.get("sub")))
    if whose is None:
        raise PassForged
    return Holder(encode(whose[:ID_BYTES]), int.from_bytes(whose[ID_BYTES:]))


def living_holder(holder: Holder, person: PersonRow | None) -> PersonRow:
    """The person of a pass as stored, in the life that they had when it was made. Raises PassRevoked."""
    if person is None or person.verified_at is None or person.enrolment != holder.enrolment:
        raise PassRevoked
    return person


def _behind(text: str) -> PersonRow:
    """Who a pass was made for, as stored now. Raises what `verify` says."""
    holder = holder_of(text)
    key = PersonRow.of(holder.person_id)
    return living_holder(holder, store.read_together([key]).get(key))


def _record(caller: Person, person: PersonRow) -> None:
    """Count the look and write it down for the person before it is answered; neither without the other. Raises TooManyPasses."""
    subject, now = phone_subject(caller.account.phone_mac), clock.now()
    transaction = Transaction()
    for name, limit, lasts in ((minute_window(now), A_MINUTE, MINUTE), (day_window(now), A_DAY, DAY)):
        too_many = TooManyPasses(seconds_left(lasts), fields={"limit": limit})
        count_one(transaction, Window(subject, f"passes#{name}", limit, lasts), too_many)
    life = in_full(living(person.person_id, int(person.enrolment)), WHAT)
    actor = caller.row.name_mask or ""
    transaction.put(ledger_entry("DISCLOSURE", [life], actor=actor, what=list(WHAT), why=WHY))
    transaction.commit()


def _answer(text: str, name: str, state: State, as_of: datetime | None) -> str:
    """The signed answer. It names the pass by its hash, so that it can be shown for no other one."""
    claims: dict[str, Any] = {
        "pass": encode(hashlib.sha256(text.encode()).digest()),
        "name": name,
        "state": state.name,
        "allows_entry": state.allows_entry,
        "as_of": None if as_of is None else clock.iso(as_of),
    }
    return jws.sign(pass_keys.signing_key(), ANSWER, AUDIENCE, claims, SECONDS)
