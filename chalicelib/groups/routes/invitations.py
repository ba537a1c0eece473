"""Routes of registration codes."""

from chalice.app import Blueprint

from chalicelib.core.schemas import PageQuery
from chalicelib.groups.access import Manager, manager
from chalicelib.groups.routes.repeated import request_key
from chalicelib.groups.schemas import invitations as schemas
from chalicelib.groups.service.invitations import Invitations, Terms
from chalicelib.groups.views import invitations as views
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


@routes.route("/v1/organizations/{org_id}/invitations", methods=["POST"])
@endpoint(manager, status=201)
def invite(caller: Manager, call: Call, body: schemas.NewInvitation, invitations: Invitations) -> schemas.Invitation:
    """Make a registration code with its address and QR code."""
    request = request_key(call, caller.person, f"invite {caller.org_id}")
    terms = Terms(body.department_id, body.expires_at, body.max_uses, body.type, body.label_pattern)
    return views.invitation(invitations.invite(caller, terms, request), call.public_url)


@routes.route("/v1/organizations/{org_id}/invitations", methods=["GET"])
@endpoint(manager)
def list_invitations(caller: Manager, call: Call, query: PageQuery, invitations: Invitations) -> schemas.InvitationList:
    """List the registration codes of what the caller manages."""
    return views.invitations(invitations.list_invitations(caller, query.limit, query.cursor), call.public_url)


@routes.route("/v1/organizations/{org_id}/invitations/{invitation_id}", methods=["GET"])
@endpoint(manager)
def show_invitation(caller: Manager, call: Call, invitation_id: str, invitations: Invitations) -> schemas.Invitation:
    """Show a registration code again, with its address and QR code."""
    return views.invitation(invitations.show(caller, invitation_id), call.public_url)


@routes.route("/v1/organizations/{org_id}/invitations/{invitation_id}", methods=["DELETE"])
@endpoint(manager)
def revoke_invitation(caller: Manager, invitation_id: str, invitations: Invitations) -> None:
    """Revoke a registration code: from the answer on it lets nobody in."""
    invitations.revoke(caller, invitation_id)
