"""Routes of group books: for owners, for members, and for whoever holds a code."""

from chalice.app import Blueprint, Response

from chalicelib.core.requests import RequestKey
from chalicelib.groups import page, schemas, views
from chalicelib.groups.access import Guest, Member, Owner, guest, member, owner, owner_stepped_up
from chalicelib.groups.errors import InvitationNotFound
from chalicelib.groups.service.books import Books
from chalicelib.groups.service.invitations import Invitations
from chalicelib.groups.service.members import Members
from chalicelib.groups.service.memberships import Memberships
from chalicelib.http.call import Call
from chalicelib.http.endpoint import Reply, endpoint
from chalicelib.people.access import Person, person

routes = Blueprint(__name__)


@routes.route("/v1/organizations", methods=["POST"])
@endpoint(person, status=201)
def open_book(caller: Person, call: Call, body: schemas.OpenBook, books: Books) -> schemas.Organization:
    """Open a group book that the caller owns (R1.1)."""
    request = _request(call, caller, "open_book")
    return views.organization(books.open_book(caller, body.name, body.kind, body.subdistrict, request))


@routes.route("/v1/organizations", methods=["GET"])
@endpoint(person)
def list_books(caller: Person, books: Books) -> schemas.OrganizationList:
    """List the books that the caller owns."""
    return views.organizations(books.owned_by(caller))


@routes.route("/v1/organizations/{org_id}", methods=["GET"])
@endpoint(owner)
def show_book(caller: Owner) -> schemas.Organization:
    """Show a book to its owner."""
    return views.organization(caller.organization)


@routes.route("/v1/organizations/{org_id}", methods=["DELETE"])
@endpoint(owner_stepped_up)
def delete_book(caller: Owner, books: Books) -> None:
    """Delete the book. Nothing of it can be read after the answer (R1.4)."""
    books.delete_book(caller)


@routes.route("/v1/organizations/{org_id}/invitations", methods=["POST"])
@endpoint(owner, status=201)
def invite(caller: Owner, call: Call, body: schemas.NewInvitation, invitations: Invitations) -> schemas.Invitation:
    """Make a registration code with its address and QR code."""
    request = _request(call, caller.person, f"invite {caller.organization.org_id}")
    code = invitations.invite(caller, body.department_id, body.expires_at, body.max_uses, request)
    return views.invitation(code, call.public_url)


@routes.route("/v1/organizations/{org_id}/members", methods=["GET"])
@endpoint(owner)
def list_members(caller: Owner, query: schemas.MembersQuery, members: Members) -> schemas.MemberList:
    """List the members with what each of them shares (R1.3)."""
    page_of_members = members.list_members(
        caller, query.department_id, attention=query.attention, limit=query.limit, cursor=query.cursor
    )
    return views.member_list(page_of_members)


@routes.route("/v1/organizations/{org_id}/members/{member_id}", methods=["DELETE"])
@endpoint(owner)
def remove_member(caller: Owner, member_id: str, members: Members) -> None:
    """Remove somebody who does not belong (R1.3)."""
    members.remove(caller, member_id)


@routes.route("/v1/invitations/{code}", methods=["GET"])
@endpoint()
def preview_invitation(code: str, call: Call, invitations: Invitations) -> schemas.InvitationPreview:
    """Show what a code opens and what joining means."""
    return views.preview(invitations.preview(code), call.language)


@routes.route("/c/{code}", methods=["GET"])
@endpoint()
def open_code(code: str, call: Call, query: schemas.SharedAddress, invitations: Invitations) -> Response:  # noqa: ARG001
    """The page behind a printed code: names the organization and lets one log in, join and leave on a phone."""
    try:
        return page.invitation(invitations.behind(code), call.language)
    except InvitationNotFound as error:
        return page.refused(error, call.language)


@routes.route("/v1/invitations/{code}/join", methods=["POST"])
@endpoint(guest, status=201, other_statuses=(200,))
def join(caller: Guest, body: schemas.JoinRequest, memberships: Memberships) -> Reply[schemas.Membership]:
    """Join with the chosen scopes; joining again answers 200 with what is there (R0.3, R1.2)."""
    joined = memberships.join(caller, body.scopes)
    return Reply(views.membership(caller.organization.name, joined.membership), 201 if joined.is_new else 200)


@routes.route("/v1/me/memberships", methods=["GET"])
@endpoint(person)
def list_memberships(caller: Person, memberships: Memberships) -> schemas.MembershipList:
    """List the caller's memberships."""
    return views.memberships(memberships.own(caller))


@routes.route("/v1/me/memberships/{org_id}", methods=["DELETE"])
@endpoint(member)
def leave(caller: Member, memberships: Memberships) -> None:
    """Leave and take back everything that was shared (R1.4)."""
    memberships.leave(caller)


@routes.route("/v1/me/memberships/{org_id}/consent", methods=["PUT"])
@endpoint(member)
def change_consent(caller: Member, body: schemas.ConsentRequest, memberships: Memberships) -> schemas.Membership:
    """Share exactly these scopes from now on (B5)."""
    return views.membership(caller.organization.name, memberships.change_scopes(caller, body.scopes))


def _request(call: Call, caller: Person, operation: str) -> RequestKey | None:
    if call.idempotency_key is None:
        return None
    in_this_life = f"{operation}.{caller.enrolment}"
    return RequestKey(caller.person_id, in_this_life, call.idempotency_key, call.body)
