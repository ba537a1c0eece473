"""What wakes an operator, where the remedy is written, and what the dashboard shows."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import store
from chalicelib.core.names import table_name
from infra.cdk.alarms import EVENT, EVENTS, SPOKEN
from infra.cdk.names import log_group, resource
from infra.cdk.nights import COUNTS
from infra.grants import RIGHTS
from tests.infra.templates import Resource, Synthesised, said, words
from tests.infra.wired import WIRED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RUNBOOK = Path("docs/operations.md").read_text(encoding="utf-8")


LONGEST_PATTERN = 1_024
"""Characters of a filter pattern (API reference of CloudWatch Logs, PutMetricFilter)."""

RESOURCES = 500
"""Resources of a stack (CloudFormation's quotas); AWS::Serverless makes a few of one."""


def of(metric_filter: Resource) -> Resource:
    """What a metric filter makes of a line."""
    (transformation,) = metric_filter["MetricTransformations"]
    return dict(transformation)


def alarms(city: Synthesised) -> list[Resource]:
    return city.properties("AWS::CloudWatch::Alarm")


def watched(city: Synthesised, namespace: str, metric: str) -> list[dict[str, Any]]:
    """What is watched of a metric: the dimensions of each alarm over it."""
    found = [one for one in alarms(city) if (one["Namespace"], one["MetricName"]) == (namespace, metric)]
    return [{pair["Name"]: pair["Value"] for pair in one["Dimensions"]} for one in found]


def by(dimension: str, names: set[str]) -> list[dict[str, str]]:
    return [{dimension: name} for name in sorted(names)]


def in_order(dimensions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(dimensions, key=lambda one: sorted(one.items()))


def test_each_says_where_its_remedy_is_written(city: Synthesised) -> None:
    for alarm in alarms(city):
        anchor = alarm["AlarmDescription"].rpartition("#")[2]
        assert f'<a id="{anchor}"></a>\n**{anchor.removeprefix("alarm-")}**: ' in RUNBOOK
        assert alarm["AlarmActions"] == alarm["OKActions"] != []


def test_each_watches_one_metric_by_itself(city: Synthesised) -> None:
    """The emulator that rehearses a deployment knows neither composed alarms nor arithmetic."""
    assert not city.all("AWS::CloudWatch::CompositeAlarm")
    assert all("Metrics" not in alarm and alarm["MetricName"] for alarm in alarms(city))


def test_every_function_is_watched_for_errors_and_throttles(city: Synthesised) -> None:
    names = {resource(city.name, function) for function in RIGHTS}

    for metric in ("Errors", "Throttles"):
        assert in_order(watched(city, "AWS/Lambda", metric)) == by("FunctionName", names)


def test_every_event_that_somebody_is_told_of_is_counted_in_every_log_and_watched(city: Synthesised) -> None:
    filters = [one for one in city.properties("AWS::Logs::MetricFilter") if of(one)["MetricName"] == EVENTS]

    assert sorted(one["LogGroupName"] for one in filters) == sorted(log_group(city.name, name) for name in RIGHTS)
    for one in filters:
        assert words(one) == [event.value for event in SPOKEN]
        assert len(one["FilterPattern"]) <= LONGEST_PATTERN
        assert of(one)["Dimensions"] == [{"Key": EVENT, "Value": f"$.{EVENT}"}]
    namespace = of(filters[0])["MetricNamespace"]
    assert in_order(watched(city, namespace, EVENTS)) == by(EVENT, {event.value for event in SPOKEN})


def test_what_the_jobs_did_is_counted_by_their_own_lines(city: Synthesised) -> None:
    counted = [one for one in city.properties("AWS::Logs::MetricFilter") if of(one)["MetricName"] != EVENTS]
    found = {(of(one)["MetricName"], one["LogGroupName"], *words(one), of(one)["MetricValue"]) for one in counted}
    group = partial(log_group, city.name)

    assert found == {
        ("jobs.people_synced", group("sync"), "sync.done", "$.count"),
        ("jobs.people_synced", group("sync_worker"), "sync.done", "$.count"),
        ("jobs.reminders_sent", group("reminders_worker"), "sms.sent", "1"),
        ("jobs.rows_removed", group("retention"), "job.done", "$.count"),
        ("jobs.rows_removed", group("visits_sweep"), "job.done", "$.count"),
    }
    assert {name for name, *_ in found} == {count.metric for count in COUNTS.values()}


def test_a_stack_keeps_away_from_the_most_that_one_may_hold(city: Synthesised) -> None:
    for template in (city.serving, city.kept):
        assert len(template["Resources"]) <= RESOURCES / 2


def test_every_table_is_watched_for_throttles(city: Synthesised) -> None:
    import app  # noqa: F401  declares every table

    names = {table_name(city.name, row.Meta.table) for row in store.tables()}
    for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
        assert in_order(watched(city, "AWS/DynamoDB", metric)) == by("TableName", names)


def test_everything_that_waits_is_watched(demo: Synthesised) -> None:
    streaming = {resource("demo", stream.function) for stream in WIRED.streams}
    working = {resource("demo", source.queue) for source in WIRED.queues}

    assert in_order(watched(demo, "AWS/Lambda", "IteratorAge")) == by("FunctionName", streaming)
    assert in_order(watched(demo, "AWS/SQS", "ApproximateAgeOfOldestMessage")) == by("QueueName", working)


def test_every_parking_place_is_watched(city: Synthesised) -> None:
    parkings = {one["QueueName"] for one in city.properties("AWS::SQS::Queue") if "RedrivePolicy" not in one}

    assert len(parkings) >= len(RIGHTS) - 1
    found = watched(city, "AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert in_order(found) == by("QueueName", parkings)


def test_jobs_that_are_not_called_are_told_of(demo: Synthesised) -> None:
    (group,) = demo.properties("AWS::Scheduler::ScheduleGroup")

    for metric in ("InvocationDroppedCount", "TargetErrorCount"):
        assert watched(demo, "AWS/Scheduler", metric) == [{"ScheduleGroup": group["Name"]}]


def test_a_firewall_that_turns_many_away_is_told_of_in_its_own_city(city: Synthesised) -> None:
    (acl,) = city.properties("AWS::WAFv2::WebACL")
    (found,) = watched(city, "AWS/WAFV2", "BlockedRequests")

    assert found["WebACL"] == acl["VisibilityConfig"]["MetricName"] == resource(city.name, "firewall")
    assert found["Rule"] == "ALL"


def test_the_dashboard_shows_what_is_watched_and_every_alarm_s_state(city: Synthesised) -> None:
    (page,) = city.properties("AWS::CloudWatch::Dashboard")
    parts = page["DashboardBody"]["Fn::Join"][1]
    drawn = "".join(part if isinstance(part, str) else said(part) for part in parts)

    assert {alarm["MetricName"] for alarm in alarms(city) if f'"{alarm["MetricName"]}"' not in drawn} == set()
    shown = {*(event.value for event in SPOKEN), *(count.metric for count in COUNTS.values())}
    assert {word for word in shown if f'"{word}"' not in drawn} == set()
    assert {name for name in city.all("AWS::CloudWatch::Alarm") if f'"{name}"' not in drawn} == set()
