"""The city registry as a health source: the first implementation of the port."""

import hmac
from typing import NoReturn

from chalicelib.core import store
from chalicelib.core.errors import Broken
from chalicelib.core.ports import Fact, IdentityClaim, Kinship, SourceUnavailable
from chalicelib.core.settings import settings
from chalicelib.health.sources import has_identities, has_source
from chalicelib.health.tables import FIRST_FACT, FactRow, IdentityRow

NO_MAC = "A" * 22
"""What an unknown person's claim is compared with, so that unknown and mismatch take the same steps (T-04)."""


class RegistrySource:
    """Answers from what was imported or delivered into this city."""

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


def _refuse(_: object) -> NoReturn:
    raise Broken


def _identity(person_id: str) -> IdentityRow | None:
    key = IdentityRow.of(person_id)
    return store.read_together([key]).get(key)
