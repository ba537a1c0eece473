"""Routes of places that are an organization's access points."""

from chalice.app import Blueprint

from chalicelib.core.schemas import PageQuery
from chalicelib.groups.access import Manager, manager
from chalicelib.http.endpoint import endpoint
from chalicelib.places.access import PlaceManager, place_manager
from chalicelib.places.schemas import bindings as schemas
from chalicelib.places.schemas.places import Place
from chalicelib.places.service.bindings import Bindings
from chalicelib.places.views import bindings as views
from chalicelib.places.views import places as place_views

routes = Blueprint(__name__)


@routes.route("/v1/places/{place_id}/binding", methods=["PUT"])
@endpoint(place_manager)
def ask_binding(caller: PlaceManager, body: schemas.AskedBinding, bindings: Bindings) -> Place:
    """Ask an organization to make the place its access point (R0.1)."""
    return place_views.managed(caller, bindings.ask(caller, body.org_id))


@routes.route("/v1/places/{place_id}/binding", methods=["DELETE"])
@endpoint(place_manager)
def end_binding(caller: PlaceManager, bindings: Bindings) -> None:
    """Unbind the place from its organization, or ask no more (R0.1)."""
    bindings.end(caller)


@routes.route("/v1/organizations/{org_id}/places", methods=["GET"])
@endpoint(manager)
def list_access_points(caller: Manager, query: PageQuery, bindings: Bindings) -> schemas.AccessPointList:
    """List the organization's access points, and the places that ask to be (R0.1)."""
    return views.access_points(bindings.points_of(caller, query.limit, query.cursor))


@routes.route("/v1/organizations/{org_id}/places/{place_id}", methods=["PUT"])
@endpoint(manager)
def accept_access_point(caller: Manager, place_id: str, bindings: Bindings) -> schemas.AccessPoint:
    """Accept a place that asks: from the answer on its scans tell members from visitors (R0.6)."""
    return views.access_point(bindings.accept(caller, place_id))


@routes.route("/v1/organizations/{org_id}/places/{place_id}", methods=["DELETE"])
@endpoint(manager)
def remove_access_point(caller: Manager, place_id: str, bindings: Bindings) -> None:
    """Unbind a place from the organization, or refuse it (R0.1)."""
    bindings.remove(caller, place_id)
