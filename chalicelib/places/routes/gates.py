"""Routes of gates, their posters and their screens."""

from chalice.app import Blueprint

from chalicelib.http import pages
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint
from chalicelib.places import page
from chalicelib.places.access import PlaceManager, Staff, place_manager, place_staff
from chalicelib.places.schemas import gates as schemas
from chalicelib.places.service.gates import Gates
from chalicelib.places.views import gates as views

routes = Blueprint(__name__)


@routes.route("/v1/places/{place_id}/gates", methods=["POST"])
@endpoint(place_manager, status=201)
def open_gate(caller: PlaceManager, body: schemas.NewGate, gates: Gates) -> schemas.Gate:
    """Open a gate with a code of its own, the manager's or a registrar's (R4.4)."""
    return views.gate(gates.open_gate(caller, body.name, body.presence, body.registrar_id))


@routes.route("/v1/places/{place_id}/gates", methods=["GET"])
@endpoint(place_staff)
def list_gates(caller: Staff, gates: Gates) -> schemas.GateList:
    """List the gates of a place."""
    return views.gates(gates.list_gates(caller))


@routes.route("/v1/places/{place_id}/gates/{gate_id}", methods=["PATCH"])
@endpoint(place_staff)
def change_gate(caller: Staff, gate_id: str, body: schemas.GateChange, gates: Gates) -> schemas.Gate:
    """Give a gate another name, or another kind of code; its manager or registrar does."""
    return views.gate(gates.change(caller, gate_id, body.name, body.presence))


@routes.route("/v1/places/{place_id}/gates/{gate_id}", methods=["DELETE"])
@endpoint(place_manager)
def remove_gate(caller: PlaceManager, gate_id: str, gates: Gates) -> None:
    """Remove a gate: its codes are void from the answer on."""
    gates.remove(caller, gate_id)


@routes.route("/v1/places/{place_id}/gates/{gate_id}/poster", methods=["GET"])
@endpoint(place_staff)
def show_poster(caller: Staff, call: Call, gate_id: str, gates: Gates) -> schemas.Poster:
    """Show what hangs at a gate, to its manager or registrar (R2.6)."""
    return views.poster(gates.poster(caller, gate_id), call.public_url)


@routes.route("/v1/places/{place_id}/gates/{gate_id}/poster", methods=["POST"])
@endpoint(place_staff, status=201)
def replace_poster(caller: Staff, call: Call, gate_id: str, gates: Gates) -> schemas.Poster:
    """Void a gate's poster and make the next one (B7)."""
    return views.poster(gates.replace_poster(caller, gate_id), call.public_url)


@routes.route("/v1/places/{place_id}/gates/{gate_id}/poster", methods=["DELETE"])
@endpoint(place_staff)
def void_poster(caller: Staff, gate_id: str, gates: Gates) -> None:
    """Void a gate's poster without making another (B7)."""
    gates.void_poster(caller, gate_id)


@routes.route("/v1/places/{place_id}/gates/{gate_id}/screen", methods=["GET"])
@endpoint(place_staff)
def show_screen(caller: Staff, call: Call, gate_id: str, gates: Gates) -> schemas.GateScreen:
    """Show what a gate's screen shows in this half minute, to anybody on the staff."""
    return views.screen(gates.screen(caller, gate_id), call.public_url)


@routes.route("/screen", methods=["GET"])
@endpoint()
def open_screen(call: Call) -> pages.Page:
    """The page of a gate's screen: whoever is on the staff logs in there, and it shows each code in its turn."""
    return page.screen(call.language)
