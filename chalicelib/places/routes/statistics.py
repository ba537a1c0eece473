"""Routes of the numbers of places and of the city, and of early warnings."""

from chalice.app import Blueprint

from chalicelib.core.schemas import PageQuery
from chalicelib.http.endpoint import Reply, endpoint
from chalicelib.people.access import Person, officer
from chalicelib.places.access import Staff, place_staff
from chalicelib.places.schemas import statistics as schemas
from chalicelib.places.service.statistics import PlaceStatistics
from chalicelib.places.service.warnings import EarlyWarnings
from chalicelib.places.views import statistics as views

routes = Blueprint(__name__)

CITY_SECONDS = 600
"""How long anybody may keep the city's numbers: they are many to sum up, and nobody steers by their last minutes."""


@routes.route("/v1/places/{place_id}/statistics", methods=["GET"])
@endpoint(place_staff)
def show_place_statistics(caller: Staff, query: schemas.DayQuery, statistics: PlaceStatistics) -> schemas.VisitNumbers:
    """Count a day's check-ins: all of them for the manager, the caller's own work for an inspector (R2.6)."""
    return views.of_place(statistics.of_place(caller, query.day))


@routes.route("/v1/city/statistics", methods=["GET"])
@endpoint()
def show_city_statistics(query: schemas.DayQuery, statistics: PlaceStatistics) -> Reply[schemas.CityNumbers]:
    """Count a day's check-ins of the whole city, without groups of fewer than five people (B15)."""
    return Reply(views.of_city(statistics.of_city(query.day)), 200, max_age=CITY_SECONDS)


@routes.route("/v1/city/warnings", methods=["GET"])
@endpoint(officer)
def list_warnings(caller: Person, query: PageQuery, warnings: EarlyWarnings) -> schemas.EarlyWarningPage:  # noqa: ARG001
    """List early warnings for officers: check-ins with fever or an alarming state that came together (R2.7)."""
    return views.warnings(warnings.latest(query.limit, query.cursor))
