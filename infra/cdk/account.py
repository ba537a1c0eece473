"""What all cities of one account and region share: the right of API Gateway to write logs, which AWS keeps per region."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.cdk.names import ACCOUNT_STACK


class AccountStack(cdk.Stack):
    """Deployed before the first city and the same for each. Kept: other gateways of the account may rely on it."""

    def __init__(self, scope: Construct, region: str) -> None:
        """Make it for a region."""
        super().__init__(
            scope,
            "Account",
            stack_name=ACCOUNT_STACK,
            env=cdk.Environment(region=region),
            description="Gatebook: what its cities share in this account and region",
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        role = iam.Role(
            self,
            "GatewayLogs",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
            ],
        )
        settings = apigateway.CfnAccount(self, "Gateway", cloud_watch_role_arn=role.role_arn)
        role.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        settings.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
