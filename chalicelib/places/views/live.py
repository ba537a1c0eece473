"""Check-ins as the staff of a place sees them."""

from datetime import datetime

from chalicelib.core.settings import settings
from chalicelib.core.texts import Language
from chalicelib.places.schemas import live as schemas
from chalicelib.places.service.live import LivePage
from chalicelib.places.tables import CheckinRow
from chalicelib.places.visiting.keys import checkin_id_of


def live_list(page: LivePage, language: Language) -> schemas.LiveList:
    """One page of today's check-ins."""
    items = [_item(row, language) for row in page.rows]
    return schemas.LiveList(items=items, cursor=page.cursor, unreadable=page.unreadable)


def _item(row: CheckinRow, language: Language) -> schemas.LiveCheckin:
    return schemas.LiveCheckin(
        checkin_id=checkin_id_of(row),
        visitor_id=row.member_id,
        name=row.name_mask,
        document=row.document_mask,
        at=datetime.fromisoformat(row.at),
        gate_id=row.gate_id,
        state=row.state,
        word=settings().city.scheme.state(row.state).word.spoken(language),
        allowed=row.allowed,
        alarm=row.alarm,
        temperature=row.temperature,
        temperature_source=row.temperature_source,
        mode=row.mode,
        assurance=row.assurance,
        relation=row.relation,
        out_at=row.out_at,
    )
