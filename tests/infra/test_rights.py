"""What each role may do, and what nobody may."""

import re

import pytest

from chalicelib.core.city import load_city
from chalicelib.core.names import table_name
from infra.cdk.names import function_id
from infra.grants import RIGHTS
from tests.infra.templates import Resource, Synthesised, listed, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def of_kms(city: Synthesised, key: str) -> list[tuple[str, Resource]]:
    return [(role, one) for role, one in city.statements() if f"Keys{key}" in said(one["Resource"])]


def actions(statement: Resource) -> set[str]:
    return set(listed(statement["Action"]))


def test_every_function_has_a_role_of_its_own(city: Synthesised) -> None:
    functions = city.all("AWS::Serverless::Function")
    roles = [said(function["Properties"]["Role"]) for function in functions.values()]

    assert set(functions) == {function_id(name) for name in RIGHTS}
    assert len(set(roles)) == len(roles)
    assert "000000000000" not in city.text


def test_no_right_is_given_by_wildcard(city: Synthesised) -> None:
    for _, statement in city.statements():
        assert not [action for action in actions(statement) if "*" in action], statement
        for resource in listed(statement["Resource"]):
            streams = said(resource).endswith(':log-stream:*"]]}')
            files = statement.get("Sid") == "UseFiles" and said(resource).endswith(
                f'-{load_city(city.name).region}/*"]]}}'
            )
            sms = statement.get("Sid") in {"SendSms", "NoTopics", "EndSubscriptions"}
            topics = f":{city.name}-org-*" in said(resource)
            assert streams or files or sms or topics or "*" not in said(resource), statement


def test_nobody_scans_and_only_who_writes_to_people_opens_fields(city: Synthesised) -> None:  # check 6
    every = {action for _, statement in city.statements() for action in actions(statement)}

    assert "dynamodb:Scan" not in every
    opening = {role for role, one in of_kms(city, "Field") if actions(one) != {"kms:GenerateDataKey"}}
    assert len(opening) == 2
    assert all("AlertsSender" in role or "RemindersWorker" in role for role in opening)
    deriving = [actions(one) for _, one in of_kms(city, "Hmac")]
    assert deriving == [{"kms:GenerateMac"}] * 3  # the api; the sweep's seals; the sender's member ids
    for _, statement in city.statements():
        if "kms:Decrypt" in actions(statement) and "ScheduleRole" not in _ and statement.get("Sid") != "OpenFields":
            assert "kms:ViaService" in said(statement["Condition"])


def test_services_use_the_storage_key_by_every_name_that_they_may_bear(linyi: Synthesised, demo: Synthesised) -> None:
    def through(city: Synthesised) -> set[str]:
        (found,) = [one for one in city.of_role("LedgerStream") if one.get("Sid") == "StorageThroughServices"]
        return set(found["Condition"]["StringEquals"]["kms:ViaService"])

    services = ("dynamodb", "secretsmanager", "sqs")
    assert through(demo) == {f"{name}.ap-southeast-1.amazonaws.com" for name in services}
    assert through(linyi) == {f"{name}.cn-north-1.amazonaws.com{end}" for name in services for end in ("", ".cn")}


def test_fields_are_sealed_for_this_city_only_and_opened_for_messages_alone(city: Synthesised) -> None:
    of_city = {"kms:EncryptionContext:city": city.name}
    found = [(one["Sid"], actions(one), one["Condition"]["StringEquals"]) for _, one in of_kms(city, "Field")]
    field = "kms:EncryptionContext:field"

    assert sorted(found, key=str) == [
        ("OpenFields", {"kms:Decrypt"}, {**of_city, field: ["email", "phone"]}),
        ("OpenFields", {"kms:Decrypt"}, {**of_city, field: ["phone"]}),
        ("SealFields", {"kms:GenerateDataKey"}, of_city),
    ]


def test_nothing_is_published_but_to_phones_and_the_city_s_own_topics(linyi: Synthesised, demo: Synthesised) -> None:
    for city in (linyi, demo):
        for role, statement in city.statements():
            if "sns:Publish" not in actions(statement) or statement["Effect"] == "Deny":
                continue
            own = f":{city.name}-org-*" in said(statement["Resource"])
            assert own or "abnormal-status" in said(statement["Resource"]) or statement["Sid"] == "SendSms", role
    denied = {role: one.get("Condition") for role, one in demo.statements() if one.get("Sid") == "NoTopics"}
    assert len(denied) == 3
    for role, condition in denied.items():
        tagged = {"StringNotEquals": {"aws:ResourceTag/gatebook:city": "demo"}}
        assert condition == (tagged if "AlertsSender" in role else None)


def test_the_city_s_topic_is_kept_and_encrypted(city: Synthesised) -> None:
    (topic,) = [
        one for one in city.all("AWS::SNS::Topic").values() if "abnormal-status" in said(one["Properties"]["TopicName"])
    ]
    assert topic["DeletionPolicy"] == "RetainExceptOnCreate"
    assert "KmsMasterKeyId" in topic["Properties"]


@pytest.mark.parametrize("table", ["access_log", "ledger"])
def test_the_api_can_neither_change_nor_remove_what_was_logged(city: Synthesised, table: str) -> None:
    forbidden = {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete"}
    allowed = {
        action
        for statement in city.of_role("ApiHandler")
        if table_name(city.name, table) in said(statement["Resource"])
        for action in actions(statement)
    }

    assert allowed
    assert not allowed & forbidden


def test_the_ledger_is_only_added_to(city: Synthesised) -> None:
    for _, statement in city.statements():
        if f"table/{city.name}-ledger-v1" in said(statement["Resource"]) and "/stream/" not in said(statement):
            assert actions(statement) <= {"dynamodb:PutItem", "dynamodb:BatchGetItem", "dynamodb:Query"}


def test_a_table_is_reached_by_name_in_the_city_s_own_region(city: Synthesised) -> None:
    region = load_city(city.name).region
    for arn in re.findall(r'":dynamodb:([^:"]*):', city.text):
        assert arn == region


def test_files_are_the_city_s_own_and_opened_by_way_of_s3_alone(city: Synthesised) -> None:
    touching = {role for role, one in city.statements() if "s3:" in said(one["Action"])}
    assert [
        word for word in ("ApiHandler", "LedgerStream", "Worker") if not any(word in role for role in touching)
    ] == []
    assert len(touching) == 3
    for _, statement in city.statements():
        if "s3:" in said(statement["Action"]):
            assert f"gatebook-{city.name}-files-" in said(statement["Resource"])
    for role, statement in of_kms(city, "Files"):
        assert set(listed(statement["Condition"]["StringEquals"]["kms:ViaService"])) == {
            f"s3.{name}" for name in _hosts(city)
        }
        assert ("kms:GenerateDataKey" in actions(statement)) == ("Worker" in role)


def _hosts(city: Synthesised) -> set[str]:
    region = load_city(city.name).region
    return {f"{region}.amazonaws.com"} | ({f"{region}.amazonaws.com.cn"} if region.startswith("cn-") else set())
