"""One page on how a city is doing: people first, then what serves them."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from chalicelib.core.city import City
from chalicelib.core.names import parking_name
from infra.cdk.alarms import EVENT, EVENTS, SPOKEN, Alarms
from infra.cdk.api import STAGE
from infra.cdk.counts import count_lines
from infra.cdk.events import Events
from infra.cdk.names import resource
from infra.cdk.nights import COUNTS
from infra.cdk.queues import Queues
from infra.grants import RIGHTS

WIDTH = 8
"""Three charts to a row of CloudWatch's 24 columns."""


WATCHED = {
    "function-throttled": "Throttled functions",
    "table-throttled": "Throttled reads and writes",
    "firewall": "Turned away by the firewall",
    "queue-late": "Oldest message (s)",
    "job-not-called": "Jobs not called",
}
"""Charts of what alarms watch and nothing above shows, by the paragraph about them; a city has those that it needs."""


MOMENT, DAY = cdk.Duration.minutes(5), cdk.Duration.days(1)
"""What a point of a chart sums up: of what is watched, and of what the jobs did."""


class Dashboard(Construct):
    """Charts of a city and the state of its alarms."""

    def __init__(self, scope: Construct, city: City, queues: Queues, events: Events, alarms: Alarms) -> None:
        """Draw it for a city."""
        super().__init__(scope, "Dashboard")
        self._city = city
        for count in COUNTS.values():
            count_lines(self, city, alarms.namespace, count)
        gateway = {"ApiName": resource(city.name, "api"), "Stage": STAGE}
        streaming = [stream.function for stream in events.streams]
        parked = [parking_name(city.name, source) for source in queues.parked]
        widgets: list[cloudwatch.IWidget] = [
            self._chart(
                "Requests", [_metric("AWS/ApiGateway", name, gateway) for name in ("Count", "4XXError", "5XXError")]
            ),
            self._chart("Latency", [_metric("AWS/ApiGateway", "Latency", gateway, p) for p in ("p50", "p99")]),
            self._chart("Events", [_metric(alarms.namespace, EVENTS, {EVENT: event.value}) for event in SPOKEN]),
            *(
                self._chart(f"{what} a day", [_metric(alarms.namespace, count.metric, period=DAY)])
                for what, count in COUNTS.items()
            ),
            self._chart("Copies running", self._lambdas("ConcurrentExecutions", list(RIGHTS), "Maximum")),
            self._chart("Function errors", self._lambdas("Errors", list(RIGHTS), "Sum")),
            self._chart("Streams behind (ms)", self._lambdas("IteratorAge", streaming, "Maximum")),
            self._chart("Parked", [_queue(name) for name in parked]),
            *(
                self._chart(title, metrics)
                for paragraph, title in WATCHED.items()
                if (metrics := _watched(alarms, paragraph))
            ),
        ]
        states = cloudwatch.AlarmStatusWidget(
            title="Alarms",
            width=3 * WIDTH,
            alarms=[
                cloudwatch.Alarm.from_alarm_arn(self, f"Alarm{at}", alarm.attr_arn)
                for at, alarm in enumerate(alarms.alarms)
            ],
        )
        cloudwatch.Dashboard(self, "Page", dashboard_name=resource(city.name)).add_widgets(states, *widgets)

    def _lambdas(self, metric: str, functions: list[str], statistic: str) -> list[cloudwatch.IMetric]:
        names = [resource(self._city.name, function) for function in functions]
        return [_metric("AWS/Lambda", metric, {"FunctionName": name}, statistic) for name in names]

    def _chart(self, title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(title=title, left=metrics, width=WIDTH)


def _watched(alarms: Alarms, paragraph: str) -> list[cloudwatch.IMetric]:
    """What the alarms with this paragraph measure."""
    return [
        _metric(watch.namespace, watch.metric, watch.dimensions, watch.statistic)
        for watch in alarms.watches
        if watch.paragraph == paragraph
    ]


def _queue(name: str) -> cloudwatch.IMetric:
    return _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": name}, "Maximum")


def _metric(
    namespace: str,
    name: str,
    dimensions: dict[str, str] | None = None,
    statistic: str = "Sum",
    period: cdk.Duration = MOMENT,
) -> cloudwatch.IMetric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=period,
    )
