"""Routes of passes: drawn for whoever can't draw their own, verified, and the keys for those who verify without the city."""

from chalice.app import Blueprint

from chalicelib.core.qr import qr_svg
from chalicelib.health.schemas import passes as schemas
from chalicelib.health.service.passes import Passes, public_keys
from chalicelib.http import pages
from chalicelib.http.call import Call
from chalicelib.http.endpoint import Reply, endpoint
from chalicelib.people.access import Person, person

routes = Blueprint(__name__)

KEYS_MAX_AGE = 900
"""Seconds for which anybody may keep the keys: a new one is there a day before it is used."""


@routes.route("/v1/me/health-code/qr", methods=["GET"])
@endpoint(person)
def show_qr(caller: Person, passes: Passes) -> pages.Page:
    """Draw a new pass of the caller as a QR code; it holds for a minute."""
    return pages.picture(qr_svg(passes.issue(caller.row)))


@routes.route("/v1/passes/verify", methods=["POST"])
@endpoint(person)
def verify_pass(caller: Person, call: Call, body: schemas.PassScanned, passes: Passes) -> schemas.PersonSeen:
    """Show who a pass was made for, masked, and the state that they are in now. They find it in their access log."""
    return schemas.PersonSeen.of(passes.verify(caller, body.text), call.language)


@routes.route("/.well-known/jwks.json", methods=["GET"])
@endpoint()
def list_keys() -> Reply[schemas.PublicKeys]:
    """List the public keys of the city's passes (RFC 7517)."""
    return Reply(schemas.PublicKeys.of(public_keys()), 200, KEYS_MAX_AGE)
