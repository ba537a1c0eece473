"""The gateway: throttles, its log, its own answers, its firewall, and that nothing else is open."""

import json
import re

import pytest

from chalicelib.core.city import load_city
from infra.cdk.gateway_responses import REFUSALS
from tests.infra.templates import Resource, Synthesised, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def gateway(city: Synthesised) -> Resource:
    return city.properties("AWS::Serverless::Api")[0]


def test_it_is_regional_and_throttled_as_the_city_file_says(city: Synthesised) -> None:
    settings, *more = gateway(city)["MethodSettings"]
    capacity = load_city(city.name).capacity

    assert not more
    assert gateway(city)["EndpointConfiguration"] in ("REGIONAL", {"Type": "REGIONAL"})
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (
        capacity.requests_per_second,
        capacity.burst,
    )
    assert (settings["DataTraceEnabled"], settings["LoggingLevel"]) == (False, "OFF")


def test_the_access_log_knows_routes_but_neither_paths_nor_addresses(city: Synthesised) -> None:
    line = gateway(city)["AccessLogSetting"]["Format"]

    assert "$context.resourcePath" in line
    assert not re.search(r"\$context\.(path|identity|domainName|authorizer)|\$request|sourceIp", line)
    assert json.loads(line)["route"] == "$context.resourcePath"


@pytest.mark.parametrize("kind", sorted(REFUSALS))
def test_the_gateway_speaks_in_problems(city: Synthesised, kind: str) -> None:
    response = gateway(city)["GatewayResponses"][kind]
    headers = response["ResponseParameters"]["Headers"]
    problem = json.loads(response["ResponseTemplates"]["application/json"])

    assert headers["Content-Type"] == "'application/problem+json'"
    assert str(problem["status"]) == response["StatusCode"]
    assert re.search(r"[\u4e00-\u9fff]", problem["detail"])
    assert re.search(r"[a-z]{3}", problem["detail"])
    assert (problem["status"] in {429, 503}) == ("Retry-After" in headers)


def test_unknown_paths_are_404_and_throttles_429() -> None:
    assert REFUSALS["MISSING_AUTHENTICATION_TOKEN"].status == 404
    assert REFUSALS["THROTTLED"].status == 429


def test_the_firewall_limits_addresses(city: Synthesised) -> None:
    rules = city.properties("AWS::WAFv2::WebACL")[0]["Rules"]

    assert [rule["Statement"]["RateBasedStatement"]["AggregateKeyType"] for rule in rules] == ["IP", "IP"]
    assert not any(rule["VisibilityConfig"]["SampledRequestsEnabled"] for rule in rules)


def test_a_path_that_is_written_otherwise_is_the_same_path_to_the_firewall(city: Synthesised) -> None:
    rules = city.properties("AWS::WAFv2::WebACL")[0]["Rules"]
    (log_in,) = [rule for rule in rules if rule["Name"] == "log-in"]
    match = log_in["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["ByteMatchStatement"]

    steps = sorted(match["TextTransformations"], key=lambda one: int(one["Priority"]))
    assert [step["Type"] for step in steps] == ["URL_DECODE", "NORMALIZE_PATH"]


def test_there_is_no_function_url_and_nothing_public(city: Synthesised) -> None:  # check 8
    assert not city.all("AWS::Lambda::Url")
    for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for policy in city.properties(kind):
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Deny" or "*" not in said(statement["Principal"])
