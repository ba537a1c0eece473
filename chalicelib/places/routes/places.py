"""Routes of a place itself: open, list, show, change, close."""

from chalice.app import Blueprint

from chalicelib.groups.routes.repeated import request_key
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Person, person
from chalicelib.places.access import (
    PlaceManager,
    Staff,
    place_manager,
    place_manager_stepped_up,
    place_staff,
)
from chalicelib.places.schemas import places as schemas
from chalicelib.places.service.places import Places
from chalicelib.places.views import places as views

routes = Blueprint(__name__)


@routes.route("/v1/places", methods=["POST"])
@endpoint(person, status=201)
def open_place(caller: Person, call: Call, body: schemas.OpenPlace, places: Places) -> schemas.Place:
    """Open a place, or a visitor register, that the caller manages; it begins with one gate (R2.1, R4.1)."""
    request = request_key(call, caller, "open_place")
    row = places.open_place(caller, body.model_dump(), request)
    return views.place(Staff(caller, row, None))


@routes.route("/v1/me/places", methods=["GET"])
@endpoint(person)
def list_places(caller: Person, places: Places) -> schemas.PlaceList:
    """List the places that the caller manages or works at."""
    return views.places(places.known_to(caller))


@routes.route("/v1/places/{place_id}", methods=["GET"])
@endpoint(place_staff)
def show_place(caller: Staff) -> schemas.Place:
    """Show a place to who manages it or works there."""
    return views.place(caller)


@routes.route("/v1/places/{place_id}", methods=["PATCH"])
@endpoint(place_manager)
def change_place(caller: PlaceManager, body: schemas.PlaceChange, places: Places) -> schemas.Place:
    """Change what the place says of itself. Null takes away a capacity or hours, and leaves anything else as it is."""
    return views.managed(caller, places.change(caller, body.model_dump(exclude_unset=True)))


@routes.route("/v1/places/{place_id}", methods=["DELETE"])
@endpoint(place_manager_stepped_up)
def close_place(caller: PlaceManager, places: Places) -> None:
    """Close the place, for good. From the answer on nobody is checked in there, and nothing of it can be read (R4.2)."""
    places.close(caller)
