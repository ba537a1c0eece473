"""Makes what a city owns in an emulator: keys, secrets, queues, a topic, files, tables. Running again makes what is missing."""

import contextlib
import json
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from chalicelib.core import aws
from chalicelib.core.city_secrets import SECRETS, generated_secret
from chalicelib.core.files import bucket
from chalicelib.core.names import city_topic, field_key_alias, hmac_key_alias, parking_name, resource_name, secret_name
from chalicelib.core.settings import settings
from chalicelib.core.store import Row, connection, tables
from infra.tables import table_definition, ttl_attribute
from infra.wiring import QueueSource, Wiring

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TimeToLiveSpecificationTypeDef
    from mypy_boto3_kms.literals import KeySpecType, KeyUsageTypeType
    from mypy_boto3_s3.literals import BucketLocationConstraintType

RETRY_SECONDS = 2
"""How soon a message that failed on this machine comes again; in a deployed city it is minutes (infra/cdk/events.py)."""


def provision() -> bool:
    """Make the keys, secrets and tables of this process's city that are not there yet. True if any table was made.

    The rows must be declared already: import `app` first.
    """
    city = settings().city_name
    _ensure_key(hmac_key_alias(city), "HMAC_256", "GENERATE_VERIFY_MAC")
    _ensure_key(field_key_alias(city), "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
    for secret in SECRETS:
        _ensure_secret(secret_name(city, secret))
    for queue in Wiring().queues:
        _ensure_queue(queue)
    aws.sns().create_topic(Name=city_topic(city))
    _ensure_bucket(bucket())
    made = [_ensure_table(table) for table in tables()]
    return any(made)


def _ensure_key(alias: str, spec: "KeySpecType", usage: "KeyUsageTypeType") -> None:
    kms = aws.kms()
    try:
        kms.describe_key(KeyId=alias)
    except kms.exceptions.NotFoundException:
        key = kms.create_key(KeySpec=spec, KeyUsage=usage)
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyMetadata"]["KeyId"])


def _ensure_secret(name: str) -> None:
    client = aws.secrets()
    try:
        client.describe_secret(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(Name=name, SecretString=generated_secret())


def _ensure_queue(source: QueueSource) -> None:
    """Make a work queue, and where it parks what failed for good. What is there already stays as it is."""
    client, city = aws.sqs(), settings().city_name
    parking = client.create_queue(QueueName=parking_name(city, source.queue))["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=parking, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": source.attempts}
    with contextlib.suppress(client.exceptions.QueueNameExists):  # it was changed since
        client.create_queue(
            QueueName=resource_name(city, source.queue),
            Attributes={"VisibilityTimeout": str(RETRY_SECONDS), "RedrivePolicy": json.dumps(redrive)},
        )


def _ensure_bucket(name: str) -> None:
    client = aws.s3()
    try:
        client.head_bucket(Bucket=name)
    except ClientError:
        region = cast("BucketLocationConstraintType", settings().city.region)
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})


def _ensure_table(table: type[Row]) -> bool:
    client = cast("DynamoDBClient", connection().client)
    name = table.physical_name()
    try:
        client.create_table(**table_definition(table, name))
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceInUseException":
            return False
        raise
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    if attribute := ttl_attribute(table):
        expiry: TimeToLiveSpecificationTypeDef = {"Enabled": True, "AttributeName": attribute}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    return True
