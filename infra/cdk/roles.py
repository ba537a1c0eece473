"""One role for each function, with exactly the rights that `infra.grants` lists for it."""

from collections.abc import Iterator, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from chalicelib.core.city import City
from chalicelib.core.names import (
    CITY_TAG,
    city_topic,
    files_bucket,
    organization_topic,
    parking_name,
    resource_name,
    table_name,
)
from infra.cdk.keys import Keys
from infra.cdk.names import log_group, logical, resource, via_services
from infra.grants import GET_FILE, LIST_FILES, PUT_FILE, UNSUBSCRIBE, Rights

Statements = Iterator[iam.PolicyStatement]

STORAGE_ACTIONS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""What DynamoDB, SQS and Secrets Manager do with the storage key in the name of whoever calls them."""


class FunctionRole(iam.Role):
    """The role of one function. Its statements are added here and nowhere else, but for what wires it to its events."""

    def __init__(self, scope: Construct, city: City, function: str, rights: Rights, keys: Keys) -> None:
        """Make it for a function of a city."""
        super().__init__(
            scope,
            logical(function, "role"),
            role_name=resource(city.name, function),
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"{function} of {city.name}",
        )
        arns = Arns(cdk.Stack.of(scope), city.name)
        for statement in (
            *_storage(arns, rights),
            *_keys(city, rights, keys),
            *_secrets(city, rights, keys),
            *_queues(arns, rights),
            *_files(city, arns, rights, keys),
            *_sms(city, rights),
            *_topics(city, arns, rights),
        ):
            self.add_to_policy(statement)
        self.add_to_policy(
            allow("WriteOwnLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [arns.log_streams(function)])
        )


class Arns:
    """ARNs made from names, in the stack's own partition, region and account."""

    def __init__(self, stack: cdk.Stack, city: str) -> None:
        """Take the stack and the city's name."""
        self._stack, self._city = stack, city

    def table(self, table: str) -> str:
        """A table."""
        name = table_name(self._city, table)
        return str(self._stack.format_arn(service="dynamodb", resource="table", resource_name=name))

    def index(self, table: str, index: str) -> str:
        """An index of a table."""
        return f"{self.table(table)}/index/{index}"

    @property
    def bucket(self) -> str:
        """The bucket of the city's files; S3's ARNs name neither account nor region."""
        name = files_bucket(self._city, cdk.Aws.ACCOUNT_ID, self._stack.region)
        return str(self._stack.format_arn(service="s3", account="", region="", resource=name))

    def queue(self, queue: str) -> str:
        """A work queue."""
        return str(self._stack.format_arn(service="sqs", resource=resource_name(self._city, queue)))

    def topic(self, name: str) -> str:
        """A topic of the city."""
        return str(self._stack.format_arn(service="sns", resource=name))

    def parking(self, source: str) -> str:
        """Where lies what a function, a queue or the schedules gave up on."""
        return str(self._stack.format_arn(service="sqs", resource=parking_name(self._city, source)))

    def log_group(self, source: str) -> str:
        """A log group, without the `:*` that stands for its streams."""
        form = cdk.ArnFormat.COLON_RESOURCE_NAME
        name = log_group(self._city, source)
        return str(self._stack.format_arn(service="logs", resource="log-group", resource_name=name, arn_format=form))

    def log_streams(self, source: str) -> str:
        """The streams of a log group, whose names Lambda makes up."""
        return f"{self.log_group(source)}:log-stream:*"


def allow(sid: str, actions: Sequence[str], resources: Sequence[str], **conditions: object) -> iam.PolicyStatement:
    """A statement that allows; conditions by their operator."""
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources), conditions=conditions or None)


def _storage(arns: Arns, rights: Rights) -> Statements:
    for table, actions in rights.tables.items():
        indexes = [arns.index(table, index) for index in rights.indexes.get(table, ())]
        names = [f"dynamodb:{action}" for action in sorted(actions)]
        yield allow(logical("use", table), names, [arns.table(table)])
        if indexes:
            yield allow(logical("ask", table, "indexes"), ["dynamodb:Query"], indexes)
    for number, part in enumerate(rights.parts):
        names = [f"dynamodb:{action}" for action in sorted(part.actions)]
        yield allow(logical("use", "part", str(number)), names, [arns.table(part.table)], **_of_kinds(*part.kinds))
    if rights.probes:
        tables = [arns.table(table) for table in rights.probes]
        yield allow("ProbeForHealth", ["dynamodb:BatchGetItem"], tables, **_of_kinds("probe"))


