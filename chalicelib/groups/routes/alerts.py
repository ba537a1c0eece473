"""Routes of an organization's alerts."""

from chalice.app import Blueprint

from chalicelib.core.schemas import PageQuery
from chalicelib.groups.access import Manager, manager
from chalicelib.groups.schemas import alerts as schemas
from chalicelib.groups.service.alerts import OrganizationAlerts
from chalicelib.groups.views import alerts as views
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


@routes.route("/v1/organizations/{org_id}/alerts", methods=["GET"])
@endpoint(manager)
def list_alerts(caller: Manager, query: PageQuery, alerts: OrganizationAlerts) -> schemas.AlertList:
    """List the alerts about members, newest first: whom they are about, who was told, who saw to it."""
    return views.alert_list(caller, alerts.list_alerts(caller, query.limit, query.cursor))


@routes.route("/v1/organizations/{org_id}/alerts/{alert_id}/acknowledge", methods=["POST"])
@endpoint(manager)
def acknowledge_alert(caller: Manager, alert_id: str, alerts: OrganizationAlerts) -> None:
    """Say that one saw to an alert; who does so first stays."""
    alerts.acknowledge(caller, alert_id)
