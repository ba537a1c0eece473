"""Routes of the family view."""

from chalice.app import Blueprint

from chalicelib.core.qr import qr_svg
from chalicelib.health.schemas import health_codes as schemas
from chalicelib.health.service.family import Family
from chalicelib.health.views.health_codes import code_view
from chalicelib.http import pages
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Guardian, guardian

routes = Blueprint(__name__)


@routes.route("/v1/me/dependants/{dependant_id}/health-code", methods=["GET"])
@endpoint(guardian)
def show_dependants_code(caller: Guardian, call: Call, family: Family) -> schemas.HealthCode:
    """Show a dependant's health code. They find it in their access log; there is no pass for who acts for themselves (R0.4)."""
    return code_view(family.show(caller), call.language)


@routes.route("/v1/me/dependants/{dependant_id}/health-code/qr", methods=["GET"])
@endpoint(guardian)
def show_dependants_qr(caller: Guardian, family: Family) -> pages.Page:
    """Draw a new pass of a dependant as a QR code; it holds for a minute (R2.5)."""
    return pages.picture(qr_svg(family.sign(caller)))
