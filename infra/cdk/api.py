"""The gateway of a city: Chalice's, with throttles, an access log without addresses, the service's problems and a firewall."""

import json
from typing import Any

import aws_cdk as cdk
import boto3
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from chalicelib.core.city import City
from infra.cdk.functions import Functions
from infra.cdk.gateway_responses import gateway_responses
from infra.cdk.logs import ACCESS_LOG
from infra.cdk.names import partition, resource
from infra.cdk.roles import Arns

REST_API = "RestAPI"
STAGE = "api"
"""Chalice's names for the gateway and its one stage."""

ACCESS_LOG_FORMAT = {
    "at": "$context.requestTime",
    "request_id": "$context.requestId",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "integration_milliseconds": "$context.integrationLatency",
    "gateway_error": "$context.error.responseType",
    "firewall": "$context.waf.status",
}
"""A line of the access log. The route's pattern and never the path, which holds ids and codes; no address either."""

CODES_PATH = "/v1/auth/"
CODES_PART = 20
"""Logging in is one request in many, so one address may make a twentieth of its requests there."""

LEAST_RATE = 100
FIREWALL_SECONDS = 300


class Api(Construct):
    """Lays over Chalice's gateway what Chalice can't say."""

    def __init__(self, scope: Construct, city: City, functions: Functions) -> None:
        """Take the gateway that was packaged with the functions of a city."""
        super().__init__(scope, "Api")
        self.name = resource(city.name, "api")
        self._gateway = functions.chalice.get_resource(REST_API)
        properties = {**_settings(city), "Name": self.name, "AccessLogSetting": self._access_log(city)}
        for name, value in properties.items():
            self._gateway.add_property_override(name, value)
        if has_firewall(city.region):
            self._firewall(city)

    def _access_log(self, city: City) -> dict[str, str]:
        return {
            "DestinationArn": Arns(cdk.Stack.of(self), city.name).log_group(ACCESS_LOG),
            "Format": json.dumps(ACCESS_LOG_FORMAT),
        }

    def _firewall(self, city: City) -> None:
        acl = wafv2.CfnWebACL(
            self,
            "Firewall",
            name=firewall_name(city),
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible(firewall_name(city)),
            rules=[
                _rate_rule("log-in", 0, max(LEAST_RATE, city.capacity.address_requests // CODES_PART), CODES_PATH),
                _rate_rule("address", 1, city.capacity.address_requests),
            ],
        )
        association = cdk.CfnResource(
            self,
            "Association",
            type="AWS::WAFv2::WebACLAssociation",
            properties={"WebACLArn": acl.attr_arn, "ResourceArn": self._stage_arn()},
        )
        reason = "SAM resolves RestAPI.Stage to the stage that it makes"
        cdk.Validations.of(association).acknowledge(
            cdk.Acknowledgment(id="CloudFormation-Validate::F1020", reason=reason)
        )

    def _stage_arn(self) -> dict[str, Any]:
        """The stage's ARN, by a reference that SAM resolves: whoever uses it waits for the stage."""
        arn = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Gateway}/stages/${Stage}"
        return {"Fn::Sub": [arn, {"Gateway": self._gateway.ref, "Stage": {"Ref": f"{REST_API}.Stage"}}]}


def firewall_name(city: City) -> str:
    """The name of a city's firewall, under which its metrics stand as well: cities of one region count apart."""
    return resource(city.name, "firewall")


def has_firewall(region: str) -> bool:
    """Whether AWS WAF works in a region, by AWS's own list of endpoints."""
    return region in boto3.Session(region_name=region).get_available_regions("wafv2", partition(region))


def _settings(city: City) -> dict[str, Any]:
    throttle_all = {
        "ResourcePath": "/*",
        "HttpMethod": "*",
        "ThrottlingRateLimit": city.capacity.requests_per_second,
        "ThrottlingBurstLimit": city.capacity.burst,
        "LoggingLevel": "OFF",  # execution logs repeat paths and parameters
        "DataTraceEnabled": False,
        "MetricsEnabled": False,
    }
    return {
        "OpenApiVersion": "2.0",  # else SAM makes a second stage, named "Stage"
        "MethodSettings": [throttle_all],
        "GatewayResponses": gateway_responses(),
    }


def _rate_rule(name: str, priority: int, most: int, path: str | None = None) -> wafv2.CfnWebACL.RuleProperty:
    """Block an address while it makes more requests than this in five minutes, on all paths or those that start so."""
    only = None if path is None else wafv2.CfnWebACL.StatementProperty(byte_match_statement=_starts_with(path))
    rate = wafv2.CfnWebACL.RateBasedStatementProperty(
        aggregate_key_type="IP", limit=most, evaluation_window_sec=FIREWALL_SECONDS, scope_down_statement=only
    )
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        statement=wafv2.CfnWebACL.StatementProperty(rate_based_statement=rate),
        visibility_config=_visible(name),
    )


def _starts_with(path: str) -> wafv2.CfnWebACL.ByteMatchStatementProperty:
    """The path that a firewall sees starts with the stage's name."""
    return wafv2.CfnWebACL.ByteMatchStatementProperty(
        field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(uri_path={}),
        positional_constraint="CONTAINS",
        search_string=path,
        text_transformations=[
            wafv2.CfnWebACL.TextTransformationProperty(priority=at, type=kind)
            for at, kind in enumerate(("URL_DECODE", "NORMALIZE_PATH"))  # API Gateway decodes before it routes
        ],
    )


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    """Counted, but without samples: those hold addresses and paths."""
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
