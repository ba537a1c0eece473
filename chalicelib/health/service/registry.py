"""The city registry as a health source: the first implementation of the ports."""

import hmac
from collections.abc import Sequence
from typing import Any, NoReturn

from chalicelib.core import clock, store
from chalicelib.core.errors import Broken
from chalicelib.core.ports import Fact, IdentityClaim, Kinship, SourceUnavailable
from chalicelib.core.reports import Asked, Changes, CursorLost, Report, Reports
from chalicelib.core.settings import settings
from chalicelib.core.store import RawItem
from chalicelib.health.sources import has_identities, has_source
from chalicelib.health.tables import FIRST_FACT, FactRow, IdentityRow, RegistryTable

NO_MAC = "A" * 22
"""What an unknown person's claim is compared with, so that unknown and mismatch take the same steps (T-04)."""


class RegistrySource:
    """Answers from what was imported or delivered into this city.

    The nightly sync compares everybody with it: a delivery takes its effect at once, and what was lost on the way is found then.
    """

    batch = 100

    def require_ready(self) -> None:
        """Raises SourceUnavailable in a deployed city without a source that said who is who: nobody could be in its registry."""
        if not settings().is_local and not (has_source() and has_identities()):
            raise SourceUnavailable

    def confirms(self, claim: IdentityClaim) -> bool:
        """Whether name and phone are those of the person with this document. One read and two comparisons, always."""
        identity = _identity(claim.person_id)
        name_mac, phone_mac = (identity.name_mac, identity.phone_mac) if identity else (NO_MAC, NO_MAC)
        same_name = hmac.compare_digest(name_mac, claim.name_mac)
        same_phone = hmac.compare_digest(phone_mac, claim.phone_mac)
        return same_name and same_phone

    def confirms_phone(self, person_id: str, phone_mac: str) -> bool:
        """Whether the registry still holds this phone for the person."""
        identity = _identity(person_id)
        return identity is not None and hmac.compare_digest(identity.phone_mac, phone_mac)

    def kinship(self, dependant: IdentityClaim, guardian_id: str) -> Kinship | None:
        """How the registry knows somebody whom another would act for; None for who is not known so. One read, always."""
        identity = _identity(dependant.person_id)
        name_mac, phone_mac = (identity.name_mac, identity.phone_mac) if identity else (NO_MAC, NO_MAC)
        same_name = hmac.compare_digest(name_mac, dependant.name_mac)
        same_phone = hmac.compare_digest(phone_mac, dependant.phone_mac)
        guardians = (identity.guardians if identity else None) or ()
        return Kinship(guardian_id in guardians, same_phone) if same_name else None

    def facts_of(self, person_id: str) -> list[Fact]:
        """All facts of a person, read consistently, without withdrawn ones; rows that can't be read are passed over."""
        rows = store.query_all(FactRow, person_id, FactRow.sk >= FIRST_FACT)
        return [row.fact() for row in rows if not row.withdrawn]

    def all_facts_of(self, person_id: str) -> list[Fact]:
        """All facts of a person, read consistently, without withdrawn ones. Raises Broken if a row can't be read."""
        rows = store.query_all(FactRow, person_id, FactRow.sk >= FIRST_FACT, on_broken=_refuse)
        return [row.fact() for row in rows if not row.withdrawn]

    def position(self) -> str | None:
        """It offers no changes: what changes is delivered into it."""
        return None

    def changes(self, cursor: str) -> Changes:  # noqa: ARG002  it never gave one
        """Raises CursorLost."""
        raise CursorLost

    def reports(self, people: Sequence[Asked]) -> Reports:
        """What is stored of these people; garbage is of whom anything can't be read."""
        as_of, found, garbage = clock.now(), dict[str, Report](), set[str]()
        for one in people:
            try:
                found[one.person_id] = _report(one)
            except Broken:
                garbage.add(one.person_id)
        return Reports(found, frozenset(garbage), as_of)

    def with_report(self, person_id: str, report: Report) -> Sequence[Fact]:  # noqa: ARG002  all that is known is in it
        """The facts of a report are all that there are."""
        return report.facts

    def keep(self, person_id: str, report: Report) -> None:
        """What is reported is stored here already."""

    def distrust(self, person_id: str) -> None:
        """What can't be read says so by itself, until it is mended."""


def _report(asked: Asked) -> Report:
    """What is stored of one person, in one query at half a read unit."""
    facts, phone_mac = list[Fact](), None
    for row in store.query_all(RegisteredRow, asked.person_id, on_broken=_refuse, consistent=False):
        if isinstance(row, IdentityRow):
            phone_mac = row.phone_mac
        elif isinstance(row, FactRow) and not row.withdrawn:
            facts.append(row.fact())
    is_known = phone_mac is not None and asked.phone_mac is not None
    return Report(tuple(facts), has_phone=phone_mac == asked.phone_mac if is_known else None)


def _refuse(_: object) -> NoReturn:
    raise Broken


def _identity(person_id: str) -> IdentityRow | None:
    key = IdentityRow.of(person_id)
    return store.read_together([key]).get(key)


class RegisteredRow(RegistryTable):
    """Whatever lies in a person's partition, each row as what it is."""

    @classmethod
    def from_raw_data(cls, data: RawItem) -> Any:
        """An identity or a fact from its stored form. Raises Broken."""
        kind = IdentityRow if data["sk"].get("S") == IdentityRow.SK else FactRow
        return kind.from_raw_data(data)
