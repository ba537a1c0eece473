"""The functions: what they are told, what they get, where they write, and where failures go."""

import pytest

from chalicelib.core.city import load_city
from infra.cdk.names import function_id
from infra.grants import RIGHTS
from tests.infra.templates import Resource, Synthesised, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def functions(city: Synthesised) -> list[Resource]:
    return city.properties("AWS::Serverless::Function")


def test_the_environment_says_which_city_and_nothing_else(city: Synthesised) -> None:  # check 9
    for function in functions(city):
        assert function["Environment"]["Variables"] == {"CITY": city.name}


def test_the_app_does_not_debug() -> None:
    import app

    assert app.app.debug is False


def test_every_function_has_memory_time_and_a_reserved_share(city: Synthesised) -> None:
    reserved = load_city(city.name).capacity.concurrency.model_dump()
    found = {one["FunctionName"]: one for one in functions(city)}

    assert {one["ReservedConcurrentExecutions"] for one in found.values()} == set(reserved.values())
    assert set(reserved) == set(RIGHTS)
    assert found[f"gatebook-{city.name}-api-handler"]["Timeout"] <= 25
    assert all(one["MemorySize"] >= 512 for one in found.values())


def test_every_function_has_a_log_that_is_kept_half_a_year(city: Synthesised) -> None:  # check 4
    groups = {one["LogGroupName"]: one for one in city.properties("AWS::Logs::LogGroup")}

    assert {one["LoggingConfig"]["LogGroup"] for one in functions(city)} < set(groups)
    for group in groups.values():
        assert group["RetentionInDays"] >= max(180, load_city(city.name).retention.event_log)
        assert "KeysStorage" in said(group["KmsKeyId"])


def test_calls_that_nobody_waits_for_are_parked_when_they_fail(city: Synthesised) -> None:  # check 3
    configured = {one["FunctionName"]["Ref"]: one for one in city.properties("AWS::Lambda::EventInvokeConfig")}

    assert set(configured) == {function_id(name) for name in RIGHTS if name != "api_handler"}
    assert all(one["DestinationConfig"]["OnFailure"]["Destination"] for one in configured.values())


def test_what_lambda_checks_a_role_for_is_made_after_the_role_s_rights(city: Synthesised) -> None:
    """Lambda looks whether the role may read the source or write to the destination when it is told of it."""
    policies = city.all("AWS::IAM::Policy")
    of_role = {one["Properties"]["Roles"][0]["Ref"]: name for name, one in policies.items()}
    roles = {name: said(one["Properties"]["Role"]) for name, one in city.all("AWS::Serverless::Function").items()}
    told = {**city.all("AWS::Lambda::EventInvokeConfig"), **city.all("AWS::Lambda::EventSourceMapping")}

    assert len(told) > len(RIGHTS) - 1
    for one in told.values():
        function = one["Properties"]["FunctionName"]["Ref"]
        (role,) = [name for name in of_role if f'"{name}"' in roles[function]]
        assert of_role[role] in one["DependsOn"]
