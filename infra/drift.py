"""What a city's live tables lack of what the code wants; a restored table lacks much of it.

DynamoDB restores rows, keys, indexes and encryption, and leaves off stream, expiry, protection and recovery
(docs.aws.amazon.com, "Restoring a DynamoDB table to a point in time"). docs/operations.md, "Restore", says how they come back.
"""

from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from chalicelib.core import aws, store
from chalicelib.core.names import storage_key_alias
from chalicelib.core.settings import settings
from chalicelib.core.store import Row
from infra.tables import RECOVERY_DAYS, Definition, table_properties

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


IN_AWS_ONLY = ("deletion protection", "point-in-time recovery", "encryption")
"""What a city on this machine has none of, so it is not looked at there."""

MISSING = "does not exist"


def differences() -> dict[str, list[str]]:
    """What differs, by table, none left out. Raises STORAGE_ERRORS."""
    import app  # noqa: F401  declares every table

    key_arn = None if settings().is_local else _storage_key()
    return {table.Meta.table: _of(table, key_arn) for table in store.tables()}


def _of(table: type[Row], key_arn: str | None) -> list[str]:
    name = table.physical_name()
    try:
        live = cast("Definition", _client().describe_table(TableName=name)["Table"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return [MISSING]
        raise
    wanted, found = _wanted(table), _shape(live)
    found["expires by"] = _expiry(name)
    if not settings().is_local:
        wanted |= {"deletion protection": True, "point-in-time recovery": RECOVERY_DAYS, "encryption": key_arn}
        found |= {"point-in-time recovery": _recovery(name), **_protection(live)}
    names = [*wanted, *(one for one in found if one not in wanted)]
    pairs = [(one, wanted.get(one), found.get(one)) for one in names]
    return [f"{one}: is {_said(is_)}, should be {_said(should)}" for one, should, is_ in pairs if is_ != should]


def _wanted(table: type[Row]) -> Definition:
    """The same things of what the code wants as `_shape` and `_expiry` say of a live table."""
    properties = table_properties(table, table.physical_name())
    wanted = {**_shape(properties), "status": "ACTIVE"}
    wanted["expires by"] = properties.get("TimeToLiveSpecification", {}).get("AttributeName")
    return wanted


def _shape(described: Definition) -> Definition:
    """What CreateTable, CloudFormation and DescribeTable say in nearly the same words, in those of a comparison."""
    stream = described.get("StreamSpecification", {})
    billing = described.get("BillingModeSummary", {}).get("BillingMode") or described.get("BillingMode")
    shape: Definition = {
        "status": described.get("TableStatus"),
        "keys": _keys(described),
        "key types": {one["AttributeName"]: one["AttributeType"] for one in described["AttributeDefinitions"]},
        "billing": billing,
        "stream": stream.get("StreamViewType"),
    }
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for index in described.get(kind) or ():
            shape[f"index {index['IndexName']}"] = _index(index)
    return shape


def _keys(described: Definition) -> list[str]:
    return [f"{one['AttributeName']} {one['KeyType']}" for one in described["KeySchema"]]


def _index(index: Definition) -> str:
    """Keys, what is projected, and, where it is not usable yet, its status."""
    projection = index["Projection"]
    projected = [projection["ProjectionType"], *sorted(projection.get("NonKeyAttributes", ()))]
    status = index.get("IndexStatus", "ACTIVE")
    return ", ".join([*_keys(index), *projected, *([] if status == "ACTIVE" else [status])])


def _expiry(name: str) -> str | None:
    expiry = _client().describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return expiry.get("AttributeName") if expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") else None


def _protection(live: Definition) -> Definition:
    return {
        "deletion protection": live.get("DeletionProtectionEnabled", False),
        "encryption": live.get("SSEDescription", {}).get("KMSMasterKeyArn"),
    }


def _recovery(name: str) -> int | None:
    """For how many days back a table can be restored; None is not at all."""
    backups = cast("Definition", _client().describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"])
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    is_on = recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
    return recovery.get("RecoveryPeriodInDays", RECOVERY_DAYS) if is_on else None


def _storage_key() -> str:
    """The ARN of the city's key for what lies at rest."""
    return aws.kms().describe_key(KeyId=storage_key_alias(settings().city_name))["KeyMetadata"]["Arn"]


def _client() -> "DynamoDBClient":
    return cast("DynamoDBClient", store.connection().client)


def _said(value: Any) -> str:
    """A value in words."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{name} {kind}" for name, kind in sorted(value.items()))
    return ", ".join(value) if isinstance(value, list) else "none" if value is None else str(value)
