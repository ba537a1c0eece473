"""Routes of a book itself: open, show, change, delete."""

from chalice.app import Blueprint

from chalicelib.groups.access import Manager, Owner, manager, owner, owner_stepped_up
from chalicelib.groups.routes.repeated import request_key
from chalicelib.groups.schemas import books as schemas
from chalicelib.groups.service.books import Books
from chalicelib.groups.views import books as views
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Person, person

routes = Blueprint(__name__)


@routes.route("/v1/organizations", methods=["POST"])
@endpoint(person, status=201)
def open_book(caller: Person, call: Call, body: schemas.OpenBook, books: Books) -> schemas.Organization:
    """Open a group book that the caller owns (R1.1)."""
    request = request_key(call, caller, "open_book")
    return views.organization(books.open_book(caller, body.name, body.kind, body.subdistrict, request))


@routes.route("/v1/organizations", methods=["GET"])
@endpoint(person)
def list_books(caller: Person, books: Books) -> schemas.OrganizationList:
    """List the books that the caller owns."""
    return views.organizations(books.owned_by(caller))


@routes.route("/v1/organizations/{org_id}", methods=["GET"])
@endpoint(manager)
def show_book(caller: Manager) -> schemas.Organization:
    """Show a book to whoever manages it, or a part of it."""
    return views.managed(caller)


@routes.route("/v1/organizations/{org_id}", methods=["PATCH"])
@endpoint(owner)
def change_book(caller: Owner, body: schemas.BookChange, books: Books) -> schemas.Organization:
    """Give the book another name or sub-district. Receipts that were given keep the old name."""
    return views.organization(books.change(caller, body.name, body.subdistrict))


@routes.route("/v1/organizations/{org_id}", methods=["DELETE"])
@endpoint(owner_stepped_up)
def delete_book(caller: Owner, books: Books) -> None:
    """Delete the book. Nothing of it can be read after the answer (R1.4)."""
    books.delete_book(caller)
