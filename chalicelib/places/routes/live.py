"""Routes by which a place's staff sees who came."""

from chalice.app import Blueprint

from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint
from chalicelib.places.access import Staff, place_staff
from chalicelib.places.schemas import live as schemas
from chalicelib.places.service.live import LiveList, Wanted
from chalicelib.places.views import live as views

routes = Blueprint(__name__)


@routes.route("/v1/places/{place_id}/checkins", methods=["GET"])
@endpoint(place_staff)
def list_checkins(caller: Staff, call: Call, query: schemas.LiveQuery, live: LiveList) -> schemas.LiveList:
    """List today's check-ins, newest first, at most five seconds old; a registrar sees their own gates."""
    wanted = Wanted(query.gate, query.alarm, query.relation)
    return views.live_list(live.today(caller, wanted, query.limit, query.cursor), call.language)
