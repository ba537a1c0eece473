"""Metrics that are counted from lines of the log. A line's own words and numbers are all that gets into them."""

from collections.abc import Iterable
from dataclasses import dataclass

from aws_cdk import aws_logs as logs
from constructs import Construct

from chalicelib.core.city import City
from infra.cdk.names import log_group, logical


@dataclass(frozen=True)
class Count:
    """What is counted: in the logs of which functions, by which pattern of CloudWatch Logs, and what of a line counts.

    With a `dimension` it is counted for each value that this field of the lines has.
    """

    metric: str
    functions: Iterable[str]
    pattern: str
    value: str = "1"
    dimension: str | None = None


def count_lines(scope: Construct, city: City, namespace: str, count: Count) -> None:
    """Make the metric: a filter for each function, whatever there is to say, for a stack holds 500 resources and no more."""
    dimension = logs.CfnMetricFilter.DimensionProperty
    for function in count.functions:
        logs.CfnMetricFilter(
            scope,
            logical(function, count.metric.replace(".", "_")),
            log_group_name=log_group(city.name, function),
            filter_pattern=count.pattern,
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_name=count.metric,
                    metric_namespace=namespace,
                    metric_value=count.value,
                    dimensions=[dimension(key=count.dimension, value=f"$.{count.dimension}")]
                    if count.dimension
                    else None,
                )
            ],
        )
