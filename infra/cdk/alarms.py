"""Alarms, all to one topic. Each says where in docs/operations.md it is written what to do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from chalicelib.core.city import City
from chalicelib.core.log import Event
from chalicelib.core.names import parking_name, table_name
from infra.cdk.api import STAGE, Api, firewall_name, has_firewall
from infra.cdk.counts import Count, count_lines
from infra.cdk.events import Events, Kept
from infra.cdk.names import logical, resource
from infra.grants import RIGHTS

RUNBOOK = "docs/operations.md#alarm-"
MINUTES = 5

SPOKEN: dict[Event, str] = {
    Event.SMS_BUDGET_NEAR: "sms-budget",
    Event.SMS_FAILED: "sms-failed",
    Event.ALERTS_HELD: "alerts-held",
    Event.ALERT_FAILED: "alert-failed",
    Event.ROW_BROKEN: "row-broken",
    Event.STATUS_FAILED: "status-failed",
    Event.RECORD_FAILED: "record-failed",
    Event.REQUEST_FAILED: "request-failed",
    Event.REQUEST_UNAVAILABLE: "request-unavailable",
    Event.BATCH_HELD: "batch-held",
    Event.VISITS_LEFT: "visits-left",
    Event.SWEEP_FAILED: "visits-left",
    Event.RETENTION_LEFT: "retention-left",
    Event.SYNC_PARKED: "sync-parked",
    Event.SYNC_LATE: "sync-late",
    Event.REMINDERS_LEFT: "reminders-left",
    Event.REMINDER_FAILED: "reminder-failed",
}
"""Events of the log that somebody is told of, with the paragraph that says what to do."""

EVENTS, EVENT = "events", "event"
"""The metric of all of them, and its dimension: which one."""

SPOKEN_LINES = "{ " + " || ".join(f'($.{EVENT} = "{event.value}")' for event in SPOKEN) + " }"
"""The lines that are counted, as CloudWatch Logs writes it: 1,024 characters at most."""

TOLERATED = {Event.SMS_FAILED: 10, Event.ALERT_FAILED: 10, Event.RECORD_FAILED: 5, Event.REQUEST_UNAVAILABLE: 50}
"""How many of them in five minutes are a hiccup; of the others, none."""

LATE_SECONDS = 3_600
"""How long work may wait: a stream keeps its records for a day and a queue for four, so an hour behind leaves time to act."""

BLOCKED = 1_000
"""Requests that the firewall turns away in five minutes before somebody is told. It only turns away whom it found flooding."""


@dataclass(frozen=True)
class Watch:
    """One alarm: what is measured, from where on somebody must look, and which paragraph says what to do."""

    name: str
    paragraph: str
    namespace: str
    metric: str
    above: float
    dimensions: dict[str, str] = field(default_factory=dict)
    statistic: str = "Sum"
    periods: int = 1


class Alarms(Construct):
    """Everything that wakes an operator of a city."""

    def __init__(self, scope: Construct, city: City, kept: Kept, api: Api, events: Events) -> None:
        """Watch what a city has."""
        super().__init__(scope, "Alarms")
        self.topic = sns.Topic(
            self,
            "Operators",
            topic_name=resource(city.name, "operators"),
            master_key=kept.keys.storage,
            enforce_ssl=True,
        )
        self.topic.add_to_resource_policy(_only_alarms(self.topic))
        self.namespace = f"Gatebook/{city.name}"
        count_lines(self, city, self.namespace, Count(EVENTS, RIGHTS, SPOKEN_LINES, dimension=EVENT))
        self.watches = (
            *_gateway(api),
            *_firewall(city),
            *_functions(city),
            *_tables(city, kept.data.names),
            *_streams(city, events),
            *_queues(city, events),
            *_schedules(city, events),
            *_parked(city, kept.queues.parked),
            *_events(self.namespace),
        )
        self.alarms = [self._alarm(city, watch) for watch in self.watches]

    def _alarm(self, city: City, watch: Watch) -> cloudwatch.CfnAlarm:
        dimensions = [
            cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in watch.dimensions.items()
        ]
        percentile = watch.statistic.startswith("p")
        return cloudwatch.CfnAlarm(
            self,
            logical(watch.name),
            alarm_name=resource(city.name, watch.name),
            alarm_description=f"What to do: {RUNBOOK}{watch.paragraph}",
            namespace=watch.namespace,
            metric_name=watch.metric,
            dimensions=dimensions or None,
            statistic=None if percentile else watch.statistic,
            extended_statistic=watch.statistic if percentile else None,
            period=MINUTES * 60,
            evaluation_periods=watch.periods,
            threshold=watch.above,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic.topic_arn],
            ok_actions=[self.topic.topic_arn],
        )


def _only_alarms(topic: sns.Topic) -> "cdk.aws_iam.PolicyStatement":
    stack = cdk.Stack.of(topic)
    alarms = stack.format_arn(
        service="cloudwatch", resource="alarm", resource_name="*", arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
    )
    return cdk.aws_iam.PolicyStatement(
        sid="AlarmsOfTheAccount",
        principals=[cdk.aws_iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={"ArnLike": {"aws:SourceArn": alarms}},
    )


def _gateway(api: Api) -> Iterator[Watch]:
    of_stage = {"ApiName": api.name, "Stage": STAGE}
    yield Watch("api-errors", "api-errors", "AWS/ApiGateway", "5XXError", 10, of_stage)
    yield Watch("api-slow", "api-slow", "AWS/ApiGateway", "Latency", 1_000, of_stage, statistic="p99", periods=3)


def _functions(city: City) -> Iterator[Watch]:
    for function in RIGHTS:
        name = resource(city.name, function)
        of_function = {"FunctionName": name}
        short = function.replace("_", "-")
        yield Watch(f"{short}-errors", "function-errors", "AWS/Lambda", "Errors", 0, of_function)
        yield Watch(f"{short}-throttled", "function-throttled", "AWS/Lambda", "Throttles", 0, of_function)


def _firewall(city: City) -> Iterator[Watch]:
    if has_firewall(city.region):
        of_firewall = {"WebACL": firewall_name(city), "Region": city.region, "Rule": "ALL"}
        yield Watch("firewall-blocks", "firewall", "AWS/WAFV2", "BlockedRequests", BLOCKED, of_firewall)


def _tables(city: City, tables: Iterable[str]) -> Iterator[Watch]:
    """Throttles alone: AWS counts errors of storage per operation, and callers' errors per account, not per table.

    Errors that outlast the service's own retries are `request.unavailable` and `stream.record_failed` in its log.
    """
    for table in tables:
        of_table = {"TableName": table_name(city.name, table)}
        for metric, what in (("ReadThrottleEvents", "reads"), ("WriteThrottleEvents", "writes")):
            name = f"{table.replace('_', '-')}-{what}-throttled"
            yield Watch(name, "table-throttled", "AWS/DynamoDB", metric, 0, of_table)


def _streams(city: City, events: Events) -> Iterator[Watch]:
    for stream in events.streams:
        of_function = {"FunctionName": resource(city.name, stream.function)}
        name = f"{stream.table}-stream-late"
        yield Watch(
            name, "stream-late", "AWS/Lambda", "IteratorAge", LATE_SECONDS * 1_000, of_function, statistic="Maximum"
        )


def _queues(city: City, events: Events) -> Iterator[Watch]:
    for source in events.queues:
        of_queue = {"QueueName": resource(city.name, source.queue)}
        name, oldest = f"{source.queue.replace('_', '-')}-queue-late", "ApproximateAgeOfOldestMessage"
        yield Watch(name, "queue-late", "AWS/SQS", oldest, LATE_SECONDS, of_queue, statistic="Maximum")


def _schedules(city: City, events: Events) -> Iterator[Watch]:
    """Whether jobs are called at all. A job that was called and failed is a function's error, and parked."""
    of_city = {"ScheduleGroup": resource(city.name)}
    if events.schedules:
        yield Watch("jobs-dropped", "job-not-called", "AWS/Scheduler", "InvocationDroppedCount", 0, of_city)
        yield Watch("jobs-refused", "job-not-called", "AWS/Scheduler", "TargetErrorCount", 0, of_city)


def _parked(city: City, sources: Iterable[str]) -> Iterator[Watch]:
    for name in sources:
        of_queue = {"QueueName": parking_name(city.name, name)}
        short = name.replace("_", "-")
        yield Watch(
            f"{short}-parked",
            "parked",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            0,
            of_queue,
            statistic="Maximum",
        )


def _events(namespace: str) -> Iterator[Watch]:
    for event, paragraph in SPOKEN.items():
        name = event.value.replace(".", "-").replace("_", "-")
        yield Watch(name, paragraph, namespace, EVENTS, TOLERATED.get(event, 0), {EVENT: event.value})
