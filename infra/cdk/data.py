"""The city's tables, from the pynamodb rows by way of `infra.tables`: nothing about a table is written twice."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from chalicelib.core.names import SCHEMA_VERSIONS, table_name
from chalicelib.core.store import Row
from infra.cdk.keys import KEPT
from infra.cdk.names import logical, stream_parameter
from infra.tables import RECOVERY_DAYS, Definition, table_properties


class Data(Construct):
    """Every table, kept when the stack goes, protected against deletion, encrypted under the city's storage key."""

    def __init__(self, scope: Construct, city: str, tables: list[type[Row]], key: kms.IKey) -> None:
        """Make the tables of a city."""
        super().__init__(scope, "Data")
        self.names = [table.Meta.table for table in tables]
        for table in tables:
            made = self._table(city, table, key)
            if "StreamSpecification" in table_properties(table, ""):
                self._announce_stream(city, table.Meta.table, made)

    def _announce_stream(self, city: str, name: str, table: cdk.CfnResource) -> None:
        """Say where a table's stream is: its ARN ends with the time at which it was made.

        An export could say it too, but could not change while it is used (decision 13).
        """
        ssm.CfnParameter(
            self,
            logical(name, "stream"),
            type="String",
            name=stream_parameter(city, name),
            description=f"The stream of the table {name}, for the stack that serves the city",
            value=table.get_att("StreamArn").to_string(),
        )

    def _table(self, city: str, table: type[Row], key: kms.IKey) -> cdk.CfnResource:
        name = table.Meta.table
        resource = cdk.CfnResource(
            self,
            logical(name),
            type="AWS::DynamoDB::Table",
            properties={**table_properties(table, table_name(city, name)), **_protection(key.key_arn)},
        )
        resource.override_logical_id(f"Table{logical(name)}V{SCHEMA_VERSIONS.get(name, 1)}")
        resource.apply_removal_policy(KEPT)
        return resource


def _protection(key_arn: str) -> Definition:
    return {
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": True,
            "RecoveryPeriodInDays": RECOVERY_DAYS,
        },
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn},
    }
