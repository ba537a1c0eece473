"""What `make run` does: starts a city, says where it is, and waits."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chalicelib.core.city import CityFileError, load_city
from infra.local.city import LocalCity
from infra.local.demo import shown_people
from infra.local.demo_places import PRINT, DemoPlace, cast, open_demo_places
from infra.local.emulator import ROOT, EmulatorError
from infra.local.phones import Refused
from infra.local.ports import PortTaken
from infra.local.server import OUTBOX_PATH
from infra.local.state import CityRuns
from infra.local.stopping import stop_if_told
from infra.source.faults import MODES

STATE = ROOT / ".local"
WATCH_SECONDS = 1.0


def run(state: Path) -> int:
    """Run the city that CITY, PORT, AWS_PORT and SOURCE name, its state kept in a folder.

    Returns only if it can't start or can't go on, and then 1.
    """
    console = Console(highlight=False, soft_wrap=True)
    try:
        problem = _run(state, console)
    except (CityFileError, CityRuns, EmulatorError, PortTaken, ValueError) as error:
        problem = str(error)
    console.print(problem, style="red", markup=False)
    return 1


def _run(state: Path, console: Console) -> str:
    """Run the city until a signal comes. Returns only if it ends without one, and then why."""
    name, port, aws_port = os.environ.get("CITY") or "demo", _port("PORT", 8000), _port("AWS_PORT", 4566)
    is_demo = load_city(name).demo
    if port and port == aws_port:
        raise ValueError(f"PORT and AWS_PORT are both {port}; they must differ")
    console.print(f"Starting {name} …")
    city = LocalCity(
        name,
        state=state,
        port=port,
        aws_port=aws_port,
        demo_people=True,
        asks_source=_asks_source(),
        say=console.print,
    )
    with city:
        _greet(city, console)
        if is_demo:
            _show_places(city, console)
        while city.emulator.is_running:
            stop_if_told()
            time.sleep(WATCH_SECONDS)
    return f"the emulator ended by itself; see {city.files.emulator_log}"


def _port(variable: str, usual: int) -> int:
    """A port of the environment. Raises ValueError for anything but a number from 0, any free one, to 65535."""
    text = os.environ.get(variable, "") or str(usual)
    if not (text.isascii() and text.isdigit() and int(text) < 2**16):
        raise ValueError(f"{variable} must be a number from 0 to 65535")
    return int(text)


def _asks_source() -> bool:
    """Whether SOURCE names a source that is asked. Raises ValueError for one that there is not."""
    source = os.environ.get("SOURCE") or "registry"
    if source not in {"registry", "http"}:
        raise ValueError("SOURCE must be registry or http")
    return source == "http"


def _greet(city: LocalCity, console: Console) -> None:
    people = Table("phone", "name", "document", "number", title="Some of its people", title_justify="left")
    for person in shown_people():
        people.add_row(person.phone, person.name, person.document_type, person.document_number)
    console.print(people)
    console.print(f"\n[bold]{city.name} is ready:[/bold] {city.url}/docs")
    console.print(f"  text messages it sent:  {city.url}{OUTBOX_PATH}")
    console.print(f"  all its people:         {_shown(city.files.demo / 'people.csv')}")
    console.print(f"  its emulator of AWS:    {city.aws_url}")
    if city.source is not None:
        console.print(
            f"  its health source:      {city.source.url}; `SOURCE_URL={city.source.url}` before an operator's command"
        )
        console.print(
            f"  let that fail:          curl -d 5xx {city.source.url}/mode   ({', '.join(MODES)})", markup=False
        )
    console.print("Ctrl-C stops it; its state stays in .local until `make clean`.\n")
    sys.stdout.flush()


def _show_places(city: LocalCity, console: Console) -> None:
    """Open the demo's places, or find them, and say where to click. The city runs on if that fails."""
    try:
        places = open_demo_places(city.url, city.files.demo)
    except (OSError, Refused) as problem:
        console.print(f"The demo's places could not be opened: {problem}", style="yellow", markup=False)
        return
    _print_places(city, places, console)


def _print_places(city: LocalCity, places: Sequence[DemoPlace], console: Console) -> None:
    people = cast()
    console.print("[bold]Three places[/bold], with an hour of visits:")
    for place in places:
        code = f"its poster leads to {city.url}{place.entrance}" if place.entrance else "its code changes on a screen"
        console.print(f"  {place.name}: {code}")
        console.print(f"    visits of today:  GET /v1/places/{place.place_id}/statistics")
    console.print(f"  who runs them:       {people.manager.phone}, {people.manager.name}")
    for inspector in people.inspectors:
        console.print(f"  who inspects there:  {inspector.phone}, {inspector.name}")
    console.print(f"  a printed pass:      {_shown(city.files.demo / PRINT)}, of {people.visitors[0].name}\n")
    sys.stdout.flush()


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
