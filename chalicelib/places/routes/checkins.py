"""Routes of check-ins: I scan a place, the staff scan me, my visits, and their ends."""

from chalice.app import Blueprint

from chalicelib.http.call import Call
from chalicelib.http.endpoint import Reply, endpoint
from chalicelib.people.access import Person, person
from chalicelib.places.schemas import checkins as schemas
from chalicelib.places.service.checkins import Checkins
from chalicelib.places.service.visits import Visits
from chalicelib.places.views import checkins as views
from chalicelib.places.visiting.access import (
    Inspection,
    OwnVisit,
    StaffedVisit,
    Visitor,
    inspector,
    own_visit,
    staffed_visit,
    visitor,
)

routes = Blueprint(__name__)


@routes.route("/v1/checkins", methods=["POST"])
@endpoint(visitor, status=201, other_statuses=(200,))
def check_in(
    caller: Visitor, call: Call, body: schemas.CheckinRequest, checkins: Checkins
) -> Reply[schemas.OwnCheckinAnswer]:
    """Check in at a place by the code of a poster or a screen; the same scan again answers 200 with the record that is there."""
    kept = checkins.by_code(caller, body.temperature)
    brought = checkins.along_with(caller, body.temperature)
    return Reply(views.answer(kept, brought, call.language), 200 if kept.repeated else 201)


@routes.route("/v1/places/{place_id}/checkins", methods=["POST"])
@endpoint(inspector, status=201, other_statuses=(200,))
def check_visitor_in(
    caller: Inspection, call: Call, body: schemas.InspectionRequest, checkins: Checkins
) -> Reply[schemas.InspectionAnswer]:
    """Check in whom the staff have before them, by pass or by name and document, with the temperature that they measured."""
    kept = checkins.by_staff(caller, body.temperature)
    return Reply(views.inspection(kept, call.language), 200 if kept.repeated else 201)


@routes.route("/v1/me/checkins", methods=["GET"])
@endpoint(person)
def list_own_checkins(
    caller: Person, call: Call, query: schemas.OwnCheckinsQuery, visits: Visits
) -> schemas.OwnCheckins:
    """List the caller's visits, each with what was shown to whom, as long as the city keeps them."""
    return views.own_visits(visits.own(caller, query.limit, query.cursor), call.language)


@routes.route("/v1/checkins/{checkin_id}/checkout", methods=["POST"])
@endpoint(own_visit)
def check_out(caller: OwnVisit, visits: Visits) -> None:
    """End a visit of the caller. One that is over stays as it is."""
    visits.check_out(caller.place, caller.row)


@routes.route("/v1/places/{place_id}/checkins/{checkin_id}/checkout", methods=["POST"])
@endpoint(staffed_visit)
def check_visitor_out(caller: StaffedVisit, visits: Visits) -> None:
    """End a visit at a place. One that is over stays as it is."""
    visits.check_out(caller.staff.place, caller.row)
