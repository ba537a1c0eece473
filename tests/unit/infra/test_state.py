"""The folder of a local city."""

from pathlib import Path

import pytest

import app  # noqa: F401  declares every row
from infra.local import state
from infra.local.state import CityRuns, StateFolder, schema_fingerprint

FILES = ("dynamodb.json", "kms.json", "secretsmanager.json")


@pytest.fixture
def files(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "demo")


def _stored(files: StateFolder, names: tuple[str, ...] = FILES) -> None:
    files.emulator.mkdir()
    for name in names:
        (files.emulator / name).write_text("{}")


def test_a_new_folder_is_made_for_its_owner_alone(files: StateFolder) -> None:
    assert files.prepare() is None
    assert files.folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_this_schema_is_used_again(files: StateFolder) -> None:
    files.prepare()
    _stored(files)
    assert files.prepare() is None
    assert (files.emulator / "kms.json").exists()


def test_a_folder_of_another_schema_is_put_aside(files: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    files.prepare()
    _stored(files)
    monkeypatch.setattr(state, "version", lambda _: "another")

    aside = files.prepare()

    assert aside is not None
    assert aside.name.startswith("demo.old-")
    assert (aside / "aws" / "kms.json").exists()
    assert not files.emulator.exists()
    assert files.prepare() is None


@pytest.mark.parametrize("names", [FILES[:1], FILES[:2], FILES[1:]])
def test_a_folder_that_was_cut_short_is_put_aside(files: StateFolder, names: tuple[str, ...]) -> None:
    files.prepare()
    _stored(files, names)
    assert files.prepare() is not None


def test_a_folder_that_says_nothing_of_its_schema_is_put_aside(files: StateFolder) -> None:
    files.folder.mkdir()
    (files.folder / "something").touch()
    assert files.prepare() is not None


def test_two_cities_do_not_share_a_folder(files: StateFolder) -> None:
    other = StateFolder(files.folder)
    with files.locked():
        files.prepare()
        with pytest.raises(CityRuns, match="already"), other.locked():
            pass
    with other.locked():
        pass


def test_the_fingerprint_changes_with_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    before = schema_fingerprint()
    monkeypatch.setattr(state, "ttl_attribute", lambda _: "another")
    assert schema_fingerprint() != before
