"""The family view: a guardian sees a dependant's health code, and shows it for them while they may (R0.4, R2.5)."""

from collections.abc import Sequence

from chalicelib.core import clock, store
from chalicelib.health.service.health_code import Code, PassHook
from chalicelib.health.service.status import Status
from chalicelib.people.access import Guardian
from chalicelib.people.errors import DependantActsAlone
from chalicelib.people.service.bindings import present
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import LedgerRow, derived_entry, in_full, living

WHAT, WHY = ("name", "health_code"), "family"
"""What the dependant's access log shows."""


class Family:
    """Shows guardians the codes of their dependants."""

    def __init__(self, status: Status, pass_of: PassHook) -> None:
        """Take who knows the status of people, and what makes their passes."""
        self._status, self._pass_of = status, pass_of

    def show(self, caller: Guardian) -> Code:
        """The dependant's code, with a pass if the caller may act for them. Raises DependantNotFound if the binding is over."""
        person, acts = _seen(caller)
        return Code(self._status.shown(person), self._pass_of(person) if acts else None)

    def sign(self, caller: Guardian) -> str:
        """A pass of the dependant. Raises DependantNotFound, or DependantActsAlone if they show their own."""
        person, acts = _seen(caller)
        signed = self._pass_of(person) if acts else None
        if signed is None:
            raise DependantActsAlone
        return signed


def _seen(caller: Guardian) -> tuple[PersonRow, bool]:
    """The dependant, and whether the caller may act for them; the look is written down first (B1). Raises DependantNotFound."""
    person, acts = present(caller.binding)
    store.put(look(caller, person, WHAT))
    return person, acts


def look(caller: Guardian, person: PersonRow, what: Sequence[str]) -> LedgerRow:
    """The entry of a look, the same one for all looks of an hour: a phone asks again each minute as long as the code is shown."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    life = living(person.person_id, int(person.enrolment))
    parts = "family", *what, caller.person.person_id, life
    actor = caller.person.row.name_mask or ""
    return derived_entry("DISCLOSURE", hour, parts, [in_full(life, what)], actor=actor, what=list(what), why=WHY)
