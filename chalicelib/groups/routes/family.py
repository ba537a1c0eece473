"""Routes of guardians for the memberships of those for whom they act. They join by the same route as everybody."""

from chalice.app import Blueprint

from chalicelib.groups.schemas import memberships as schemas
from chalicelib.groups.service.family import FamilyMemberships
from chalicelib.groups.service.memberships import Memberships
from chalicelib.groups.views import memberships as views
from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Guardian, guardian

routes = Blueprint(__name__)


@routes.route("/v1/me/dependants/{dependant_id}/memberships", methods=["GET"])
@endpoint(guardian)
def list_dependants_memberships(
    caller: Guardian, family: FamilyMemberships, memberships: Memberships
) -> schemas.MembershipList:
    """List a dependant's memberships."""
    return views.memberships(memberships.own(family.dependant(caller)))


@routes.route("/v1/me/dependants/{dependant_id}/memberships/{org_id}", methods=["DELETE"])
@endpoint(guardian)
def leave_for_dependant(caller: Guardian, org_id: str, family: FamilyMemberships, memberships: Memberships) -> None:
    """Leave for a dependant, and take back everything that was shared of them (R1.4)."""
    memberships.leave(family.member(caller, org_id))


@routes.route("/v1/me/dependants/{dependant_id}/memberships/{org_id}/consent", methods=["PUT"])
@endpoint(guardian)
def change_dependants_consent(
    caller: Guardian,
    org_id: str,
    body: schemas.ConsentRequest,
    family: FamilyMemberships,
    memberships: Memberships,
) -> schemas.Membership:
    """Share exactly these scopes of a dependant from now on (B5)."""
    member = family.member(caller, org_id)
    return views.membership(member.organization, memberships.change_scopes(member, body.scopes))
