"""What a city's templates say, and what no general checker would find missing in them."""

import json
import re
from typing import Any

import pytest

from chalicelib.core.city import load_city
from chalicelib.core.names import table_name
from chalicelib.core.store import tables
from infra.cdk.gateway_responses import REFUSALS
from infra.cdk.names import function_id
from infra.grants import RIGHTS
from infra.tables import table_properties, ttl_attribute
from infra.wiring import STREAMS
from tests.infra.templates import Resource, Synthesised, listed, names, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # synthesis takes half a minute a city, or more


def of_kms(city: Synthesised, key: str) -> list[tuple[str, Resource]]:
    return [(role, one) for role, one in city.statements() if f"Keys{key}" in said(one["Resource"])]


def actions(statement: Resource) -> set[str]:
    return set(listed(statement["Action"]))


class TestData:
    def test_every_table_has_the_shape_of_its_rows(self, city: Synthesised) -> None:
        import app  # noqa: F401

        found = {one["TableName"]: one for one in city.properties("AWS::DynamoDB::Table")}
        wanted = {table: table_name(city.name, table.Meta.table) for table in tables()}

        assert set(found) == set(wanted.values())
        for table, name in wanted.items():
            assert table_properties(table, name).items() <= found[name].items()
            assert found[name].get("TimeToLiveSpecification", {}).get("AttributeName") == ttl_attribute(table)

    def test_every_table_is_kept_recoverable_and_under_the_city_s_key(self, city: Synthesised) -> None:  # check 5
        for resource in city.all("AWS::DynamoDB::Table").values():
            table = resource["Properties"]
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
            assert table["DeletionProtectionEnabled"] is True
            assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
            assert table["SSESpecification"]["SSEType"] == "KMS"
            assert "KeysStorage" in said(table["SSESpecification"]["KMSMasterKeyId"])
            assert table["BillingMode"] == "PAY_PER_REQUEST"

    def test_the_stack_that_serves_holds_nothing_that_must_last(self, city: Synthesised) -> None:
        kinds = {resource["Type"] for resource in city.serving["Resources"].values()}

        assert not kinds & {
            "AWS::DynamoDB::Table",
            "AWS::KMS::Key",
            "AWS::SecretsManager::Secret",
            "AWS::Logs::LogGroup",
        }
        assert all(one.get("DeletionPolicy") == "Retain" for one in city.kept["Resources"].values())


class TestKeys:
    def test_keys_rotate_but_for_the_root_of_ids(self, city: Synthesised) -> None:
        keys = city.properties("AWS::KMS::Key")
        by_spec = {(key["KeySpec"], key["EnableKeyRotation"]) for key in keys}

        assert len(keys) == 4
        assert by_spec == {("HMAC_256", False), ("SYMMETRIC_DEFAULT", True)}

    def test_secrets_are_generated_and_stand_in_no_template(self, city: Synthesised) -> None:
        for secret in city.properties("AWS::SecretsManager::Secret"):
            assert secret["GenerateSecretString"]["PasswordLength"] == 64
            assert "SecretString" not in secret

    def test_the_logs_principal_carries_region_and_domain(self, linyi: Synthesised, demo: Synthesised) -> None:
        assert "logs.cn-north-1.amazonaws.com.cn" in said(linyi.properties("AWS::KMS::Key"))
        assert '"logs.ap-southeast-1.amazonaws.com"' in said(demo.properties("AWS::KMS::Key"))


