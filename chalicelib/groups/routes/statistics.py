"""The route of a book's numbers (B15)."""

from chalice.app import Blueprint

from chalicelib.groups.access import Manager, manager
from chalicelib.groups.schemas import statistics as schemas
from chalicelib.groups.service.statistics import Statistics
from chalicelib.groups.views import statistics as views
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


@routes.route("/v1/organizations/{org_id}/statistics", methods=["GET"])
@endpoint(manager)
def show_statistics(caller: Manager, query: schemas.StatisticsQuery, statistics: Statistics) -> schemas.Statistics:
    """Count the members of what the caller manages, by state, by what is overdue and what is not shared (B15)."""
    return views.statistics(statistics.overview(caller, query.department_id))
