"""Who an operator is: in AWS what STS says, and nothing that one can type."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from chalicelib.health.sources import stored_source
from infra.cli import principals
from infra.cli.main import app
from infra.cli.options import UnusableTarget, operating
from infra.cli.principals import principal
from infra.local.provision import provision

ACCOUNT = "123456789012"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """An account in AWS, and an operator's shell without any emulator. What is set in it is undone before moto ends."""
    with mock_aws(), pytest.MonkeyPatch.context() as shell:
        shell.delenv("AWS_ENDPOINT_URL", raising=False)
        shell.setenv("HOME", str(tmp_path))
        yield shell


def assume(shell: pytest.MonkeyPatch, role: str, session: str) -> None:
    """Work in a role's session from now on."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    keys = boto3.client("sts", region_name="us-east-1").assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
    shell.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    shell.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    shell.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])


def test_two_sessions_of_one_role_are_two_principals(shell: pytest.MonkeyPatch) -> None:
    found = []
    for session in ("anna", "boris"):
        assume(shell, "operators", session)
        with operating("demo", None):
            found.append(principal(None))

    assert found == [f"arn:aws:sts::{ACCOUNT}:assumed-role/operators/{name}" for name in ("anna", "boris")]


def test_in_aws_one_session_proposes_and_another_confirms(shell: pytest.MonkeyPatch) -> None:
    with operating("demo", None):
        provision()
    command = CliRunner()
    assume(shell, "operators", "anna")
    proposed = command.invoke(app, ["grant", "source", "cdc", "--city", "demo", "--json"])
    proposal_id = json.loads(proposed.stdout)["proposal"]
    assert command.invoke(app, ["confirm", proposal_id, "--city", "demo"]).exit_code == 1

    assume(shell, "operators", "boris")
    confirmed = command.invoke(app, ["confirm", proposal_id, "--city", "demo"])

    assert (confirmed.exit_code, confirmed.stdout) == (0, "Carried out: grant source cdc.\n")
    with operating("demo", None):
        row = stored_source("cdc")
        assert row is not None
        assert row.confirmed_by == f"arn:aws:sts::{ACCOUNT}:assumed-role/operators/boris"


def test_no_configured_address_says_who_calls(shell: pytest.MonkeyPatch) -> None:
    assume(shell, "operators", "anna")
    shell.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    with operating("demo", None):
        assert principal(None).endswith("/anna")


@pytest.mark.usefixtures("shell")
def test_in_aws_nobody_says_who_they_are() -> None:
    with operating("demo", None), pytest.raises(UnusableTarget, match="--as is for a city on this machine"):
        principal("anna")


def test_the_root_user_is_nobody(shell: pytest.MonkeyPatch) -> None:
    shell.setattr(principals, "_caller", lambda: f"arn:aws-cn:iam::{ACCOUNT}:root")
    with operating("demo", None), pytest.raises(UnusableTarget, match="root user is no person"):
        principal(None)


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("line", ["grant officer --as anna", "revoke source lab-1 --as anna", "confirm 01 --as anna"])
def test_a_command_for_aws_takes_no_name(line: str) -> None:
    result = CliRunner().invoke(app, [*line.split(), "--city", "demo"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--as is for a city on this machine" in result.stderr


def test_without_credentials_nothing_is_asked(shell: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        shell.delenv(name, raising=False)
    shell.setenv("AWS_EC2_METADATA_DISABLED", "true")

    result = CliRunner().invoke(app, ["grant", "source", "lab-1", "--city", "demo"])

    assert result.exit_code == 1
    assert "not to these credentials (NoCredentialsError)" in result.stderr
