"""Routes of departments and administrators (R0.1, R0.2)."""

from chalice.app import Blueprint

from chalicelib.groups.access import Manager, Owner, manager, owner
from chalicelib.groups.routes.repeated import request_key
from chalicelib.groups.schemas import departments as schemas
from chalicelib.groups.service.admins import Admins
from chalicelib.groups.service.departments import Departments
from chalicelib.groups.views import departments as views
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


@routes.route("/v1/organizations/{org_id}/departments", methods=["POST"])
@endpoint(manager, status=201)
def create_department(
    caller: Manager, call: Call, body: schemas.NewDepartment, departments: Departments
) -> schemas.Department:
    """Make a department below what the caller manages (R0.1)."""
    request = request_key(call, caller.person, f"department {caller.org_id}")
    return views.department(departments.create(caller, body.name, body.parent_id, request))


@routes.route("/v1/organizations/{org_id}/departments", methods=["GET"])
@endpoint(manager)
def list_departments(caller: Manager, departments: Departments) -> schemas.DepartmentList:
    """List the departments that the caller manages."""
    return views.departments(departments.list_departments(caller))


@routes.route("/v1/organizations/{org_id}/departments/{department_id}", methods=["PATCH"])
@endpoint(manager)
def rename_department(
    caller: Manager, department_id: str, body: schemas.DepartmentName, departments: Departments
) -> schemas.Department:
    """Give a department below the caller's own another name."""
    return views.department(departments.rename(caller, department_id, body.name))


@routes.route("/v1/organizations/{org_id}/departments/{department_id}", methods=["DELETE"])
@endpoint(manager)
def remove_department(caller: Manager, department_id: str, departments: Departments) -> None:
    """Remove an empty department below the caller's own; its registration codes end."""
    departments.remove(caller, department_id)


@routes.route("/v1/organizations/{org_id}/admins", methods=["POST"])
@endpoint(owner, status=201)
def name_admin(caller: Owner, body: schemas.NewAdmin, admins: Admins) -> schemas.Admin:
    """Make a member administrator of a department and all below it, or of the whole organization (R0.2)."""
    return views.admin(admins.name_admin(caller, body.member_id, body.department_id))


@routes.route("/v1/organizations/{org_id}/admins", methods=["GET"])
@endpoint(manager)
def list_admins(caller: Manager, admins: Admins) -> schemas.AdminList:
    """List the administrators of what the caller manages."""
    return views.admins(admins.list_admins(caller))


@routes.route("/v1/organizations/{org_id}/admins/{member_id}", methods=["DELETE"])
@endpoint(manager)
def remove_admin(caller: Manager, member_id: str, admins: Admins) -> None:
    """End an administrator's role: the owner any, an administrator their own."""
    admins.remove_admin(caller, member_id)
