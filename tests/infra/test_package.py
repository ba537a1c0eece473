"""The package: what is in it, that it runs, and that the same input gives the same bytes."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.package import MAX_BYTES, SERVICES, is_needed, slim
from tests.infra.templates import Synthesised

RUNS = """
import sys
sys.path[:0] = [sys.argv[1]]
import os
os.environ["CITY"] = "demo"
import app, botocore, boto3
assert app.__file__.startswith(sys.argv[1]) and botocore.__file__.startswith(sys.argv[1])
for service in ("dynamodb", "kms", "s3", "secretsmanager", "sns", "sqs", "sts"):
    boto3.client(service, region_name="cn-north-1", aws_access_key_id="x", aws_secret_access_key="x")
import cryptography.hazmat.primitives.ciphers.aead, qrcode.image.svg, stdnum.cn.ric, xlsxwriter
from pynamodb.connection import Connection
Connection(region="cn-north-1").client
from chalicelib.core.tokens import new_bearer
"""


def made(folder: Path, names: list[str], year: int) -> Path:
    package = folder / f"{year}.zip"
    with zipfile.ZipFile(package, "w") as file:
        for name in names:
            file.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), name.encode())
    return package


def test_the_same_files_give_the_same_bytes_whenever_and_in_whatever_order(tmp_path: Path) -> None:
    names = ["app.py", "chalicelib/a.py", "botocore/data/kms/2014/service-2.json.gz"]
    one, other = made(tmp_path, names, 2020), made(tmp_path, names[::-1], 2024)
    slim(one)
    slim(other)

    assert one.read_bytes() == other.read_bytes()
    assert zipfile.ZipFile(one).namelist() == sorted(names)


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("app.py", True),
        ("botocore/data/endpoints.json", True),
        ("botocore/data/dynamodb/2012-08-10/service-2.json.gz", True),
        ("botocore/data/ec2/2016-11-15/service-2.json.gz", False),
        ("boto3/examples/s3.rst", False),
        ("pip/__init__.py", False),
        ("pip-26.2.1.dist-info/METADATA", False),
        ("pydantic-2.14.3.dist-info/METADATA", True),
        ("chalicelib/__pycache__/a.cpython-313.pyc", False),
    ],
)
def test_what_is_needed_stays(name: str, needed: bool) -> None:
    assert is_needed(name) == needed


def test_a_package_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.package.MAX_BYTES", 10)
    with pytest.raises(ValueError, match="more than 10"):
        slim(made(tmp_path, ["app.py"], 2020))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_is_small_and_holds_the_descriptions_of_used_services_alone(linyi: Synthesised) -> None:
    names = zipfile.ZipFile(linyi.package).namelist()
    described = {name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2}

    assert linyi.package.stat().st_size <= MAX_BYTES
    assert described == SERVICES


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_cities_share_one_package(linyi: Synthesised, beijing: Synthesised) -> None:
    assert linyi.package.name == beijing.package.name


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_runs_without_this_environment(linyi: Synthesised, tmp_path: Path) -> None:
    zipfile.ZipFile(linyi.package).extractall(tmp_path)
    bare = [sys.executable, "-I", "-S", "-B", "-c", RUNS, str(tmp_path)]
    done = subprocess.run(bare, check=False, capture_output=True, text=True, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
