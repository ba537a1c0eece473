"""Which city a process works for."""

import os
from pathlib import Path

import pytest

from chalicelib.core import aws, store
from chalicelib.core.settings import settings
from infra.calls import client
from infra.process import working_for, working_in_aws

HERE = "http://127.0.0.1:4566"


def test_the_service_works_for_the_city_inside_and_for_the_former_one_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITY", "linyi")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    settings.cache_clear()
    assert settings().city_name == "linyi"

    with working_for("demo", HERE):
        assert (settings().city_name, settings().endpoint_url) == ("demo", HERE)
        client = aws.kms()
        assert client.meta.endpoint_url == HERE
        assert client.meta.region_name == settings().city.region
        with working_for("beijing", "http://127.0.0.1:1"):
            assert aws.kms().meta.region_name == settings().city.region == "cn-north-1"
        assert settings().city_name == "demo"

    assert (settings().city_name, settings().endpoint_url) == ("linyi", None)
    assert "AWS_ENDPOINT_URL" not in os.environ
    monkeypatch.undo()
    settings.cache_clear()


def test_an_operators_own_settings_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        "AWS_PROFILE": "nowhere",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_KMS": "https://kms.example",
        "AWS_ACCESS_KEY_ID": "real",
        "HTTP_PROXY": "http://proxy.example:3128",
        "NO_PROXY": "intranet.example",
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)

    with working_for("demo", HERE):
        assert not [name for name in os.environ if name.startswith("AWS_") and name != "AWS_ENDPOINT_URL"]
        assert os.environ["NO_PROXY"] == "intranet.example,127.0.0.1,localhost,::1"
        assert aws.kms().meta.endpoint_url == HERE
        assert store.connection().client is not None

    assert dict(os.environ) == before


def test_in_aws_no_configured_endpoint_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An operator's credentials go to AWS, whatever a variable for one service, or their profile, says."""
    profile = tmp_path / "config"
    profile.write_text("[default]\nendpoint_url = http://127.0.0.1:9\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profile))
    for name in (
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "AWS_ENDPOINT_URL_SQS",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    before = dict(os.environ)

    with working_in_aws("demo"):
        clients = (aws.kms(), aws.secrets(), aws.sqs(), store.connection().client, client("lambda"))
        assert all(".amazonaws.com" in one.meta.endpoint_url for one in clients)

    assert dict(os.environ) == before


def test_a_failure_inside_changes_nothing_outside() -> None:
    before = dict(os.environ)
    with pytest.raises(RuntimeError), working_for("demo", HERE):
        raise RuntimeError
    assert dict(os.environ) == before
