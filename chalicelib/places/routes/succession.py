"""Routes of handing a place over: offer it, take it over, end the offer."""

from chalice.app import Blueprint

from chalicelib.http.endpoint import endpoint
from chalicelib.places.access import (
    PlaceManager,
    Staff,
    place_manager_stepped_up,
    place_staff,
    place_staff_stepped_up,
)
from chalicelib.places.schemas.manager import NewManagerOffer
from chalicelib.places.schemas.places import Place
from chalicelib.places.service.succession import PlaceSuccession
from chalicelib.places.views import places as views

routes = Blueprint(__name__)


@routes.route("/v1/places/{place_id}/manager", methods=["PUT"])
@endpoint(place_manager_stepped_up)
def offer_place(caller: PlaceManager, body: NewManagerOffer, succession: PlaceSuccession) -> Place:
    """Offer the place to one of its staff, who has 14 days to take it over; an earlier offer ends (B16)."""
    return views.managed(caller, succession.offer(caller, body.successor))


@routes.route("/v1/places/{place_id}/manager/acceptance", methods=["POST"])
@endpoint(place_staff_stepped_up)
def take_place_over(caller: Staff, succession: PlaceSuccession) -> Place:
    """Take the place over that was offered: the caller manages it from the answer on, and nobody else does (B16)."""
    return views.place(Staff(caller.person, succession.accept(caller), None))


@routes.route("/v1/places/{place_id}/manager", methods=["DELETE"])
@endpoint(place_staff)
def end_place_offer(caller: Staff, succession: PlaceSuccession) -> None:
    """End an offer: the manager takes it back, or whom the place is offered to declines (B16)."""
    succession.end_offer(caller)
