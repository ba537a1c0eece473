"""The commands behind `make synth`, `diff`, `deploy` and `destroy`. The CDK's own tool carries out what is made here."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import boto3

from chalicelib.core.city import City, CityFileError, all_cities, load_city
from infra.cdk.names import partition
from infra.process import ONLY_AWS, configured_endpoints
from infra.quotas import shortfalls

ROOT = Path(__file__).resolve().parents[2]
TOOL = "aws-cdk@2.1148.1"
"""The CDK's command line. It is not on PyPI; npx fetches it, once, when a command needs it."""

USAGE = "usage: CITY=<name> python -m infra.cdk synth|diff|deploy|destroy"
SERVING = "City"
"""What `destroy` destroys. The stacks of what a city keeps and what cities share stay."""


def main(arguments: Sequence[str]) -> int:
    """Carry out one command for the city that CITY names; the exit status."""
    name = os.environ.get("CITY", "")
    if len(arguments) != 1 or arguments[0] not in COMMANDS or not name:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        city = load_city(name)  # before anything is imported that takes time
    except CityFileError as error:
        print(error, file=sys.stderr)
        return 1
    if (problem := _unknown_region(city)) is not None:
        print(problem, file=sys.stderr)
        return 1
    return COMMANDS[arguments[0]](city)


def _unknown_region(city: City) -> str | None:
    """Why a city can't lie where its file says: a misspelt region would get a template without what that region lacks."""
    known = boto3.Session().get_available_regions("dynamodb", partition(city.region))
    return None if city.region in known else f"{city.name}: region: AWS has no region {city.region}"


def _synth(city: City) -> int:
    from infra.cdk.app import synthesize

    print(f"{city.name}: {os.path.relpath(synthesize(city.name))}")
    for shortfall in shortfalls(all_cities()):
        print(
            f"The city files together ask for more than an account has (infra/quotas.py): {shortfall}", file=sys.stderr
        )
    return 0


def _diff(city: City) -> int:
    return _synth(city) or _tool(city, "diff")


def _deploy(city: City) -> int:
    wanted = (ROOT / ".python-version").read_text().strip()
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if running != wanted:
        print(
            f"A package runs on the Python that makes it, and cities run {wanted}: this is {running}. "
            f"Make .venv with it: make clean && rm -rf .venv && make PYTHON=python{wanted} synth",
            file=sys.stderr,
        )
        return 1
    if problems := [*_placeholders(city), *shortfalls(all_cities())]:
        print("\n".join(f"{city.name} can't be deployed yet: {one}" for one in problems), file=sys.stderr)
        return 1
    return _synth(city) or _tool(city, "deploy", "--all", "--require-approval", "any-change")


def _placeholders(city: City) -> list[str]:
    """What the file leaves to the city to say: addresses under a name that leads nowhere (RFC 2606)."""
    addresses = {"public_url": city.public_url, "sms.gateway_url": city.sms.gateway_url}
    return [
        f"{field} still is {address}; put the city's own into its file"
        for field, address in addresses.items()
        if address is not None and (urlsplit(address).hostname or "").endswith(".example")
    ]


def _destroy(city: City) -> int:
    print(
        f"This stops {city.name} in {city.region}: its address, functions, alarms and jobs. Tables, queues, keys, secrets and "
        "logs stay, and the next deploy serves them again."
    )
    if _answer("Type the city's name to go on: ") != city.name:
        print("Nothing was done.")
        return 1
    return _synth(city) or _tool(city, "destroy", SERVING, "--force", "--exclusively")


def _answer(question: str) -> str:
    """What the operator types; nothing where nobody can."""
    try:
        return input(question).strip()
    except EOFError:
        print()
        return ""


def _tool(city: City, *command: str) -> int:
    """Run the CDK's command line on what was synthesised, with the operator's own credentials, and against AWS alone.

    An endpoint that a shell still holds from a city on this machine would have it answered by an emulator.
    """
    npx = Path(sys.prefix, "bin", "npx")
    whole = [str(npx), "--yes", TOOL, *command, "--app", str(Path("cdk.out", city.name))]
    elsewhere = configured_endpoints()
    told = {name: value for name, value in os.environ.items() if name not in elsewhere} | ONLY_AWS
    return subprocess.run(whole, check=False, cwd=ROOT, env=told).returncode


COMMANDS = {"synth": _synth, "diff": _diff, "deploy": _deploy, "destroy": _destroy}
