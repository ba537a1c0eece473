"""checkov over both partitions. What it finds is put right or acknowledged, with an end."""

import os
from pathlib import Path

import pytest

from tests.infra import checkov
from tests.infra.acknowledged import Finding, outdated, unacknowledged

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def findings_or_skip(folder: Path) -> list[Finding]:
    """What checkov finds. Without it the test is skipped, but not in CI, where nothing may be left out in silence."""
    try:
        return checkov.findings(folder)
    except checkov.NotInstalledError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"checkov could not be fetched, so its rules were not checked: {error}")


def test_nothing_is_found_that_is_not_acknowledged(plain: Path) -> None:
    found = findings_or_skip(plain)

    assert unacknowledged("checkov", found) == []
    assert outdated("checkov", found) == []


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without checkov, on which nothing can be fetched."""
    monkeypatch.setattr(checkov, "FOLDER", tmp_path / "checkov")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.usefixtures("unreachable")
def test_without_checkov_a_user_s_run_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"^checkov could not be fetched[^\n]+$"):
        findings_or_skip(tmp_path)


@pytest.mark.usefixtures("unreachable")
def test_without_checkov_ci_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(checkov.NotInstalledError):
        findings_or_skip(tmp_path)
    assert not (checkov.FOLDER / ".made").exists()
