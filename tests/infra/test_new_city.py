"""A new city is one file, a change of code is another package, and neither shows anywhere else in a template."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.infra.templates import Synthesised, names
from tests.support.synthesis import ROOT, shared_folder, synthesis

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DEPLOYED = ("app.py", "chalicelib", "infra", "requirements.txt", ".python-version", ".chalice/config.json")
CITIES = Path("chalicelib", "cities")
CHANGED = Path("chalicelib", "core", "ids.py")
NAME = "newtown"
ASSET = re.compile(r"[0-9a-f]{64}")


def copied(folder: Path) -> Path:
    """The sources that are deployed, and what deploys them, in a folder."""
    for name in DEPLOYED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def describe(folder: Path, name: str, *changes: tuple[str, str]) -> None:
    """Write a city's file: Linyi's, with its own name, and these patterns replaced."""
    text = (ROOT / CITIES / "linyi.toml").read_text(encoding="utf-8").replace("linyi", name)
    for pattern, replacement in changes:
        text, times = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
        assert times == 1
    (folder / CITIES / f"{name}.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def newtown(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """A city that is one file more, synthesised from sources in which a comment is another one."""
    root = copied(tmp_path_factory.mktemp("sources"))
    describe(root, NAME)
    with (root / CHANGED).open("a", encoding="utf-8") as file:
        file.write("\n# another comment\n")
    return Synthesised(synthesis(shared_folder(tmp_path_factory), NAME, root=root))


def test_a_file_is_all_that_a_new_city_needs(linyi: Synthesised, newtown: Synthesised) -> None:
    for stack in ("City", "Data"):
        assert names(newtown.template(stack))
        assert not names(newtown.template(stack)) & names(linyi.template(stack))
    assert "linyi" not in newtown.text


def test_a_template_shows_nothing_of_a_change_of_code_but_the_package_s_hash(
    linyi: Synthesised, newtown: Synthesised
) -> None:
    def plain(city: Synthesised) -> str:
        return ASSET.sub("HASH", city.text.replace(city.name, "CITY"))

    assert plain(newtown) == plain(linyi)
    assert newtown.template("Account") == linyi.template("Account")
    assert newtown.package.name != linyi.package.name


def test_a_package_differs_in_what_was_changed_alone(linyi: Synthesised, newtown: Synthesised) -> None:
    with zipfile.ZipFile(linyi.package) as before, zipfile.ZipFile(newtown.package) as after:
        same = set(before.namelist()) & set(after.namelist())
        different = {name for name in same if before.read(name) != after.read(name)}
        assert set(after.namelist()) - same == {str(CITIES / f"{NAME}.toml")}
        assert set(before.namelist()) - same == set()
    assert different == {str(CHANGED)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((r"^hourly_budget = .*\n", ""), "sms.hourly_budget: Field required"),
        ((r"^hourly_budget = .*", 'hourly_budget = "many"'), "sms.hourly_budget: Input should be a valid integer"),
        ((r"^demo = ", "mayor = 1\ndemo = "), "mayor: Extra inputs are not permitted"),
        ((r"^public_url = .*\n", ""), "public_url: must be stated unless demo is true"),
        ((r"^sender = .*\ngateway_url = .*", 'sender = "sns"'), "sms: sender must be http"),
        ((r"^region = .*", 'region = "eu-central-1"'), "region: must be a region of mainland China"),
        ((r"^\[capacity\]", "[capacity"), "file: "),
    ],
)
def test_a_wrong_file_stops_with_field_and_reason_before_anything_is_packaged(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    root = copied(tmp_path)
    describe(root, NAME, change)

    command = [sys.executable, "-B", "-m", "infra.cdk", "synth"]
    done = subprocess.run(command, check=False, cwd=root, env={"CITY": NAME}, capture_output=True, text=True)

    assert done.returncode == 1
    first, *problems = done.stderr.splitlines()
    assert first == f"city file {NAME}.toml cannot be used"
    assert [problem.startswith(said) for problem in problems] == [True]
    assert done.stdout == ""
    assert not (root / "cdk.out").exists()
    assert not (root / ".chalice" / "deployments").exists()
