"""What the jobs of each day did, as metrics: read from their own lines in the log, of which nothing but a number is taken."""

from dataclasses import dataclass

from aws_cdk import aws_logs as logs
from constructs import Construct

from chalicelib.core.city import City
from chalicelib.core.log import Event
from chalicelib.groups.service.reminding import PURPOSE
from infra.cdk.names import log_group, logical


@dataclass(frozen=True)
class Count:
    """Something that jobs did so often: which lines say it, of which functions, and what of a line counts."""

    metric: str
    title: str
    functions: tuple[str, ...]
    pattern: str
    value: str = "$.count"


COUNTS = (
    Count("jobs.people_synced", "People synced", ("sync", "sync_worker"), f'{{ $.event = "{Event.SYNC_DONE.value}" }}'),
    Count(
        "jobs.reminders_sent",
        "Reminders sent",
        ("reminders_worker",),
        f'{{ $.event = "{Event.SMS_SENT.value}" && $.purpose = "{PURPOSE}" }}',
        "1",
    ),
    Count(
        "jobs.rows_removed",
        "Rows removed",
        ("retention", "visits_sweep"),
        f'{{ $.event = "{Event.JOB_DONE.value}" }}',
    ),
)
"""What a chart shows of the jobs, a day at a time: one that falls to nothing is a job that did nothing."""


class Nights(Construct):
    """Metrics of what the jobs did."""

    def __init__(self, scope: Construct, city: City, namespace: str) -> None:
        """Read them from the log of a city."""
        super().__init__(scope, "Nights")
        self.namespace = namespace
        for count in COUNTS:
            for function in count.functions:
                self._read(city, count, function)

    def _read(self, city: City, count: Count, function: str) -> None:
        transformation = logs.CfnMetricFilter.MetricTransformationProperty(
            metric_name=count.metric, metric_namespace=self.namespace, metric_value=count.value
        )
        logs.CfnMetricFilter(
            self,
            logical(function, count.metric.replace(".", "_")),
            log_group_name=log_group(city.name, function),
            filter_pattern=count.pattern,
            metric_transformations=[transformation],
        )
