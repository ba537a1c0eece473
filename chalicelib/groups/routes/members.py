"""Routes of members as managers see them."""

from chalice.app import Blueprint

from chalicelib.groups.access import Manager, manager
from chalicelib.groups.schemas import members as schemas
from chalicelib.groups.service.members import Members
from chalicelib.groups.service.placements import Placement, Placements
from chalicelib.groups.service.search import Search
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


@routes.route("/v1/organizations/{org_id}/members/search", methods=["POST"])
@endpoint(manager)
def search_members(caller: Manager, body: schemas.MembersSought, search: Search) -> schemas.MemberList:
    """Find members by exact name, document, phone or label, or by surname. What is typed is compared and not kept."""
    return views.member_list(search.find(caller, views.sought(body), body.limit, body.cursor))


@routes.route("/v1/organizations/{org_id}/members/removal", methods=["POST"])
@endpoint(manager)
def remove_members(caller: Manager, body: schemas.RemovalRequest, members: Members) -> schemas.RemovalReport:
    """Remove several who do not belong, and report what became of each (R1.3)."""
    return views.removals(members.remove_all(caller, body.member_ids))


@routes.route("/v1/organizations/{org_id}/members/{member_id}", methods=["GET"])
@endpoint(manager)
def show_member(caller: Manager, member_id: str, members: Members) -> schemas.MemberItem:
    """Show one member with what they share (R0.2)."""
    return views.member(members.details(caller, member_id))


@routes.route("/v1/organizations/{org_id}/members/{member_id}", methods=["PATCH"])
@endpoint(manager)
def change_member(
    caller: Manager, member_id: str, body: schemas.MemberChange, placements: Placements
) -> schemas.MemberItem:
    """Move a member to another department, or give them another type or label."""
    return views.member(placements.place(caller, member_id, Placement(body.model_dump(exclude_unset=True))))


@routes.route("/v1/organizations/{org_id}/members/{member_id}", methods=["DELETE"])
@endpoint(manager)
def remove_member(caller: Manager, member_id: str, members: Members) -> None:
    """Remove somebody who does not belong (R1.3)."""
    members.remove(caller, member_id)
