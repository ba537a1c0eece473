"""What a city keeps: tables and keys, in their shape, and so that none of them gets lost."""

import pytest

from chalicelib.core.names import table_name
from chalicelib.core.store import tables
from infra.drift import RECOVERY_DAYS
from infra.tables import table_properties, ttl_attribute
from tests.infra.templates import Synthesised, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


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
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
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
        "AWS::Logs::LogGroup",
    }
    assert all(one.get("DeletionPolicy") == "Retain" for one in city.kept["Resources"].values())


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
