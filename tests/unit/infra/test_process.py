"""Which city a process works for."""

import os

import pytest

from chalicelib.core import aws, store
from chalicelib.core.settings import settings
from infra.process import working_for

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


def test_a_failure_inside_changes_nothing_outside() -> None:
    before = dict(os.environ)
    with pytest.raises(RuntimeError), working_for("demo", HERE):
        raise RuntimeError
    assert dict(os.environ) == before
