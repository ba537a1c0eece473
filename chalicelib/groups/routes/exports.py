"""Routes of exports (R1.3): those by which a file leaves the service ask for a fresh proof of the phone (T-23)."""

from chalice.app import Blueprint, Response

from chalicelib.core.schemas import PageQuery
from chalicelib.groups.access import Manager, manager, manager_stepped_up
from chalicelib.groups.routes.repeated import request_key
from chalicelib.groups.schemas import exports as schemas
from chalicelib.groups.service.export_list import ExportList
from chalicelib.groups.service.exports import Exports
from chalicelib.groups.views import exports as views
from chalicelib.http import pages
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


@routes.route("/v1/organizations/{org_id}/export", methods=["GET"])
@endpoint(manager_stepped_up)
def export_csv(caller: Manager, call: Call, query: schemas.CsvQuery, exports: Exports) -> Response:
    """Export up to 5,000 members as a CSV file; for more, begin an export."""
    return pages.saved(exports.as_csv(caller, query.department_id, call.language), "members.csv")


@routes.route("/v1/organizations/{org_id}/exports", methods=["POST"])
@endpoint(manager_stepped_up, status=201)
def begin_export(caller: Manager, call: Call, body: schemas.NewExport, exports: Exports) -> schemas.Export:
    """Begin a file of any number of members; ask for it until it is done."""
    request = request_key(call, caller.person, f"export {caller.org_id}")
    return views.export(exports.begin(caller, body.department_id, body.format, call.language, request))


@routes.route("/v1/organizations/{org_id}/exports", methods=["GET"])
@endpoint(manager)
def list_exports(caller: Manager, query: PageQuery, exports: ExportList) -> schemas.ExportList:
    """List the exports of the last 24 hours, newest first: the caller's own, and for the owner those of everybody."""
    return views.exports(exports.list_exports(caller, query.limit, query.cursor))


@routes.route("/v1/organizations/{org_id}/exports/{export_id}", methods=["GET"])
@endpoint(manager_stepped_up)
def show_export(caller: Manager, export_id: str, exports: Exports) -> schemas.Export:
    """Say how far an export of the caller's is, and where its file is once it is done."""
    return views.export(exports.show(caller, export_id))
