"""What managers see of the alerts of their organization: whom they were about, who was told, and who saw to it."""

from dataclasses import dataclass

from chalicelib.alerts.errors import AlertNotFound
from chalicelib.alerts.tables import FIRST_WORD, AlertRow
from chalicelib.core import clock, ids, store, tokens
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.errors import Broken
from chalicelib.groups.access import Manager
from chalicelib.groups.consents import Scope
from chalicelib.groups.disclosures import WHY_ALERTS, disclose
from chalicelib.groups.legible import report_broken
from chalicelib.groups.statuses import shared_since
from chalicelib.groups.tables import MembershipRow

PAGES_AT_MOST = 5
"""Pages that are read for one answer where an administrator manages little of an organization with many alerts."""


@dataclass(frozen=True)
class MemberAlert:
    """An alert and the member whom it is about, as both are now."""

    alert: AlertRow
    member: MembershipRow


@dataclass(frozen=True)
class AlertPage:
    """One page of alerts, the cursor of the next, and how many rows could not be read."""

    alerts: list[MemberAlert]
    cursor: str | None
    unreadable: int


class OrganizationAlerts:
    """Lists alerts and takes note of who saw to them."""

    def list_alerts(self, manager: Manager, limit: int, cursor: str | None) -> AlertPage:
        """One page of the alerts about members of the manager's subtree, newest first; each member finds the look in their log.

        What it says of a member is what they share now: who left, or takes back their health code, is not on it. Raises
        InvalidCursor.
        """
        scope = f"alerts|{manager.org_id}|{manager.path}"
        start = tokens.open_cursor(scope, cursor)
        shown, unreadable = list[MemberAlert](), 0
        for _ in range(PAGES_AT_MOST):
            before = AlertRow.alert_id < FIRST_WORD
            page = store.query(AlertRow, manager.org_id, before, limit=limit, start=start, newest_first=True)
            found, broken = _visible(manager, page.rows)
            shown, unreadable, start = [*shown, *found], unreadable + page.unreadable + broken, page.next_key
            if shown or start is None:
                break
        disclose(manager, _once(shown), why=WHY_ALERTS, scopes=[Scope.HEALTH_CODE.value])
        return AlertPage(shown, tokens.seal_cursor(scope, start), unreadable)

    def acknowledge(self, manager: Manager, alert_id: str) -> None:
        """Note that somebody saw to it; who did so first stays. Raises AlertNotFound."""
        alert = _alert(manager.org_id, alert_id)
        found, _ = _visible(manager, [alert])
        if not found:
            raise AlertNotFound
        whose = pairwise_id(manager.org_id, manager.person.person_id)
        noted = [AlertRow.acknowledged_by.set(whose), AlertRow.acknowledged_at.set(clock.now())]
        store.update(alert.own_key, noted, AlertRow.org_id.exists() & AlertRow.acknowledged_by.does_not_exist())


def _alert(org_id: str, alert_id: str) -> AlertRow:
    """An alert by its id. Raises AlertNotFound, also for what is no id of an alert."""
    try:
        ids.to_bytes(alert_id)
    except ValueError as error:
        raise AlertNotFound from error
    key = AlertRow.of(org_id, alert_id)
    alert = store.read_together([key]).get(key)
    if alert is None:
        raise AlertNotFound
    return alert


def _visible(manager: Manager, alerts: list[AlertRow]) -> tuple[list[MemberAlert], int]:
    """Those that a manager may see, with their members as they are now, and of how many the member can't be read."""
    rows = store.read_together([MembershipRow.of(one.org_id, one.member_id) for one in alerts])
    found, broken = list[MemberAlert](), 0
    for alert in alerts:
        try:
            member = rows.get(MembershipRow.of(alert.org_id, alert.member_id))
        except Broken as error:
            report_broken(MembershipRow.of(alert.org_id, alert.member_id), error)
            broken += 1
            continue
        if member is not None and _may_see(manager, alert, member):
            found.append(MemberAlert(alert, member))
    return found, broken


def _may_see(manager: Manager, alert: AlertRow, member: MembershipRow) -> bool:
    """Whether the member stands in the manager's subtree, and shared their code at that change and ever since."""
    shares = alert.at >= member.joined_at.replace(microsecond=0) and shared_since(member, int(alert.status_version))
    return shares and manager.reaches(member.path) and alert.expires_at > clock.now()


def _once(shown: list[MemberAlert]) -> list[MembershipRow]:
    return list({one.member.member_id: one.member for one in shown}.values())
