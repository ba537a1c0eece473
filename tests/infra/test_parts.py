"""What the bill counts of a city is what its template holds."""

import pytest

from infra.costs.parts import FUNCTIONS, PARTS, memory_mb, tables
from infra.grants import RIGHTS
from tests.infra.templates import Synthesised, words

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # synthesis takes half a minute a city, or more


def test_what_costs_by_being_there_is_all_counted(linyi: Synthesised) -> None:
    metrics = {
        (one["MetricNamespace"], one["MetricName"], word)
        for properties in linyi.properties("AWS::Logs::MetricFilter")
        for one in properties["MetricTransformations"]
        for word in (words(properties) if "Dimensions" in one else [None])
    }
    (firewall,) = linyi.properties("AWS::WAFv2::WebACL")

    assert {
        "key": len(linyi.all("AWS::KMS::Key")),
        "secret": len(linyi.all("AWS::SecretsManager::Secret")),
        "metric": len(metrics),
        "alarm": len(linyi.all("AWS::CloudWatch::Alarm")),
        "dashboard": len(linyi.all("AWS::CloudWatch::Dashboard")),
        "firewall": 1,
        "firewall_rule": len(firewall["Rules"]),
    } == PARTS


def test_tables_and_functions_are_those_of_the_template(linyi: Synthesised) -> None:
    functions = linyi.properties("AWS::Serverless::Function")

    assert tables() == len(linyi.all("AWS::DynamoDB::Table"))
    assert len(FUNCTIONS) == len(functions)
    assert {one["MemorySize"] for one in functions} == {memory_mb(name) for name in RIGHTS}
