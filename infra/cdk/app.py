"""The CDK app of one city. Chalice imports `app.py` once per process, so a process builds one city and no second one (trap 13)."""

import os
import shutil
from pathlib import Path

import aws_cdk as cdk

from chalicelib.core import store
from chalicelib.core.city import City, load_city
from infra.cdk.account import AccountStack
from infra.cdk.stack import CityStack, KeptStack
from infra.wiring import Wiring

OUT = Path("cdk.out")


def synthesize(name: str, out: Path = OUT, wiring: Wiring | None = None) -> Path:
    """Write the templates and the package of a city into a folder of its own under `out`, and return that folder.

    Raises CityFileError, with field and reason, before anything is packaged.
    """
    city = load_city(name)
    folder = (out / name).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.update(CITY=name, AWS_DEFAULT_REGION=city.region)  # Chalice asks for a region, and uses none
    cdk_app = cdk.App(outdir=str(folder), analytics_reporting=False)
    build(cdk_app, city, wiring or Wiring())
    cdk_app.synth()
    return folder


def build(cdk_app: cdk.App, city: City, wiring: Wiring) -> None:
    """Add a city's stacks to an app."""
    import app  # noqa: F401  declares every table

    account = AccountStack(cdk_app, city.region)
    kept = KeptStack(cdk_app, city, store.tables(), wiring)
    CityStack(cdk_app, city, account, kept, wiring)
