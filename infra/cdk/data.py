"""The city's tables, from the pynamodb rows by way of `infra.tables`: nothing about a table is written twice."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from chalicelib.core.names import SCHEMA_VERSIONS, table_name
from chalicelib.core.store import Row
from infra.cdk.names import logical
from infra.tables import Definition, table_properties

RECOVERY_DAYS = 35
"""How far back a table can be restored, by the second; the most that DynamoDB offers."""


class Data(Construct):
    """Every table, kept when the stack goes, protected against deletion, encrypted under the city's storage key."""

    def __init__(self, scope: Construct, city: str, tables: list[type[Row]], key: kms.IKey) -> None:
        """Make the tables of a city."""
        super().__init__(scope, "Data")
        self.names = [table.Meta.table for table in tables]
        self._tables = {table.Meta.table: self._table(city, table, key) for table in tables}

    def stream_arn(self, table: str) -> str:
        """The ARN of a table's stream; its last part is the time at which the stream was made."""
        return str(self._tables[table].get_att("StreamArn").to_string())

    def _table(self, city: str, table: type[Row], key: kms.IKey) -> cdk.CfnResource:
        name = table.Meta.table
        resource = cdk.CfnResource(
            self,
            logical(name),
            type="AWS::DynamoDB::Table",
            properties={**table_properties(table, table_name(city, name)), **_protection(key.key_arn)},
        )
        resource.override_logical_id(f"Table{logical(name)}V{SCHEMA_VERSIONS.get(name, 1)}")
        resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
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
