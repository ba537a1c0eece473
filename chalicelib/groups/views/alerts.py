"""Alerts as managers see them."""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.alerts.tables import AlertRow, Outcome
from chalicelib.alerts.ways import WAYS
from chalicelib.core import clock
from chalicelib.core.crypto import pairwise_id
from chalicelib.groups.access import Manager
from chalicelib.groups.schemas import alerts as schemas
from chalicelib.groups.service.alerts import AlertPage, MemberAlert
from chalicelib.groups.statuses import shown


def alert_list(manager: Manager, page: AlertPage) -> schemas.AlertList:
    """One page of alerts."""
    owner = pairwise_id(manager.org_id, manager.organization.owner_id)
    items = [_alert(one, owner) for one in page.alerts]
    return schemas.AlertList(items=items, cursor=page.cursor, unreadable=page.unreadable)


def _alert(one: MemberAlert, owner: str) -> schemas.AlertItem:
    alert, member = one.alert, one.member
    return schemas.AlertItem(
        alert_id=alert.alert_id,
        at=alert.at,
        member_id=member.member_id,
        name=member.name_mask,
        department_id=member.department_id,
        label=member.label,
        status=shown(member, clock.now()),
        delivery=_delivery(alert),
        messages=list(_messages(alert)),
        acknowledged=_acknowledgement(alert, owner),
    )


def _delivery(alert: AlertRow) -> schemas.Delivery:
    if alert.outcome is None:
        return "waiting" if alert.hold is None else "held"
    return Outcome(alert.outcome).value


def _messages(alert: AlertRow) -> Iterator[schemas.Message]:
    """Those to people; what the city's own topic heard is none of the organization's business."""
    for one in alert.sent:
        member_id, way, at = one.split("#")
        for channel in WAYS:
            if way == channel:
                yield schemas.Message(member_id=member_id, channel=channel, at=datetime.fromisoformat(at))


def _acknowledgement(alert: AlertRow, owner: str) -> schemas.Acknowledgement | None:
    if alert.acknowledged_by is None or alert.acknowledged_at is None:
        return None
    whose = alert.acknowledged_by
    return schemas.Acknowledgement(member_id=whose, is_owner=whose == owner, at=alert.acknowledged_at)