def _of_kinds(*kinds: str) -> dict[str, object]:
    """The condition that every row of a request has one of these partition keys, and that it names one."""
    return {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": list(kinds)},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }


def _keys(city: City, rights: Rights, keys: Keys) -> Statements:
    through = ("dynamodb", "secretsmanager", *(["sns"] if rights.topics else []), "sqs")
    services = [name for service in through for name in via_services(service, city.region)]
    yield allow(
        "StorageThroughServices",
        STORAGE_ACTIONS,
        [keys.storage.key_arn],
        StringEquals={"kms:ViaService": services},
    )
    is_remote = city.health_source.kind == "http"
    if rights.derives_keys or (is_remote and rights.opens_for_source):
        yield allow("DeriveKeys", ["kms:GenerateMac"], [keys.hmac.key_arn])
    if rights.seals_fields:
        yield allow(
            "SealFields",
            ["kms:GenerateDataKey"],
            [keys.field.key_arn],
            StringEquals={"kms:EncryptionContext:city": city.name},
        )
    if opened := sorted({*rights.opens_fields, *(rights.opens_for_source if is_remote else ())}):
        yield allow(
            "OpenFields",
            ["kms:Decrypt"],
            [keys.field.key_arn],
            StringEquals={
                "kms:EncryptionContext:city": city.name,
                "kms:EncryptionContext:field": opened,
            },
        )


def _secrets(city: City, rights: Rights, keys: Keys) -> Statements:
    through_gateway = rights.sends_sms and city.sms.sender == "http"
    asks_source = rights.asks_source and city.health_source.kind == "http"
    names = [*rights.secrets, *(["sms-gateway-key"] if through_gateway else [])]
    names += ["health-source-key"] if asks_source else []
    if names:
        yield allow("ReadSecrets", ["secretsmanager:GetSecretValue"], [keys.secrets[name].ref for name in names])
    if rights.renews:
        actions = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
        yield allow("RenewSecrets", actions, [keys.secrets[name].ref for name in rights.renews])
    if rights.goes_over:
        arns = [keys.secrets[name].ref for name in rights.goes_over]
        yield allow("GoOverToSecrets", ["secretsmanager:UpdateSecretVersionStage"], arns)


def _queues(arns: Arns, rights: Rights) -> Statements:
    if rights.queues:
        yield allow("Send", ["sqs:GetQueueUrl", "sqs:SendMessage"], [arns.queue(queue) for queue in rights.queues])


def _files(city: City, arns: Arns, rights: Rights, keys: Keys) -> Statements:
    """Of the bucket the files that are in it, and of the key of files no more than S3 needs for reading and writing them."""
    needed = {GET_FILE: "kms:Decrypt", PUT_FILE: "kms:GenerateDataKey"}
    if of_files := sorted(rights.files - {LIST_FILES}):
        yield allow("UseFiles", [f"s3:{action}" for action in of_files], [f"{arns.bucket}/*"])
    if of_key := [action for right, action in needed.items() if right in rights.files]:
        through = via_services("s3", city.region)
        yield allow("FilesThroughS3", of_key, [keys.files.key_arn], StringEquals={"kms:ViaService": through})
    if LIST_FILES in rights.files:
        yield allow("ListFiles", ["s3:ListBucket"], [arns.bucket])


def _sms(city: City, rights: Rights) -> Statements:
    """A text message to a phone has no ARN, so the right is to publish anywhere but to topics other than those it may have.

    Whoever publishes to topics as well may so to those with the city's tag; which of these, `_topics` says.
    """
    if rights.sends_sms and city.sms.sender == "sns":
        yield allow("SendSms", ["sns:Publish"], ["*"])
        yield iam.PolicyStatement(
            sid="NoTopics",
            effect=iam.Effect.DENY,
            actions=["sns:Publish"],
            resources=[f"arn:{cdk.Aws.PARTITION}:sns:*:*:*"],
            conditions={"StringNotEquals": {f"aws:ResourceTag/{CITY_TAG}": city.name}} if rights.topics else None,
        )


def _topics(city: City, arns: Arns, rights: Rights) -> Statements:
    """Whoever makes a topic tags it. A subscription has no ARN to IAM, so the right to end one is for all of the account."""
    names = {"city": city_topic(city.name), "organizations": organization_topic(city.name, "*")}
    for kind, actions in rights.topics.items():
        of_topics = {*actions, *(["TagResource"] if "CreateTopic" in actions else [])} - {UNSUBSCRIBE}
        yield allow(
            logical("use", kind, "topics"), [f"sns:{one}" for one in sorted(of_topics)], [arns.topic(names[kind])]
        )
        if UNSUBSCRIBE in actions:
            yield allow("EndSubscriptions", [f"sns:{UNSUBSCRIBE}"], ["*"])
