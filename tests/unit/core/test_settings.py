"""Settings: a process is told its city, or it does not start."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from chalicelib.core.city import CityFileError
from chalicelib.core.settings import Settings, settings


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A process that has not read its settings yet; the tests' own are read again afterwards."""
    settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


def test_a_process_is_told_its_city_and_where_its_emulator_listens(process: pytest.MonkeyPatch) -> None:
    process.setenv("CITY", "beijing")
    process.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    assert settings() == Settings(city_name="beijing", endpoint_url="http://127.0.0.1:4566", in_lambda=False)
    assert settings().city.name == "beijing"


def test_without_an_endpoint_it_is_aws_itself(process: pytest.MonkeyPatch) -> None:
    process.delenv("AWS_ENDPOINT_URL", raising=False)

    assert settings().endpoint_url is None
    assert not settings().is_local


def test_without_a_city_nothing_starts(process: pytest.MonkeyPatch) -> None:
    process.delenv("CITY")

    with pytest.raises(KeyError, match="CITY"):
        settings()


def test_an_empty_city_is_none(process: pytest.MonkeyPatch) -> None:
    process.setenv("CITY", "")

    with pytest.raises(ValidationError):
        settings()


def test_a_city_without_a_file_serves_nobody() -> None:
    with pytest.raises(CityFileError):
        _ = Settings(city_name="atlantis", endpoint_url=None, in_lambda=False).city


def test_settings_are_read_once(process: pytest.MonkeyPatch) -> None:
    first = settings()
    process.setenv("CITY", "beijing")

    assert settings() is first


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"city_name": "demo", "endpoint_url": None, "in_lambda": False, "debug": True})


@pytest.mark.parametrize(
    ("endpoint", "is_local"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("http://[::1]:4566", True),
        ("https://dynamodb.cn-north-1.amazonaws.com.cn", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com:4566", False),
        ("http://192.0.2.7:4566", False),
        (None, False),
    ],
)
def test_only_this_machine_is_local(endpoint: str | None, *, is_local: bool) -> None:
    assert Settings(city_name="demo", endpoint_url=endpoint, in_lambda=False).is_local is is_local
    assert not Settings(city_name="demo", endpoint_url=endpoint, in_lambda=True).is_local


def test_a_table_is_named_after_its_city() -> None:
    assert Settings(city_name="huian", endpoint_url=None, in_lambda=False).table("access_log") == "huian-access-log-v1"
