"""Routes by which a place's staff sees who came."""

from chalice.app import Blueprint, Response

from chalicelib.http import pages
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint
from chalicelib.places.access import PlaceManager, Staff, place_manager_stepped_up, place_staff
from chalicelib.places.schemas import live as schemas
from chalicelib.places.service.live import LiveList, Wanted
from chalicelib.places.service.visit_export import VisitExport
from chalicelib.places.views import live as views

routes = Blueprint(__name__)


@routes.route("/v1/places/{place_id}/checkins", methods=["GET"])
@endpoint(place_staff)
def list_checkins(caller: Staff, call: Call, query: schemas.LiveQuery, live: LiveList) -> schemas.LiveList:
    """List today's check-ins, newest first, at most five seconds old; a registrar sees their own gates."""
    wanted = Wanted(query.gate, query.alarm, query.relation)
    return views.live_list(live.today(caller, wanted, query.limit, query.cursor), call.language)


@routes.route("/v1/places/{place_id}/export", methods=["GET"])
@endpoint(place_manager_stepped_up)
def export_checkins(caller: PlaceManager, call: Call, query: schemas.CheckinCsvQuery, export: VisitExport) -> Response:
    """Export up to 5,000 check-ins of a day, or of some hours of it, as a CSV file."""
    hours = query.from_hour, query.to_hour
    return pages.saved(export.as_csv(caller, query.day, hours, call.language), "checkins.csv")
