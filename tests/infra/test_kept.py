"""What a city keeps: tables, queues and keys, in their shape, and so that none of them gets lost."""

from pathlib import Path

import pytest

from chalicelib.core.names import table_name
from chalicelib.core.store import tables
from infra.tables import RECOVERY_DAYS, table_properties, ttl_attribute
from tests.infra.templates import Resource, Synthesised, said
from tests.infra.wired import WIRED
from tests.support.synthesis import synthesis

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KEPT = ("RetainExceptOnCreate", "Retain")

READ_BY_NOBODY = """
import os, sys
import app
import aws_cdk as cdk
from chalicelib.core import store
from chalicelib.core.city import load_city
from infra.cdk.stack import KeptStack
from tests.infra.wired import WIRED
city = load_city(sys.argv[1])
os.environ.update(CITY=city.name, AWS_DEFAULT_REGION=city.region)
alone = cdk.App(outdir=os.path.join(sys.argv[2], city.name), analytics_reporting=False)
KeptStack(alone, city, store.tables(), WIRED)
alone.synth()
"""


def test_every_table_has_the_shape_of_its_rows(city: Synthesised) -> None:
    import app  # noqa: F401

    found = {one["TableName"]: one for one in city.properties("AWS::DynamoDB::Table")}
    wanted = {table: table_name(city.name, table.Meta.table) for table in tables()}

    assert set(found) == set(wanted.values())
    for table, name in wanted.items():
        assert table_properties(table, name).items() <= found[name].items()
        assert found[name].get("TimeToLiveSpecification", {}).get("AttributeName") == ttl_attribute(table)


def test_every_table_is_kept_recoverable_and_under_the_city_s_key(city: Synthesised) -> None:  # check 5
    for resource in city.all("AWS::DynamoDB::Table").values():
        table = resource["Properties"]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == KEPT
        assert table["DeletionProtectionEnabled"] is True
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == RECOVERY_DAYS
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert "KeysStorage" in said(table["SSESpecification"]["KMSMasterKeyId"])
        assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_the_stack_that_serves_holds_nothing_that_must_last(city: Synthesised) -> None:
    kinds = {resource["Type"] for resource in city.serving["Resources"].values()}

    assert not kinds & {
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::SecretsManager::Secret",
        "AWS::SQS::Queue",
        "AWS::S3::Bucket",
        "AWS::Logs::LogGroup",
    }
    passing = {one["Type"] for one in city.kept["Resources"].values() if said_of_end(one) != KEPT}
    assert passing == {"AWS::SSM::Parameter", "AWS::SNS::TopicPolicy"}, "which say what a table has and who may publish"


def test_every_stream_is_announced_under_a_name_that_stays_and_read_from_there(city: Synthesised) -> None:
    """The stack that keeps is deployed first and must be free to change a stream: nothing that it exports may name a table."""
    announced = {one["Name"]: one["Value"] for one in city.properties("AWS::SSM::Parameter")}
    streaming = {name for name, one in city.all("AWS::DynamoDB::Table").items() if "StreamSpecification" in said(one)}
    asked = {one["Default"] for one in city.serving["Parameters"].values()}

    assert {value["Fn::GetAtt"][0] for value in announced.values()} == streaming
    assert asked <= announced.keys()
    assert len(asked) == len(WIRED.streams)
    assert "Table" not in said(city.kept["Outputs"])


def test_what_is_kept_is_the_same_when_nobody_reads_it(demo: Synthesised, tmp_path: Path) -> None:
    """What serves may cease to use anything in one update, though the stack that keeps is updated before it."""
    assert Synthesised(synthesis(tmp_path, demo.name, READ_BY_NOBODY)).kept == demo.kept


def test_every_key_and_secret_is_exported_whether_or_not_it_is_used(linyi: Synthesised, demo: Synthesised) -> None:
    def exported(city: Synthesised) -> set[str]:
        return {said(one["Value"]) for one in city.kept["Outputs"].values()}

    assert exported(linyi) == exported(demo), "one sends text messages through a gateway, the other does not"
    kept = {*demo.all("AWS::KMS::Key"), *demo.all("AWS::SecretsManager::Secret")}
    assert {name for name in kept if f'"{name}"' in said(demo.kept["Outputs"])} == kept


def test_what_serves_waits_for_what_is_kept_and_what_is_shared(city: Synthesised) -> None:
    assert {"Account", "Data"} <= set(city.manifest["City"]["dependencies"])


def said_of_end(resource: Resource) -> tuple[str | None, str | None]:
    """What becomes of a resource that leaves its stack, or is replaced."""
    return resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")


def test_keys_rotate_but_for_the_root_of_ids(city: Synthesised) -> None:
    keys = city.properties("AWS::KMS::Key")
    by_spec = {(key["KeySpec"], key["EnableKeyRotation"]) for key in keys}

    assert len(keys) == 4
    assert by_spec == {("HMAC_256", False), ("SYMMETRIC_DEFAULT", True)}


def test_secrets_are_generated_and_stand_in_no_template(city: Synthesised) -> None:
    for secret in city.properties("AWS::SecretsManager::Secret"):
        assert secret["GenerateSecretString"]["PasswordLength"] == 64
        assert "SecretString" not in secret


def test_the_logs_principal_carries_region_and_domain(linyi: Synthesised, demo: Synthesised) -> None:
    assert "logs.cn-north-1.amazonaws.com.cn" in said(linyi.properties("AWS::KMS::Key"))
    assert '"logs.ap-southeast-1.amazonaws.com"' in said(demo.properties("AWS::KMS::Key"))


def test_files_are_encrypted_closed_kept_and_gone_after_a_day(city: Synthesised) -> None:
    (bucket,) = city.all("AWS::S3::Bucket").values()
    (policy,) = city.all("AWS::S3::BucketPolicy").values()
    found = bucket["Properties"]
    (encryption,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (rule,) = found["LifecycleConfiguration"]["Rules"]

    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == KEPT
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert "KeysFiles" in said(encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])
    assert all(found["PublicAccessBlockConfiguration"].values())
    assert len(found["PublicAccessBlockConfiguration"]) == 4
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 1)
    assert "VersioningConfiguration" not in found, "what is removed must be gone"
    assert "aws:SecureTransport" in said(policy)
    assert f"gatebook-{city.name}-files-" in said(found["BucketName"])
