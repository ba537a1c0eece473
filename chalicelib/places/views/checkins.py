"""Check-ins as the public contract shows them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from chalicelib.core import clock
from chalicelib.core.settings import settings
from chalicelib.core.shown_states import state_shown
from chalicelib.core.texts import Language
from chalicelib.health.views.declarations import declaration_view
from chalicelib.places.schemas import checkins as schemas
from chalicelib.places.service.checkins import Brought, Kept
from chalicelib.places.service.lookups import WHAT as CARD
from chalicelib.places.service.visits import OwnVisitRow, VisitPage
from chalicelib.places.tables import CheckinRow, GateRow, PlaceRow
from chalicelib.places.visiting.keys import checkin_id_of
from chalicelib.places.visiting.stays import ends_at, scanned_at
from chalicelib.places.visiting.verdict import DEPENDANT

SHOWN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"self": ("health_code",), "staff": CARD, "companion": ("name", "health_code")}
)
"""What was shown, by to whom."""


def answer(kept: Kept, brought: Sequence[Brought], language: Language) -> schemas.OwnCheckinAnswer:
    """What a visitor's scan answers, with what came of those whom they brought along."""
    dependants = [_brought(one, language) for one in brought]
    return schemas.OwnCheckinAnswer(**_answered(kept, language), dependants=dependants)


def _brought(one: Brought, language: Language) -> schemas.DependantCheckin:
    checkin = None if one.kept is None else schemas.Checkin(**_verdict(one.kept, language))
    return schemas.DependantCheckin(dependant_id=one.dependant_id, name=one.name, refused=one.refused, checkin=checkin)


def inspection(kept: Kept, language: Language) -> schemas.InspectionAnswer:
    """What an inspector's scan answers."""
    person = kept.person
    card = schemas.VisitorCard(
        name=person.name_mask or "",
        document=person.document_mask or "",
        phone=person.phone_mask,
        portrait=None,
        declaration=None if kept.declaration is None else declaration_view(kept.declaration, language),
    )
    return schemas.InspectionAnswer(**_answered(kept, language), visitor=card)


def own_visits(page: VisitPage, language: Language) -> schemas.OwnCheckins:
    """A page of the caller's visits."""
    items = [_own(visit, language) for visit in page.visits]
    return schemas.OwnCheckins(items=items, cursor=page.cursor, unreadable=page.unreadable)


def _answered(kept: Kept, language: Language) -> dict[str, Any]:
    return {
        **_verdict(kept, language),
        "repeated": kept.repeated,
        "occupancy": kept.inside.count,
        "is_full": kept.inside.is_full,
        "left_out": kept.left_out,
    }


def _verdict(kept: Kept, language: Language) -> dict[str, Any]:
    return {
        **_checkin(kept.row, kept.place, kept.gate, language),
        "state": state_shown(kept.verdict.state, language),
        "allowed": kept.allowed,
        "alarm": kept.alarm,
    }


def _shown_to(row: CheckinRow) -> Literal["self", "staff", "companion"]:
    if row.mode == DEPENDANT:
        return "companion"
    return "self" if row.by is None else "staff"


def _own(visit: OwnVisitRow, language: Language) -> schemas.OwnCheckin:
    row, now = visit.row, clock.now()
    shown_to = _shown_to(row)
    return schemas.OwnCheckin(
        **_checkin(row, visit.place, visit.gate, language),
        ends_at=visit.ends_at,
        open=bool(row.allowed) and scanned_at(row) <= now < visit.ends_at,
        shown_to=shown_to,
        shown=list(SHOWN[shown_to]),
    )


def _checkin(row: CheckinRow, place: PlaceRow | None, gate: GateRow | None, language: Language) -> dict[str, Any]:
    """What every model of a check-in says of it."""
    state = settings().city.scheme.state(row.state)
    return {
        "checkin_id": checkin_id_of(row),
        "place": schemas.PlaceVisited(
            place_id=row.place_id, name=None if place is None else place.name, gate=None if gate is None else gate.name
        ),
        "at": scanned_at(row),
        "queued": bool(row.queued),
        "mode": row.mode,
        "assurance": row.assurance,
        "state": state_shown(state, language),
        "allowed": row.allowed,
        "alarm": row.alarm,
        "relation": row.relation,
        "temperature": row.temperature,
        "temperature_source": row.temperature_source,
        "until": ends_at(row),
        "out_at": row.out_at,
    }
