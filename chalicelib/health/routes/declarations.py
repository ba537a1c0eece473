"""Routes of one's own health declarations."""

from chalice.app import Blueprint

from chalicelib.core.schemas import PageQuery
from chalicelib.health.errors import DeclarationIncomplete
from chalicelib.health.schemas import declarations as schemas
from chalicelib.health.service.declarations import Declarations
from chalicelib.health.views.declarations import declaration_page, declaration_view
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Person, person

routes = Blueprint(__name__)


@routes.route("/v1/me/declarations", methods=["POST"])
@endpoint(person, status=201)
def declare(
    caller: Person, call: Call, body: schemas.DeclarationRequest, declarations: Declarations
) -> schemas.HealthDeclaration:
    """Declare one's health. The latest declaration is shown to inspectors who scan the caller; no status changes (R2.3)."""
    answers = {one.question: one.answer for one in body.answers}
    if len(answers) < len(body.answers):
        raise DeclarationIncomplete
    return declaration_view(declarations.declare(caller, answers), call.language)


@routes.route("/v1/me/declarations", methods=["GET"])
@endpoint(person)
def list_declarations(
    caller: Person, call: Call, query: PageQuery, declarations: Declarations
) -> schemas.DeclarationPage:
    """List what the caller declared, newest first."""
    return declaration_page(declarations.own(caller, query.limit, query.cursor), call.language)
