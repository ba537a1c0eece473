"""Three places of the demo city, with who works there and an hour of visits: something to look at after `make run`.

People of the demo make them through the API, as phones do. What is there already is taken as it is, so that a city that starts
again has each place once.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from chalicelib.core import clock, store
from chalicelib.core.qr import qr_svg
from chalicelib.places.tables import PlaceRow
from infra.local.demo import RESIDENTS, DemoPerson, demo_people
from infra.local.phones import Phone, verified

SUBDISTRICT = "371302001"
SCHOOL, SHOP, HOSPITAL = "Lotus School", "Lotus Supermarket", "Lotus Hospital"
TYPES = {SCHOOL: "school", SHOP: "shop", HOSPITAL: "hospital"}
PRINT = "printed-pass.svg"
"""The file of a printed pass, beside those of the people."""

VISITS = 12
"""At each place whose code is printed, over the last hour."""

MINUTES = 5
"""Between two of them; what is older than this was sent late, as from a phone without network."""

_FIRST, _COUNT = RESIDENTS - 30, 7
"""Residents of whom nothing bad is known, and whom no page of the documentation plays."""

_ABNORMAL = RESIDENTS - 31
"""Somebody of whom something is."""


@dataclass(frozen=True)
class Cast:
    """Who is who at the demo places."""

    manager: DemoPerson
    inspectors: Sequence[DemoPerson]
    visitors: Sequence[DemoPerson]


@dataclass(frozen=True)
class DemoPlace:
    """A place as it is told to whoever starts the city. Paths are without the city's address, which may be another one."""

    place_id: str
    name: str
    gate_id: str
    entrance: str
    """Where a scan of its code leads; empty where it changes on a screen."""


def cast() -> Cast:
    """The same people each time."""
    everybody = demo_people()
    manager, first, second, *visitors = everybody[_FIRST : _FIRST + _COUNT]
    return Cast(manager, (first, second), [*visitors, everybody[_ABNORMAL]])


def open_demo_places(address: str, folder: Path) -> list[DemoPlace]:
    """The places that were made before, or now, and a printed pass beside them. Raises Refused, or OSError if no city is there."""
    file = folder / "places.json"
    if not (places := _kept(file)):
        places, printed = _make(address)
        (folder / PRINT).write_text(qr_svg(printed))
        file.write_text(json.dumps([asdict(place) for place in places]))
    return places


def _kept(file: Path) -> list[DemoPlace]:
    """What an earlier start wrote down; nothing unless all of it is still there."""
    if not file.exists():
        return []
    places = [DemoPlace(**one) for one in json.loads(file.read_text())]
    keys = [PlaceRow.of(one.place_id) for one in places]
    rows = store.read_together(keys)
    return places if all(rows.get(key) for key in keys) else []


def _make(address: str) -> tuple[list[DemoPlace], str]:
    """The places, and what a visitor's printed pass says."""
    people = cast()
    manager = verified(address, people.manager)
    inspectors = [verified(address, one) for one in people.inspectors]
    visitors = [verified(address, one) for one in people.visitors]
    places = [_place(manager, name) for name in TYPES]
    for place in places:
        _staff(manager, place, inspectors)
    school, shop, hospital = places
    _bind(manager, school, visitors[:2])
    for place in (school, shop):
        _visits(place, visitors)
    _rotating_visits(manager, inspectors[0], hospital, visitors)
    return places, str(visitors[0].post("/v1/me/paper-passes", None)["pass"])


def _place(manager: Phone, name: str) -> DemoPlace:
    """A place of this name, opened now unless an interrupted start did."""
    own = {one["name"]: one["place_id"] for one in manager.get("/v1/me/places")["items"]}
    place_id = own.get(name) or _opened(manager, name)
    gate = manager.get(f"/v1/places/{place_id}/gates")["items"][0]
    path = f"/v1/places/{place_id}/gates/{gate['gate_id']}"
    if name == HOSPITAL:
        manager.send("PATCH", path, {"presence": "rotating"})
        return DemoPlace(place_id, name, gate["gate_id"], "")
    entrance = manager.get(f"{path}/poster")["url"].removeprefix(manager.address)
    return DemoPlace(place_id, name, gate["gate_id"], entrance)


def _opened(manager: Phone, name: str) -> str:
    address = f"{len(name)} Lotus Road"
    body = {"name": name, "type": TYPES[name], "subdistrict": SUBDISTRICT, "address": address, "capacity": 200}
    return str(manager.post("/v1/places", body)["place_id"])


def _staff(manager: Phone, place: DemoPlace, inspectors: Sequence[Phone]) -> None:
    code = manager.get(f"/v1/places/{place.place_id}/declaration-code")
    for inspector in inspectors:
        inspector.post("/v1/me/places", {"declaration_code": code["declaration_code"]})


def _bind(manager: Phone, school: DemoPlace, pupils: Sequence[Phone]) -> None:
    """Make the school's gate an access point of its book, whose members are told from visitors there."""
    if manager.get(f"/v1/places/{school.place_id}")["org_id"] is not None:
        return
    own = [one["org_id"] for one in manager.get("/v1/organizations")["items"]]
    org_id = own[0] if own else _book(manager, pupils)
    manager.put(f"/v1/places/{school.place_id}/binding", {"org_id": org_id})
    manager.put(f"/v1/organizations/{org_id}/places/{school.place_id}", None)


def _book(manager: Phone, pupils: Sequence[Phone]) -> str:
    """The school's book, and who is in it."""
    org_id = manager.post("/v1/organizations", {"name": SCHOOL, "kind": "school", "subdistrict": SUBDISTRICT})["org_id"]
    code = manager.post(f"/v1/organizations/{org_id}/invitations", {})["code"]
    for pupil in pupils:
        pupil.post(f"/v1/invitations/{code}/join", {"scopes": ["health_code"]})
    return str(org_id)


def _visits(place: DemoPlace, visitors: Sequence[Phone]) -> None:
    """An hour of visits, one each five minutes."""
    now = clock.now()
    for number in range(VISITS):
        at = clock.iso(now - timedelta(minutes=MINUTES * number))
        scan: dict[str, Any] = {"code": place.entrance, "scanned_at": at, "temperature": "normal"}
        visitors[number % len(visitors)].post("/v1/checkins", scan)


def _rotating_visits(manager: Phone, inspector: Phone, hospital: DemoPlace, visitors: Sequence[Phone]) -> None:
    """Visits of this moment: two scan the screen, and an inspector scans two more, one of whom has fever."""
    path = f"/v1/places/{hospital.place_id}"
    shown = manager.get(f"{path}/gates/{hospital.gate_id}/screen")["code"]
    first, second, third, fourth, *_ = visitors
    for visitor in (first, second):
        visitor.post("/v1/checkins", {"code": shown})
    for visitor, temperature in ((third, "normal"), (fourth, "fever")):
        code = visitor.get("/v1/me/health-code")["pass"]
        inspector.post(f"{path}/checkins", {"pass": code, "temperature": temperature})
