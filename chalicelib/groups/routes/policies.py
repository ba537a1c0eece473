"""Routes of policies: after how many days something of a member is overdue (R0.5)."""

from chalice.app import Blueprint

from chalicelib.groups.access import Manager, manager
from chalicelib.groups.schemas import policies as schemas
from chalicelib.groups.service.policies import Policies
from chalicelib.groups.views import policies as views
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


@routes.route("/v1/organizations/{org_id}/policies", methods=["GET"])
@endpoint(manager)
def list_policies(caller: Manager, policies: Policies) -> schemas.PolicyList:
    """List the policies that count in what the caller manages, with those that it inherits."""
    return views.policies(policies.list_policies(caller))


@routes.route("/v1/organizations/{org_id}/policies", methods=["PUT"])
@endpoint(manager)
def set_policy(caller: Manager, body: schemas.NewPolicy, policies: Policies) -> schemas.Policy:
    """Say after how many days something is overdue, for a department and all below it and for one type of member or all."""
    return views.policy(policies.set_policy(caller, body.department_id, body.type, views.days(body)))


@routes.route("/v1/organizations/{org_id}/policies", methods=["DELETE"])
@endpoint(manager)
def remove_policy(caller: Manager, query: schemas.PolicyKey, policies: Policies) -> None:
    """Take a policy away; what is stated above it counts again."""
    policies.remove_policy(caller, query.department_id, query.type)