class TestRights:
    def test_every_function_has_a_role_of_its_own(self, city: Synthesised) -> None:
        functions = city.all("AWS::Serverless::Function")
        roles = [said(function["Properties"]["Role"]) for function in functions.values()]

        assert set(functions) == {function_id(name) for name in RIGHTS}
        assert len(set(roles)) == len(roles)
        assert "000000000000" not in city.text

    def test_no_right_is_given_by_wildcard(self, city: Synthesised) -> None:
        for _, statement in city.statements():
            assert not [action for action in actions(statement) if "*" in action], statement
            for resource in listed(statement["Resource"]):
                streams = said(resource).endswith(':log-stream:*"]]}')
                sms = statement.get("Sid") in {"SendSms", "NoTopics"}
                assert streams or sms or "*" not in said(resource), statement

    def test_nobody_scans_and_nobody_opens_fields(self, city: Synthesised) -> None:  # check 6
        every = {action for _, statement in city.statements() for action in actions(statement)}

        assert "dynamodb:Scan" not in every
        assert [actions(one) for _, one in of_kms(city, "Field")] == [{"kms:GenerateDataKey"}]
        assert [actions(one) for _, one in of_kms(city, "Hmac")] == [{"kms:GenerateMac"}]
        for _, statement in city.statements():
            if "kms:Decrypt" in actions(statement) and "ScheduleRole" not in _:
                assert "kms:ViaService" in said(statement["Condition"])

    def test_fields_are_sealed_for_this_city_only(self, city: Synthesised) -> None:
        (_, statement), *more = of_kms(city, "Field")

        assert not more
        assert statement["Condition"] == {"StringEquals": {"kms:EncryptionContext:city": city.name}}

    @pytest.mark.parametrize("table", ["access_log", "ledger"])
    def test_the_api_can_neither_change_nor_remove_what_was_logged(self, city: Synthesised, table: str) -> None:
        forbidden = {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete"}
        allowed = {
            action
            for statement in city.of_role("ApiHandler")
            if table_name(city.name, table) in said(statement["Resource"])
            for action in actions(statement)
        }

        assert allowed
        assert not allowed & forbidden

    def test_the_ledger_is_only_added_to(self, city: Synthesised) -> None:
        for _, statement in city.statements():
            if f"table/{city.name}-ledger-v1" in said(statement["Resource"]) and "/stream/" not in said(statement):
                assert actions(statement) == {"dynamodb:PutItem"} or statement["Sid"] == "ProbeForHealth"

    def test_a_table_is_reached_by_name_in_the_city_s_own_region(self, city: Synthesised) -> None:
        region = load_city(city.name).region
        for arn in re.findall(r'":dynamodb:([^:"]*):', city.text):
            assert arn == region


class TestApi:
    def gateway(self, city: Synthesised) -> Resource:
        return city.properties("AWS::Serverless::Api")[0]

    def test_it_is_regional_and_throttled_as_the_city_file_says(self, city: Synthesised) -> None:
        settings, *more = self.gateway(city)["MethodSettings"]
        capacity = load_city(city.name).capacity

        assert not more
        assert self.gateway(city)["EndpointConfiguration"] in ("REGIONAL", {"Type": "REGIONAL"})
        assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (
            capacity.requests_per_second,
            capacity.burst,
        )
        assert (settings["DataTraceEnabled"], settings["LoggingLevel"]) == (False, "OFF")

    def test_the_access_log_knows_routes_but_neither_paths_nor_addresses(self, city: Synthesised) -> None:
        line = self.gateway(city)["AccessLogSetting"]["Format"]

        assert "$context.resourcePath" in line
        assert not re.search(r"\$context\.(path|identity|domainName|authorizer)|\$request|sourceIp", line)
        assert json.loads(line)["route"] == "$context.resourcePath"

    @pytest.mark.parametrize("kind", sorted(REFUSALS))
    def test_the_gateway_speaks_in_problems(self, city: Synthesised, kind: str) -> None:
        response = self.gateway(city)["GatewayResponses"][kind]
        headers = response["ResponseParameters"]["Headers"]
        problem = json.loads(response["ResponseTemplates"]["application/json"])

        assert headers["Content-Type"] == "'application/problem+json'"
        assert str(problem["status"]) == response["StatusCode"]
        assert re.search(r"[\u4e00-\u9fff]", problem["detail"])
        assert re.search(r"[a-z]{3}", problem["detail"])
        assert (problem["status"] in {429, 503}) == ("Retry-After" in headers)

    def test_unknown_paths_are_404_and_throttles_429(self) -> None:
        assert REFUSALS["MISSING_AUTHENTICATION_TOKEN"].status == 404
        assert REFUSALS["THROTTLED"].status == 429

    def test_the_firewall_limits_addresses(self, city: Synthesised) -> None:
        rules = city.properties("AWS::WAFv2::WebACL")[0]["Rules"]

        assert [rule["Statement"]["RateBasedStatement"]["AggregateKeyType"] for rule in rules] == ["IP", "IP"]
        assert not any(rule["VisibilityConfig"]["SampledRequestsEnabled"] for rule in rules)

    def test_there_is_no_function_url_and_nothing_public(self, city: Synthesised) -> None:  # check 8
        assert not city.all("AWS::Lambda::Url")
        for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
            for policy in city.properties(kind):
                for statement in policy["PolicyDocument"]["Statement"]:
                    assert statement["Effect"] == "Deny" or "*" not in said(statement["Principal"])


class TestFunctions:
    def functions(self, city: Synthesised) -> list[Resource]:
        return city.properties("AWS::Serverless::Function")

    def test_the_environment_says_which_city_and_nothing_else(self, city: Synthesised) -> None:  # check 9
        for function in self.functions(city):
            assert function["Environment"]["Variables"] == {"CITY": city.name}

    def test_the_app_does_not_debug(self) -> None:
        import app

        assert app.app.debug is False

    def test_every_function_has_memory_time_and_a_reserved_share(self, city: Synthesised) -> None:
        reserved = load_city(city.name).capacity.concurrency.model_dump()
        found = {one["FunctionName"]: one for one in self.functions(city)}

        assert {one["ReservedConcurrentExecutions"] for one in found.values()} == set(reserved.values())
        assert set(reserved) == set(RIGHTS)
        assert found[f"gatebook-{city.name}-api-handler"]["Timeout"] <= 25
        assert all(one["MemorySize"] >= 512 for one in found.values())

    def test_every_function_has_a_log_that_is_kept_half_a_year(self, city: Synthesised) -> None:  # check 4
        groups = {one["LogGroupName"]: one for one in city.properties("AWS::Logs::LogGroup")}

        assert {one["LoggingConfig"]["LogGroup"] for one in self.functions(city)} < set(groups)
        for group in groups.values():
            assert group["RetentionInDays"] >= max(180, load_city(city.name).retention.event_log)
            assert "KeysStorage" in said(group["KmsKeyId"])

    def test_calls_that_nobody_waits_for_are_parked_when_they_fail(self, city: Synthesised) -> None:  # check 3
        configured = {one["FunctionName"]["Ref"]: one for one in city.properties("AWS::Lambda::EventInvokeConfig")}

        assert set(configured) == {function_id(name) for name in RIGHTS if name != "api_handler"}
        assert all(one["DestinationConfig"]["OnFailure"]["Destination"] for one in configured.values())


class TestEvents:
    def test_streams_are_wired_as_the_wiring_says(self, city: Synthesised) -> None:
        mappings = [
            one for one in city.properties("AWS::Lambda::EventSourceMapping") if "Stream" in said(one["EventSourceArn"])
        ]

        assert len(mappings) == len(STREAMS)
        for mapping in mappings:
            assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            assert mapping["BisectBatchOnFunctionError"] is True
            assert mapping["MaximumRetryAttempts"] == 4
            assert mapping["DestinationConfig"]["OnFailure"]["Destination"]

    def test_a_queue_hides_long_enough_and_parks_what_fails(self, demo: Synthesised) -> None:  # check 7
        longest = max(one["Timeout"] for one in demo.properties("AWS::Serverless::Function"))
        working = [one for one in demo.properties("AWS::SQS::Queue") if "RedrivePolicy" in one]

        assert len(working) == 1
        assert working[0]["VisibilityTimeout"] >= 6 * longest
        assert working[0]["RedrivePolicy"]["maxReceiveCount"] >= 5

    def test_a_schedule_runs_in_the_city_s_time_zone(self, demo: Synthesised) -> None:
        schedule, *more = demo.properties("AWS::Scheduler::Schedule")

        assert not more
        assert schedule["ScheduleExpressionTimezone"] == "Asia/Shanghai"
        assert schedule["Target"]["DeadLetterConfig"]["Arn"]
        assert schedule["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] >= 3600

    def test_every_queue_is_encrypted_and_refuses_plain_connections(self, demo: Synthesised) -> None:
        assert all("KeysStorage" in said(queue["KmsMasterKeyId"]) for queue in demo.properties("AWS::SQS::Queue"))
        assert len(demo.all("AWS::SQS::QueuePolicy")) == len(demo.all("AWS::SQS::Queue"))


class TestAlarms:
    def test_each_says_where_its_remedy_is_written(self, city: Synthesised) -> None:
        from pathlib import Path

        runbook = Path("docs/operations.md").read_text(encoding="utf-8")
        for alarm in city.properties("AWS::CloudWatch::Alarm"):
            anchor = alarm["AlarmDescription"].rpartition("#")[2]
            assert f'<a id="{anchor}"></a>' in runbook
            assert alarm["AlarmActions"]

    def test_every_parking_place_and_stream_is_watched(self, demo: Synthesised) -> None:
        watched = said(
            [alarm["Dimensions"] for alarm in demo.properties("AWS::CloudWatch::Alarm") if "Dimensions" in alarm]
        )
        parked = [
            name for name, queue in demo.all("AWS::SQS::Queue").items() if "RedrivePolicy" not in queue["Properties"]
        ]

        assert len(parked) == 4
        assert all(name in watched for name in parked)


class TestCities:
    def test_two_cities_share_no_name(self, linyi: Synthesised, beijing: Synthesised) -> None:
        for stack in ("City", "Data"):
            assert not names(linyi.template(stack)) & names(beijing.template(stack))
        assert "linyi" not in beijing.text
        assert "beijing" not in linyi.text

    def test_every_name_says_its_city(self, city: Synthesised) -> None:
        for stack in ("City", "Data"):
            allowed = {"api", "RestAPI"}
            assert not {name for name in names(city.template(stack)) - allowed if city.name not in name}

    def test_they_differ_by_what_their_files_say_alone(self, linyi: Synthesised, beijing: Synthesised) -> None:
        def plain(value: Any) -> Any:
            return re.sub(r"\b\d[\d_]*\b", "0", value.text.replace(value.name, "CITY"))

        assert plain(linyi) == plain(beijing)

    def test_partitions_are_never_written_out(self, city: Synthesised) -> None:
        assert not re.search(r"arn:aws(-cn)?:", city.text)

    def test_sms_leave_by_the_way_that_the_region_has(self, linyi: Synthesised, demo: Synthesised) -> None:
        assert "sns:Publish" not in said(linyi.of_role("ApiHandler"))
        assert "sns:Publish" in said(demo.of_role("ApiHandler"))

    def test_what_cities_share_is_the_same_for_each(self, linyi: Synthesised, beijing: Synthesised) -> None:
        assert linyi.template("Account") == beijing.template("Account")

    def test_no_phone_number_document_or_address_of_this_machine_is_in_a_template(self, city: Synthesised) -> None:
        assert not re.search(
            r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dX](?!\d)|@\w+\.\w+|/home/|/root/|/tmp/", city.text
        )
