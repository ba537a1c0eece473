"""Routes of who acts for whom."""

from chalice.app import Blueprint

from chalicelib.http.call import Call
from chalicelib.http.endpoint import Reply, endpoint
from chalicelib.people import schemas
from chalicelib.people.access import Guardian, Person, guardian, person
from chalicelib.people.service.codes import Asking
from chalicelib.people.service.dependants import Claimed, Dependants
from chalicelib.people.views import dependant_view, guardian_list

routes = Blueprint(__name__)


@routes.route("/v1/me/dependants/codes", methods=["POST"])
@endpoint(person, status=202)
def send_dependant_code(
    caller: Person, call: Call, body: schemas.DependantCodeRequest, dependants: Dependants
) -> schemas.CodeSent:
    """Send a code to the phone that the health source holds for a dependant, where it names no guardian."""
    claimed = Claimed(body.name, body.document_type, body.document_number, body.phone)
    asking = Asking(call.address, call.language, known_device=False)
    return schemas.CodeSent(retry_after=dependants.send_code(caller, claimed, asking))


@routes.route("/v1/me/dependants", methods=["POST"])
@endpoint(person, status=201, other_statuses=(200,))
def bind_dependant(caller: Person, body: schemas.DependantRequest, dependants: Dependants) -> Reply[schemas.Dependant]:
    """Bind a dependant; who is bound already answers 200. They and their other guardians read of it (R0.4, R2.5)."""
    claimed = Claimed(body.name, body.document_type, body.document_number, body.phone)
    bound = dependants.bind(caller, claimed, body.relation, body.code)
    return Reply(dependant_view(bound), 201 if bound.is_new else 200)


@routes.route("/v1/me/dependants", methods=["GET"])
@endpoint(person)
def list_dependants(caller: Person, dependants: Dependants) -> schemas.DependantList:
    """List those for whom the caller acts, or whom they still see."""
    return schemas.DependantList(items=[dependant_view(one) for one in dependants.own(caller)])


@routes.route("/v1/me/dependants/{dependant_id}", methods=["DELETE"])
@endpoint(guardian)
def unbind_dependant(caller: Guardian, dependants: Dependants) -> None:
    """Act for a dependant no more."""
    dependants.unbind(caller)


@routes.route("/v1/me/guardians", methods=["GET"])
@endpoint(person)
def list_guardians(caller: Person, dependants: Dependants) -> schemas.GuardianList:
    """List who acts for the caller, or still sees them."""
    return guardian_list(dependants.guardians(caller))


@routes.route("/v1/me/guardians/{guardian_id}", methods=["DELETE"])
@endpoint(person)
def dismiss_guardian(caller: Person, guardian_id: str, dependants: Dependants) -> None:
    """Let somebody act for the caller no more."""
    dependants.dismiss(caller, guardian_id)
