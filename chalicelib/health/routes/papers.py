"""Routes of printed passes, for people without a phone."""

from chalice.app import Blueprint

from chalicelib.core.qr import qr_svg
from chalicelib.health.schemas import papers as schemas
from chalicelib.health.service.papers import PaperPasses
from chalicelib.http import pages
from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Person, person

routes = Blueprint(__name__)


@routes.route("/v1/me/paper-passes", methods=["POST"])
@endpoint(person, status=201)
def print_paper_pass(caller: Person, body: schemas.PaperPassRequest, papers: PaperPasses) -> schemas.PaperPassPrinted:
    """Print a pass of the caller, or of a dependant, that holds for months. The one printed before is void from then on (R2.5)."""
    return schemas.PaperPassPrinted.of(papers.print_new(caller, body.dependant_id))


@routes.route("/v1/me/paper-passes", methods=["GET"])
@endpoint(person)
def list_paper_passes(caller: Person, papers: PaperPasses) -> schemas.PaperPassList:
    """List the printed passes that hold: the caller's own and those of their dependants."""
    return schemas.PaperPassList(items=[schemas.PaperPass.of(one) for one in papers.own(caller)])


@routes.route("/v1/me/paper-passes/{paper_id}", methods=["DELETE"])
@endpoint(person)
def revoke_paper_pass(caller: Person, paper_id: str, papers: PaperPasses) -> None:
    """Take a printed pass back, such as one that was lost."""
    papers.revoke(caller, paper_id)


@routes.route("/v1/me/paper-passes/{paper_id}/qr", methods=["GET"])
@endpoint(person)
def draw_paper_pass(caller: Person, paper_id: str, papers: PaperPasses) -> pages.Page:
    """Draw a printed pass again as a QR code."""
    return pages.picture(qr_svg(papers.find(caller, paper_id).text))
