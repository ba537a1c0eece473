"""Routes of members as managers see them."""

from chalice.app import Blueprint

from chalicelib.groups.access import Manager, manager
from chalicelib.groups.schemas import members as schemas
from chalicelib.groups.service.members import Members
from chalicelib.groups.views import members as views
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


@routes.route("/v1/organizations/{org_id}/members", methods=["GET"])
@endpoint(manager)
def list_members(caller: Manager, query: schemas.MembersQuery, members: Members) -> schemas.MemberList:
    """List the members with what each of them shares (R1.3)."""
    page_of_members = members.list_members(
        caller, query.department_id, attention=query.attention, limit=query.limit, cursor=query.cursor
    )
    return views.member_list(page_of_members)


@routes.route("/v1/organizations/{org_id}/members/{member_id}", methods=["DELETE"])
@endpoint(manager)
def remove_member(caller: Manager, member_id: str, members: Members) -> None:
    """Remove somebody who does not belong (R1.3)."""
    members.remove(caller, member_id)
