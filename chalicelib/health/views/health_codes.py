"""Statuses and messages as the public contract shows them."""

from collections.abc import Mapping
from typing import Any

from chalicelib.core.settings import settings
from chalicelib.core.shown_states import state_shown
from chalicelib.core.texts import Language
from chalicelib.health.known import is_event
from chalicelib.health.schemas import health_codes as schemas
from chalicelib.health.service.health_code import Code
from chalicelib.health.tables.messages import MessageRow
from chalicelib.people.service.privacy import Listed
from chalicelib.people.tables.status import StatusRow


def code_view(code: Code, language: Language) -> schemas.HealthCode:
    """A health code as its person reads it."""
    status = code.status
    return schemas.HealthCode(
        **dict(state_shown(status.state, language)),
        cause=_cause(status.rule, status.cause, language),
        since=status.since,
        until=status.until,
        as_of=status.as_of,
        nucleic_acid=_or_none(schemas.Test, status.known.get("nucleic_acid")),
        vaccination=_or_none(schemas.Vaccination, status.known.get("vaccination")),
        travel=_or_none(schemas.Travel, status.known.get("travel")),
        pass_=code.signed,
    )


def history_page(listed: Listed[StatusRow], language: Language) -> schemas.StatusHistory:
    """Past statuses as their person reads them."""
    return schemas.StatusHistory(items=[_past(row, language) for row in listed.rows], cursor=listed.cursor)


def _past(row: StatusRow, language: Language) -> schemas.PastStatus:
    state = settings().city.scheme.state(row.state)
    return schemas.PastStatus(
        state=state.name,
        word=state.word.spoken(language),
        colour=state.colour,
        icon=state.icon,
        cause=_cause(row.rule, row.cause, language),
        since=row.state_since,
        until=row.state_until,
        at=row.status_at,
    )


def _cause(name: str | None, fact: Mapping[str, Any] | None, language: Language) -> schemas.Cause | None:
    """The cause in plain words; None for a state that needs none, and for a rule that the city no longer has."""
    rule = settings().city.scheme.rule(name)
    if rule is None or fact is None or not is_event("cause", fact):
        return None
    return schemas.Cause(rule=rule.name, says=rule.says.spoken(language), **fact)


def _or_none(model: Any, value: Mapping[str, Any] | None) -> Any:
    return None if value is None else model(**value)


def message_page(listed: Listed[MessageRow]) -> schemas.MessagePage:
    """Messages, without who wrote them."""
    return schemas.MessagePage(items=[message_view(row) for row in listed.rows], cursor=listed.cursor)


def message_view(row: MessageRow) -> schemas.MessageShown:
    """One message."""
    return schemas.MessageShown(
        message_id=row.message_id,
        category=row.about,
        text=row.text,
        at=row.at,
        answer=row.answer,
        answered_at=row.answered_at,
    )
