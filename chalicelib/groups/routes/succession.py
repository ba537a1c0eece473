"""Routes of handing a book over: offer it, take it over, end the offer."""

from chalice.app import Blueprint

from chalicelib.groups.access import Insider, Owner, insider, insider_stepped_up, owner_stepped_up
from chalicelib.groups.schemas import books as schemas
from chalicelib.groups.schemas.succession import NewOffer
from chalicelib.groups.service.succession import Succession
from chalicelib.groups.views import books as views
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


@routes.route("/v1/organizations/{org_id}/owner", methods=["POST"])
@endpoint(owner_stepped_up)
def offer_book(caller: Owner, body: NewOffer, succession: Succession) -> schemas.Organization:
    """Offer the book to a member, who has 14 days to take it over; an earlier offer ends (B16)."""
    return views.organization(succession.offer(caller, body.successor))


@routes.route("/v1/organizations/{org_id}/owner", methods=["PUT"])
@endpoint(insider_stepped_up)
def take_book_over(caller: Insider, succession: Succession) -> schemas.Organization:
    """Take the book over that was offered: the caller is its owner from the answer on, and nobody else is (B16)."""
    return views.organization(succession.accept(caller))


@routes.route("/v1/organizations/{org_id}/owner", methods=["DELETE"])
@endpoint(insider)
def end_offer(caller: Insider, succession: Succession) -> None:
    """End an offer: the owner takes it back, or the member to whom the book is offered declines (B16)."""
    succession.end_offer(caller)
