"""Weighing the package: only what was built whole has a weight."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench import size
from bench.size import HINT, Package, package
from infra.package import INCOMPLETE, MAX_BYTES, TOO_LARGE


def builds(monkeypatch: pytest.MonkeyPatch, returncode: int, said: str = "", content: bytes | None = b"zip") -> None:
    """A build that leaves a package of this content, ends and says this."""

    def run(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        if content is not None:
            Path(command[-1], "deployment.zip").write_bytes(content)
        return subprocess.CompletedProcess(command, returncode, "", said)

    monkeypatch.setattr(subprocess, "run", run)


def test_a_package_is_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    builds(monkeypatch, 0)
    assert package() == Package(3)


def test_one_that_is_too_large_is_weighed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "MAX_BYTES", 2)
    builds(monkeypatch, 1, f"ValueError: {TOO_LARGE} 3 bytes")
    assert package().is_over


@pytest.mark.parametrize(
    ("returncode", "said", "content"),
    [(1, "no region", b"zip"), (0, f"{INCOMPLETE}: cryptography", b"zip"), (1, "", None), (0, "", None)],
)
def test_what_was_not_built_whole_has_no_weight(
    monkeypatch: pytest.MonkeyPatch, returncode: int, said: str, content: bytes | None
) -> None:
    builds(monkeypatch, returncode, said, content)
    assert package() == Package(None, f"not built; {HINT}")


def test_a_build_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: Any) -> None:
        raise subprocess.TimeoutExpired(command, 180)

    monkeypatch.setattr(subprocess, "run", run)
    assert package() == Package(None, f"not built within 180 s; {HINT}")


def test_the_limit_is_the_deployment_s() -> None:
    assert not Package(MAX_BYTES).is_over
    assert Package(MAX_BYTES + 1).is_over
    assert not Package(None).is_over
