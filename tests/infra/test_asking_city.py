"""What changes in a city that asks a service of the health authority: who reads the shared key, and who opens what for it."""

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from chalicelib.core.city import City, load_city
from chalicelib.core.source_policy import Origin
from infra.cdk.keys import Keys
from infra.cdk.roles import FunctionRole
from infra.grants import RIGHTS
from tests.infra.templates import Resource, listed, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ASKING = Origin(kind="http", name="health-authority", url="https://health.example.cn")

Roles = dict[str, dict[str, Resource]]


def roles_of(city: City) -> Roles:
    """What each function may do in a city of this policy: its statements by name. Synthesised without the functions."""
    stack = cdk.Stack(cdk.App(), "City", env=cdk.Environment(region=city.region))
    keys = Keys(stack, city.name)
    named = {}
    for function, rights in RIGHTS.items():
        own = FunctionRole(stack, city, function, rights, keys).node.default_child
        assert isinstance(own, cdk.CfnElement)
        named[stack.get_logical_id(own)] = function
    found: Roles = {function: {} for function in RIGHTS}
    for resource in Template.from_stack(stack).to_json()["Resources"].values():
        if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
            policy = resource["Properties"]
            for statement in policy["PolicyDocument"]["Statement"]:
                found[named[policy["Roles"][0]["Ref"]]][statement["Sid"]] = statement
    return found


@pytest.fixture(scope="module")
def told() -> Roles:
    """Linyi, to which sources deliver."""
    return roles_of(load_city("linyi"))


@pytest.fixture(scope="module")
def asking() -> Roles:
    """Linyi, if it asked a service."""
    return roles_of(load_city("linyi").model_copy(update={"health_source": ASKING}))


def test_who_asks_the_source_reads_the_key_that_both_share_and_nobody_else(told: Roles, asking: Roles) -> None:
    def reading(roles: Roles) -> set[str]:
        return {
            function
            for function, statements in roles.items()
            if "HealthSourceKey" in said(statements.get("ReadSecrets", {}))
        }

    assert reading(asking) == {"api_handler", "sync", "sync_worker"}
    assert reading(told) == set()


def test_the_night_opens_what_it_asks_by_and_makes_ids_of_what_it_is_told(told: Roles, asking: Roles) -> None:
    opened = asking["sync_worker"]["OpenFields"]["Condition"]["StringEquals"]
    assert opened == {"kms:EncryptionContext:city": "linyi", "kms:EncryptionContext:field": ["document", "phone"]}
    assert listed(asking["sync_worker"]["DeriveKeys"]["Action"]) == ["kms:GenerateMac"]
    assert {"OpenFields", "DeriveKeys"} & told["sync_worker"].keys() == set()


def test_nothing_else_of_any_role_is_another(told: Roles, asking: Roles) -> None:
    changed = {
        (function, name)
        for function in RIGHTS
        for name in told[function].keys() | asking[function].keys()
        if told[function].get(name) != asking[function].get(name)
    }
    assert changed == {
        ("api_handler", "ReadSecrets"),
        ("sync", "ReadSecrets"),
        ("sync_worker", "ReadSecrets"),
        ("sync_worker", "OpenFields"),
        ("sync_worker", "DeriveKeys"),
    }
