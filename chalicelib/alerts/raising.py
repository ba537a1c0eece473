"""An alert comes into being: one row for each change of a member's status, and its key on the queue `alerts`."""

from datetime import datetime, timedelta

from chalicelib.alerts.tables import AlertRow, ChannelsRow, TopicRow
from chalicelib.core import clock, ids, queues, store
from chalicelib.core.settings import settings
from chalicelib.core.store import Key

QUEUE = "alerts"
"""The queue of alerts that are to be sent, and of people whose e-mail is to be looked at; a message is a row's key."""


def raise_alert(org_id: str, member_id: str, status_version: int, at: datetime) -> str:
    """Have an organization told of a change of a member's status, and return the alert's id.

    `at` is the moment of the change as it is stored with it, the same at each call: a change is one alert, however often
    it is raised. One that was not sent yet is put on the queue again, since whoever raised it may have died before that.
    """
    alert_id = ids.derived_id(at, org_id, member_id, str(status_version))
    expires_at = clock.now() + timedelta(days=settings().city.retention.alerts)
    row = AlertRow(org_id, alert_id, member_id=member_id, status_version=status_version, sent=[], expires_at=expires_at)
    stored = store.put_once(row, AlertRow.org_id.does_not_exist()) or row
    if stored.outcome is None and stored.hold is None:
        ask_for(stored.own_key)
    return alert_id


def ask_for(alert: Key[AlertRow], *, after: int = 0) -> None:
    """Ask for an alert to be sent, `after` so many seconds. What is sent already is not sent again."""
    queues.send(QUEUE, {"keys": alert.raw()}, after=after)


def ask_to_follow(person_id: str) -> None:
    """Ask for a person's subscriptions to be made what their address and their organizations want them to be."""
    queues.send(QUEUE, {"keys": ChannelsRow.of(person_id).raw()})


def ask_to_close(org_id: str) -> None:
    """Ask for an organization's topic to be removed with all its subscriptions, since the organization is gone."""
    queues.send(QUEUE, {"keys": TopicRow.of(org_id).raw()})
