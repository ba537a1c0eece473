"""`tables check` on a city of this machine, and on one in AWS as moto plays it, where protection is looked at as well."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

import app  # noqa: F401  declares every table
from chalicelib.core import aws, store
from chalicelib.core.names import storage_key_alias
from chalicelib.core.store import Row
from infra.cli.main import app as cli
from infra.cli.options import operating
from infra.local.provision import provision
from infra.process import working_for
from infra.tables import RECOVERY_DAYS, table_definition, ttl_attribute
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.jobs

CITY = "beijing"


def names() -> set[str]:
    return {table.Meta.table for table in store.tables()}


def client() -> Any:
    return store.connection().client


def row_of(table: str) -> type[Row]:
    return next(one for one in store.tables() if one.Meta.table == table)


def name_of(table: str) -> str:
    return row_of(table).physical_name()


def make_again(table: str, **but: Any) -> None:
    """Make a table anew, as a restore does, without expiry, protection and recovery; in what else it differs."""
    row = row_of(table)
    client().delete_table(TableName=row.physical_name())
    wanted = table_definition(row, row.physical_name()) | but
    client().create_table(**{name: value for name, value in wanted.items() if value is not None})


@pytest.fixture
def local(emulator: str) -> Iterator[Any]:
    """Runs the command on this machine."""
    with working_for(CITY, emulator):
        provision()
        yield lambda *options: run("--endpoint-url", emulator, *options)
        for name in client().list_tables()["TableNames"]:
            if name.startswith(f"{CITY}-"):
                client().delete_table(TableName=name)
        provision()


def run(*options: str) -> Result:
    return CliRunner().invoke(cli, ["tables", "check", "--city", CITY, *options])


def differing(result: Result) -> dict[str, list[str]]:
    """What a refusing answer says of tables that differ."""
    assert result.exit_code == 1, result.output
    told: dict[str, list[str]] = json.loads(result.stdout)["tables"]
    assert told.keys() == names()
    return {table: found for table, found in told.items() if found}


def test_a_city_of_this_machine_is_as_it_should_be(local: Any) -> None:
    result = local()

    left_out = "Not looked at, for it is in AWS only: deletion protection, point-in-time recovery, encryption."
    assert result.stdout.splitlines() == [f"All {len(names())} tables are as they should be.", left_out]
    assert result.exit_code == 0


def test_a_missing_table_and_a_restored_one_are_told(local: Any) -> None:
    client().delete_table(TableName=name_of("consents"))
    make_again("ledger", StreamSpecification=None)

    assert differing(local("--json")) == {
        "consents": ["does not exist"],
        "ledger": ["stream: is none, should be NEW_IMAGE", "expires by: is none, should be expires_at"],
    }
    assert "ledger: stream: is none, should be NEW_IMAGE\n" in local().stdout
    assert f"2 of {len(names())} tables differ.\n" in local().stdout


def test_other_keys_and_indexes_are_told(local: Any) -> None:
    wanted = table_definition(row_of("access_log"), "")
    (index,) = wanted["GlobalSecondaryIndexes"]
    other = {**index, "IndexName": "by_other", "Projection": {"ProjectionType": "ALL"}}
    make_again("access_log", GlobalSecondaryIndexes=[other])

    assert differing(local("--json"))["access_log"] == [
        "index by_actor: is none, should be actor_id HASH, entry_id RANGE, KEYS_ONLY",
        "expires by: is none, should be expires_at",
        "index by_other: is actor_id HASH, entry_id RANGE, ALL, should be none",
    ]


def test_a_city_that_does_not_answer_is_told(local: Any, faults: Seam) -> None:
    faults.fail("DescribeTable", aws_error("AccessDeniedException"))

    result = local()

    assert (result.exit_code, result.stdout) == (1, "")
    assert "AccessDeniedException" in result.stderr


def test_an_unknown_city_is_not_begun(emulator: str) -> None:
    line = ["tables", "check", "--city", "atlantis", "--endpoint-url", emulator]
    assert CliRunner().invoke(cli, line).exit_code == 2


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A city in AWS, its tables protected as its stack would; gives the ARN of its storage key."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws(), operating(CITY, None):
        key = aws.kms().create_key()["KeyMetadata"]
        aws.kms().create_alias(AliasName=storage_key_alias(CITY), TargetKeyId=key["KeyId"])
        for table in store.tables():
            make(table, key["Arn"])
        yield key["Arn"]


def make(table: type[Row], key: str) -> None:
    """Make a table with what its stack gives it."""
    name = table.physical_name()
    encryption = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    protection = {"DeletionProtectionEnabled": True, "SSESpecification": encryption}
    client().create_table(**table_definition(table, name), **protection)
    recovery = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": RECOVERY_DAYS}
    client().update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    if attribute := ttl_attribute(table):
        expiry = {"Enabled": True, "AttributeName": attribute}
        client().update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)


@pytest.mark.usefixtures("deployed")
def test_a_deployed_city_is_as_it_should_be() -> None:
    result = run()

    assert (result.exit_code, result.stdout) == (0, f"All {len(names())} tables are as they should be.\n")


def test_of_a_deployed_city_protection_recovery_and_key_are_looked_at(deployed: str) -> None:
    name, other = name_of("people"), aws.kms().create_key()["KeyMetadata"]["Arn"]
    client().update_table(TableName=name, DeletionProtectionEnabled=False)
    off = {"PointInTimeRecoveryEnabled": False}
    client().update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=off)
    client().update_table(TableName=name_of("organizations"), DeletionProtectionEnabled=False)
    client().delete_table(TableName=name_of("organizations"))
    make(row_of("organizations"), other)

    assert differing(run("--json")) == {
        "organizations": [f"encryption: is {other}, should be {deployed}"],
        "people": [
            "deletion protection: is off, should be on",
            f"point-in-time recovery: is none, should be {RECOVERY_DAYS}",
        ],
    }


def test_in_aws_a_key_that_is_gone_is_told(deployed: str) -> None:
    assert deployed
    aws.kms().delete_alias(AliasName=storage_key_alias(CITY))

    result = run()

    assert (result.exit_code, result.stdout) == (1, "")
    assert "NotFoundException" in result.stderr
