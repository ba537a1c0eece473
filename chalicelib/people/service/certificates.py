"""Certificates of deletion: what was removed, under the city's seal (R1.4). They name no person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any

from chalicelib.core import clock, store
from chalicelib.core.crypto import encode, held_key, mac
from chalicelib.core.errors import Broken
from chalicelib.core.store import Key
from chalicelib.people.access import Person
from chalicelib.people.service.privacy import Listed, own_page
from chalicelib.people.tables.certificates import CertificateRow, CertificateTrace
from chalicelib.people.tables.privacy import kept_until


@dataclass(frozen=True)
class Statement:
    """What a certificate says once it is complete, and what its seal is over. Moments count to the second."""

    org_id: str
    organization: str
    deleted_at: datetime
    completed_at: datetime
    removed: Mapping[str, int]

    @property
    def counts(self) -> list[str]:
        """How much of each kind was removed, as it is stored: `members=12`. What there was none of is left out."""
        return [f"{kind}={count}" for kind, count in sorted(self.removed.items()) if count]

    def seal(self) -> str:
        """The city's seal: a MAC over all of it, under a key that is for nothing else."""
        moments = clock.iso(self.deleted_at), clock.iso(self.completed_at)
        return encode(mac(held_key("certificate"), self.org_id, self.organization, *moments, *self.counts))

    def is_sealed_by(self, seal: str) -> bool:
        """Whether this city gave this seal to exactly this statement."""
        return compare_digest(self.seal().encode(), seal.encode())


def counted(removed: Iterable[str]) -> dict[str, int]:
    """The counts of their stored form. Raises Broken."""
    try:
        return {kind: int(count) for kind, count in (one.split("=") for one in removed)}
    except (AttributeError, ValueError) as error:
        raise Broken from error


def under_way(person_id: str, enrolment: int, org_id: str, organization: str, deleted_at: datetime) -> CertificateRow:
    """The certificate of a book that is deleted now; it is kept as long as receipts are."""
    key = CertificateRow.of(person_id, org_id)
    return CertificateRow(
        person_id,
        key.range_value,
        enrolment=enrolment,
        organization=organization,
        deleted_at=deleted_at,
        expires_at=kept_until("consents", deleted_at),
    )


def completion(statement: Statement) -> dict[str, Any]:
    """What completes a certificate, by attribute."""
    return {"completed_at": statement.completed_at, "removed": statement.counts, "seal": statement.seal()}


class Certificates:
    """Shows people the certificates of what they deleted."""

    def own(self, person: Person, limit: int, cursor: str | None) -> Listed[CertificateRow]:
        """The person's certificates of this life, of the newest book first. Raises InvalidCursor."""
        of_books = CertificateRow.sk.startswith(CertificateRow.PREFIX)
        return own_page(CertificateRow, person, limit, cursor, of_books)


def certificates_until(person_id: str, enrolment: int) -> list[Key[CertificateTrace]]:
    """Where the certificates of a person's lives up to this one lie, whether they can be read or not."""
    of_books = CertificateTrace.sk.startswith(CertificateRow.PREFIX)
    found: list[Key[CertificateTrace]] = []
    rows = store.query_all(CertificateTrace, person_id, of_books, on_broken=found.append)
    found += [row.own_key for row in rows if row.enrolment <= enrolment]
    return found
