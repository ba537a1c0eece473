"""The guard that the suite runs under: what it takes a call for, and that it refuses what is not listed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core.names import (
    city_topic,
    field_key_alias,
    hmac_key_alias,
    organization_topic,
    resource_name,
    secret_name,
)
from infra.grants import RIGHTS
from tests.support.rights import API, Guard, Use, acting_as, granted, uses

LEDGER, DECISIONS = "demo-ledger-v1", "demo-decisions-v1"
MEMBERSHIPS = "demo-memberships-v1"


@pytest.fixture(autouse=True)
def tables() -> None:
    """Every table is declared."""
    import app  # noqa: F401


TOPIC = "arn:aws:sns:ap-southeast-1:000000000000"


def transaction(*kinds: str) -> dict[str, Any]:
    return {"TransactItems": [{kind: {"TableName": LEDGER}} for kind in kinds]}


@pytest.mark.parametrize(
    ("operation", "request_", "expected"),
    [
        ("PutItem", {"TableName": LEDGER}, {Use("PutItem", "ledger")}),
        ("Query", {"TableName": MEMBERSHIPS, "IndexName": "by_path"}, {Use("Query", "memberships/by_path")}),
        ("Query", {"TableName": MEMBERSHIPS}, {Use("Query", "memberships")}),
        ("PutItem", {"TableName": DECISIONS, "Item": {"kind": {"S": "SOURCE"}}}, {Use("PutItem", "decisions/SOURCE")}),
        (
            "UpdateItem",
            {"TableName": DECISIONS, "Key": {"kind": {"S": "SOURCE"}}},
            {Use("UpdateItem", "decisions/SOURCE")},
        ),
        (
            "Query",
            {
                "TableName": DECISIONS,
                "KeyConditionExpression": "(#0 = :0 AND begins_with (#1, :1))",
                "ExpressionAttributeNames": {"#0": "kind", "#1": "decision_id"},
                "ExpressionAttributeValues": {":0": {"S": "HELD_PART"}, ":1": {"S": "x"}},
            },
            {Use("Query", "decisions/HELD_PART")},
        ),
        ("Scan", {"TableName": "other-city-v1"}, {Use("Scan", "other-city-v1")}),
        ("BatchWriteItem", {"RequestItems": {LEDGER: []}}, {Use("BatchWriteItem", "ledger")}),
        (
            "TransactWriteItems",
            transaction("Put", "Update", "Delete", "ConditionCheck"),
            {Use(one, "ledger") for one in ("PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")},
        ),
        ("GenerateMac", {"KeyId": hmac_key_alias("demo")}, {Use("GenerateMac", "hmac")}),
        ("GenerateMac", {"KeyId": hmac_key_alias("linyi")}, {Use("GenerateMac", "GenerateMac")}),
        ("GenerateDataKey", {"KeyId": field_key_alias("demo")}, {Use("GenerateDataKey", "field")}),
        ("Decrypt", {"EncryptionContext": {"field": "phone"}}, {Use("Decrypt", "field phone")}),
        ("Decrypt", {}, {Use("Decrypt", "field None")}),
        (
            "GetSecretValue",
            {"SecretId": secret_name("demo", "session-key")},
            {Use("GetSecretValue", "session-key")},
        ),
        (
            "PutSecretValue",
            {"SecretId": secret_name("demo", "session-key")},
            {Use("PutSecretValue", "session-key")},
        ),
        (
            "GetQueueUrl",
            {"QueueName": resource_name("demo", "ledger_retries")},
            {Use("GetQueueUrl", "queue ledger_retries")},
        ),
        (
            "SendMessage",
            {"QueueUrl": f"http://127.0.0.1/0/{resource_name('demo', 'ledger_retries')}"},
            {Use("SendMessage", "queue ledger_retries")},
        ),
        (
            "SendMessage",
            {"QueueUrl": f"http://127.0.0.1/0/{resource_name('linyi', 'ledger_retries')}"},
            {Use("SendMessage", "queue gatebook_linyi_ledger_retries")},
        ),
        ("Publish", {"PhoneNumber": "+86"}, {Use("Publish", "phone")}),
        ("Publish", {"TopicArn": "arn"}, {Use("Publish", "arn")}),
        ("Publish", {"TopicArn": f"{TOPIC}:{city_topic('demo')}"}, {Use("Publish", "topic city")}),
        ("Publish", {"TopicArn": f"{TOPIC}:{city_topic('linyi')}"}, {Use("Publish", city_topic("linyi"))}),
        ("CreateTopic", {"Name": organization_topic("demo", "x")}, {Use("CreateTopic", "topic organizations")}),
        (
            "Unsubscribe",
            {"SubscriptionArn": f"{TOPIC}:{organization_topic('demo', 'x')}:1"},
            {Use("Unsubscribe", "topic organizations")},
        ),
    ],
)
def test_a_call_is_taken_for_what_iam_would_be_asked(
    operation: str, request_: dict[str, Any], expected: set[Use]
) -> None:
    assert set(uses(operation, request_)) == expected


@pytest.mark.parametrize("others", [False, True])
def test_a_probe_is_a_read_of_nothing_else(others: bool) -> None:
    from chalicelib.people.tables.privacy import LedgerRow

    names = LedgerRow.key("probe", "probe").raw()
    keys = [names, *([LedgerRow.key("2022-04-05", "1").raw()] if others else [])]

    found = list(uses("BatchGetItem", {"RequestItems": {LEDGER: {"Keys": keys}}}))

    assert found == [Use("BatchGetItem", "ledger" if others else "ledger/probe")]


def test_what_is_not_listed_is_refused_and_noted() -> None:
    guard, made = Guard(), []

    def call(operation: str) -> None:
        guard.call(lambda *_: made.append(operation), None, operation, {"TableName": LEDGER})

    with acting_as(API):
        call("PutItem")
        with pytest.raises(ClientError, match="AccessDenied"):
            call("DeleteItem")
        with acting_as(None):
            call("Scan")
    with acting_as("function_without_rights"), pytest.raises(ClientError, match="AccessDenied"):
        call("PutItem")

    assert made == ["PutItem", "Scan"]
    assert guard.refused == [(API, Use("DeleteItem", "ledger")), ("function_without_rights", Use("PutItem", "ledger"))]


def test_who_may_only_probe_may_not_read() -> None:
    probed = RIGHTS[API].probes[0]

    assert Use("BatchGetItem", f"{probed}/probe") in granted(RIGHTS[API])
    assert Use("BatchGetItem", probed) not in granted(RIGHTS[API])
