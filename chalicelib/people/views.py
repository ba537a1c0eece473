"""Stored rows as the public contract shows them."""

from collections.abc import Sequence

from chalicelib.core.texts import Language, text
from chalicelib.people import schemas
from chalicelib.people.service.bindings import Relation
from chalicelib.people.service.certificates import counted
from chalicelib.people.service.dependants import Bound
from chalicelib.people.service.privacy import Listed
from chalicelib.people.tables.certificates import CertificateRow
from chalicelib.people.tables.dependants import GuardianRow
from chalicelib.people.tables.privacy import AccessRow, ReceiptRow


def receipt_page(listed: Listed[ReceiptRow], language: Language) -> schemas.ReceiptPage:
    """Receipts with the text that was read, in the caller's language."""
    return schemas.ReceiptPage(items=[_receipt(row, language) for row in listed.rows], cursor=listed.cursor)


def _receipt(row: ReceiptRow, language: Language) -> schemas.Receipt:
    return schemas.Receipt(
        at=row.at,
        org_id=row.org_id,
        organization=row.organization,
        action=row.action,
        scopes=list(row.scopes),
        text_version=row.text_version,
        given_by=row.given_by,
        text=text("consents", f"{row.text_version}.text", language, organization=row.organization),
    )


def certificate_page(listed: Listed[CertificateRow]) -> schemas.CertificatePage:
    """Certificates as their owner reads them."""
    return schemas.CertificatePage(items=[_certificate(row) for row in listed.rows], cursor=listed.cursor)


def _certificate(row: CertificateRow) -> schemas.Certificate:
    return schemas.Certificate(
        org_id=row.org_id,
        organization=row.organization,
        deleted_at=row.deleted_at,
        state="under_way" if row.completed_at is None else "complete",
        completed_at=row.completed_at,
        removed=counted(row.removed or ()),
        seal=row.seal,
    )


def access_log_page(listed: Listed[AccessRow]) -> schemas.AccessLogPage:
    """Disclosures as the person reads them."""
    items = [
        schemas.Disclosure(at=row.at, actor=row.actor, organization=row.organization, what=list(row.what), why=row.why)
        for row in listed.rows
    ]
    return schemas.AccessLogPage(items=items, cursor=listed.cursor)


def dependant_view(bound: Bound) -> schemas.Dependant:
    """A dependant as their guardian sees them."""
    row = bound.row
    return schemas.Dependant(
        dependant_id=row.dependant_id,
        name=row.name_mask,
        document=row.document_mask,
        relation=Relation(row.relation),
        bound_at=row.bound_at,
        until=row.until,
        acts=bound.acts,
    )


def guardian_list(rows: Sequence[GuardianRow]) -> schemas.GuardianList:
    """Guardians as their dependant sees them."""
    items = [
        schemas.GuardianShown(
            guardian_id=row.guardian_id, name=row.name_mask, relation=Relation(row.relation), bound_at=row.bound_at
        )
        for row in rows
    ]
    return schemas.GuardianList(items=items)
