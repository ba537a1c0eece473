"""Routes of rosters: take one in, see who has not joined, take labels off."""

from chalice.app import Blueprint

from chalicelib.groups.access import Manager, manager
from chalicelib.groups.schemas import rosters as schemas
from chalicelib.groups.service.rosters import Rosters
from chalicelib.groups.views import rosters as views
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


@routes.route("/v1/organizations/{org_id}/roster", methods=["PUT"])
@endpoint(manager, max_body=schemas.MOST_BYTES)
def take_roster(caller: Manager, call: Call, body: schemas.RosterFile, rosters: Rosters) -> schemas.RosterReport:
    """Add and change the labels of a CSV file, and report the lines that were refused."""
    return views.report(rosters.take(caller, body.csv), call.language)


@routes.route("/v1/organizations/{org_id}/roster", methods=["GET"])
@endpoint(manager)
def list_expected(caller: Manager, query: schemas.RosterQuery, rosters: Rosters) -> schemas.RosterPage:
    """List who is expected, by label, and whether they joined."""
    listed = rosters.list_expected(
        caller, query.department_id, joined=query.joined, limit=query.limit, cursor=query.cursor
    )
    return views.page(listed)


@routes.route("/v1/organizations/{org_id}/roster/removal", methods=["POST"])
@endpoint(manager, max_body=64 * 1024)
def remove_expected(caller: Manager, body: schemas.RosterRemoval, rosters: Rosters) -> schemas.RosterRemoved:
    """Take labels off the roster; who bears one stays a member."""
    return views.removed(rosters.remove(caller, body.labels))
