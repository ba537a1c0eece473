"""Routes for people: what a code opens, joining, sharing, leaving."""

from chalice.app import Blueprint

from chalicelib.groups.access import Guest, Member, guest, member, member_who_leaves
from chalicelib.groups.schemas import memberships as schemas
from chalicelib.groups.service.family import FamilyMemberships
from chalicelib.groups.service.invitations import Invitations
from chalicelib.groups.service.memberships import Memberships
from chalicelib.groups.views import memberships as views
from chalicelib.http.call import Call
from chalicelib.http.endpoint import Reply, endpoint
from chalicelib.people.access import Person, person

routes = Blueprint(__name__)


@routes.route("/v1/invitations/{code}", methods=["GET"])
@endpoint()
def preview_invitation(code: str, call: Call, invitations: Invitations) -> schemas.InvitationPreview:
    """Show what a code opens and what joining means."""
    return views.preview(invitations.preview(code), call.language)


@routes.route("/v1/invitations/{code}/join", methods=["POST"])
@endpoint(guest, status=201, other_statuses=(200,))
def join(
    caller: Guest, body: schemas.JoinRequest, memberships: Memberships, family: FamilyMemberships
) -> Reply[schemas.Membership]:
    """Join, or have a dependant join, with the chosen scopes; joining again answers 200 with what is there (R0.3, R1.2, R0.4)."""
    guest = caller if body.dependant_id is None else family.guest(caller, body.dependant_id)
    joined = memberships.join(guest, body.scopes, body.label)
    return Reply(views.membership(caller.organization, joined.membership), 201 if joined.is_new else 200)


@routes.route("/v1/me/memberships", methods=["GET"])
@endpoint(person)
def list_memberships(caller: Person, memberships: Memberships) -> schemas.MembershipList:
    """List the caller's memberships."""
    return views.memberships(memberships.own(caller))


@routes.route("/v1/me/memberships/{org_id}", methods=["DELETE"])
@endpoint(member_who_leaves)
def leave(caller: Member, memberships: Memberships) -> None:
    """Leave and take back everything that was shared (R1.4)."""
    memberships.leave(caller)


@routes.route("/v1/me/memberships/{org_id}/consent", methods=["PUT"])
@endpoint(member)
def change_consent(caller: Member, body: schemas.ConsentRequest, memberships: Memberships) -> schemas.Membership:
    """Share exactly these scopes from now on (B5)."""
    return views.membership(caller.organization, memberships.change_scopes(caller, body.scopes))
