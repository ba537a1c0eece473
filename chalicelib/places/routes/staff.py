"""Routes of who works at a place: the declaration code, binding, the manager's list, unbinding."""

from chalice.app import Blueprint

from chalicelib.http.endpoint import Reply, endpoint
from chalicelib.people.access import Person, person
from chalicelib.places.access import PlaceManager, place_manager
from chalicelib.places.schemas import staff as schemas
from chalicelib.places.schemas.places import Place
from chalicelib.places.service.staff import StaffMembers
from chalicelib.places.views import places as place_views
from chalicelib.places.views import staff as views

routes = Blueprint(__name__)


@routes.route("/v1/places/{place_id}/declaration-code", methods=["GET"])
@endpoint(place_manager)
def show_declaration_code(caller: PlaceManager) -> schemas.DeclarationCode:
    """Show the code with which somebody joins the staff (R2.2)."""
    return views.declaration_code(caller.place)


@routes.route("/v1/places/{place_id}/declaration-code", methods=["POST"])
@endpoint(place_manager, status=201)
def rotate_declaration_code(caller: PlaceManager, staff: StaffMembers) -> schemas.DeclarationCode:
    """Replace the declaration code: from the answer on the old one binds nobody; who is bound stays so (R2.2)."""
    return views.declaration_code(staff.rotate_code(caller))


@routes.route("/v1/me/places", methods=["POST"])
@endpoint(person, status=201, other_statuses=(200,))
def bind_to_place(caller: Person, body: schemas.TypedCode, staff: StaffMembers) -> Reply[Place]:
    """Join the staff of a place as inspector with its declaration code (R2.2). Who is there already is answered 200."""
    bound, is_new = staff.bind(caller, body.declaration_code)
    return Reply(place_views.place(bound), status=201 if is_new else 200)


@routes.route("/v1/me/places/{place_id}", methods=["DELETE"])
@endpoint(person)
def leave_place(caller: Person, place_id: str, staff: StaffMembers) -> None:
    """Leave the staff of a place (R2.2)."""
    staff.leave(caller, place_id)


@routes.route("/v1/places/{place_id}/staff", methods=["GET"])
@endpoint(place_manager)
def list_staff(caller: PlaceManager, staff: StaffMembers) -> schemas.StaffList:
    """List who works at the place (R2.1)."""
    return views.workers(staff.list_staff(caller))


@routes.route("/v1/places/{place_id}/staff/{member_id}", methods=["PATCH"])
@endpoint(place_manager)
def change_staff(
    caller: PlaceManager, member_id: str, body: schemas.StaffChange, staff: StaffMembers
) -> schemas.StaffMember:
    """Make somebody an inspector or a registrar, and say which gates are theirs (R4.4)."""
    return views.worker(staff.change(caller, member_id, body.role, body.gates))


@routes.route("/v1/places/{place_id}/staff/{member_id}", methods=["DELETE"])
@endpoint(place_manager)
def unbind_staff(caller: PlaceManager, member_id: str, staff: StaffMembers) -> None:
    """Take somebody off the staff; their gates go back to the manager (R2.1)."""
    staff.unbind(caller, member_id)
