"""The city registry as a health source: the first implementation of the port."""

import hmac
from typing import NoReturn

from chalicelib.core import store
from chalicelib.core.errors import Broken
from chalicelib.core.ports import Fact, IdentityClaim
from chalicelib.health.tables import FactRow, IdentityRow

FIRST_FACT = "a"
"""Kinds of facts are lower-case words, so they sort behind `IDENTITY`."""

NO_MAC = "A" * 22
"""What an unknown person's claim is compared with, so that unknown and mismatch take the same steps (T-04)."""


class RegistrySource:
    """Answers from what was imported or delivered into this city."""

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

    def facts_of(self, person_id: str) -> list[Fact]:
        """All facts of a person, read consistently; rows that can't be read are passed over."""
        return [row.fact() for row in store.query_all(FactRow, person_id, FactRow.sk >= FIRST_FACT)]

    def all_facts_of(self, person_id: str) -> list[Fact]:
        """All facts of a person, read consistently. Raises Broken if a row can't be read."""
        rows = store.query_all(FactRow, person_id, FactRow.sk >= FIRST_FACT, on_broken=_refuse)
        return [row.fact() for row in rows]


def _refuse(_: object) -> NoReturn:
    raise Broken


def _identity(person_id: str) -> IdentityRow | None:
    key = IdentityRow.of(person_id)
    return store.read_together([key]).get(key)
