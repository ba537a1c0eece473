"""Stored rows as the public contract shows them."""

from chalicelib.core.texts import Language, text
from chalicelib.people import schemas
from chalicelib.people.service.privacy import Listed
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
        text=text("consents", f"{row.text_version}.text", language, organization=row.organization),
    )


def access_log_page(listed: Listed[AccessRow]) -> schemas.AccessLogPage:
    """Disclosures as the person reads them."""
    items = [
        schemas.Disclosure(at=row.at, actor=row.actor, organization=row.organization, what=list(row.what), why=row.why)
        for row in listed.rows
    ]
    return schemas.AccessLogPage(items=items, cursor=listed.cursor)
