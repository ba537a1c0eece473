"""Routes of kiosks: the manager sets them up, they print passes."""

from chalice.app import Blueprint

from chalicelib.http.endpoint import endpoint
from chalicelib.places.access import Kiosk, PlaceManager, kiosk, place_manager, place_manager_stepped_up
from chalicelib.places.schemas import kiosks as schemas
from chalicelib.places.service.kiosks import Kiosks
from chalicelib.places.views import kiosks as views

routes = Blueprint(__name__)


@routes.route("/v1/places/{place_id}/kiosks", methods=["POST"])
@endpoint(place_manager_stepped_up, status=201)
def set_up_kiosk(caller: PlaceManager, body: schemas.NewKiosk, kiosks: Kiosks) -> schemas.KioskSetUp:
    """Set up a kiosk that prints passes for people without a phone; its credentials are told once (R2.5)."""
    return views.set_up(kiosks.set_up(caller, body.name))


@routes.route("/v1/places/{place_id}/kiosks", methods=["GET"])
@endpoint(place_manager)
def list_kiosks(caller: PlaceManager, kiosks: Kiosks) -> schemas.KioskList:
    """List the kiosks of the place."""
    return views.kiosks(kiosks.list_kiosks(caller))


@routes.route("/v1/places/{place_id}/kiosks/{kiosk_id}", methods=["DELETE"])
@endpoint(place_manager)
def remove_kiosk(caller: PlaceManager, kiosk_id: str, kiosks: Kiosks) -> None:
    """Take a kiosk's credentials away: its next request is refused."""
    kiosks.remove(caller, kiosk_id)


@routes.route("/v1/kiosk/paper-passes", methods=["POST"])
@endpoint(kiosk, status=201)
def print_at_kiosk(caller: Kiosk, body: schemas.KioskPrintRequest, kiosks: Kiosks) -> schemas.KioskPrint:
    """Print the pass of somebody who stands at the kiosk with their card (R2.5). They read of it in their access log."""
    return views.printed(kiosks.print_pass(caller, body.name, body.document.type, body.document.number))
