"""Routes of officers who suspend a place for a violation."""

from chalice.app import Blueprint

from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Person, officer
from chalicelib.places.schemas.places import PlaceSuspension
from chalicelib.places.schemas.suspensions import NewSuspension
from chalicelib.places.service.suspensions import Suspensions
from chalicelib.places.views import places as views

routes = Blueprint(__name__)


@routes.route("/v1/places/{place_id}/suspension", methods=["PUT"])
@endpoint(officer)
def suspend_place(caller: Person, place_id: str, body: NewSuspension, suspensions: Suspensions) -> PlaceSuspension:
    """Suspend a place for a violation, until a moment or until another officer lifts it; the first decision stands (R4.3)."""
    return views.violation(suspensions.suspend(caller, place_id, body.reason, body.until))


@routes.route("/v1/places/{place_id}/suspension", methods=["DELETE"])
@endpoint(officer)
def lift_suspension(caller: Person, place_id: str, suspensions: Suspensions) -> None:
    """Lift a suspension; the officer who decided it can't (R4.3)."""
    suspensions.lift(caller, place_id)
