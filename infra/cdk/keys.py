"""The city's keys and secrets. Losing one loses what it opened, so all of them outlive their stack."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from chalicelib.core.city_secrets import SECRET_CHARACTERS, SECRETS
from chalicelib.core.names import field_key_alias, files_key_alias, hmac_key_alias, secret_name, storage_key_alias
from infra.cdk.names import logical, service_host

KEPT = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
"""How what a city keeps outlives its stack. Only a creation that fails takes it back, so that the next one can make it."""

WAIT_DAYS = 30
"""Days between asking KMS to destroy a key and its destruction; the most that KMS allows."""


class Keys(Construct):
    """Four keys and four secrets.

    `hmac` is the root of all keyed ids and never changes (design §7: re-keying a city is a migration). `field` wraps the
    data keys of names, numbers and phones; `storage` is what AWS encrypts tables, queues, logs and secrets with at rest;
    `files` is for portraits and exports.
    """

    def __init__(self, scope: Construct, city: str) -> None:
        """Make them for a city."""
        super().__init__(scope, "Keys")
        self.hmac = self._key("Hmac", hmac_key_alias(city), "Root of the city's keyed ids", generates_macs=True)
        self.field = self._key("Field", field_key_alias(city), "Wraps the data keys of encrypted fields")
        self.files = self._key("Files", files_key_alias(city), "Files of the city")
        self.storage = self._key("Storage", storage_key_alias(city), "Tables, queues, logs and secrets at rest")
        _let_services_use(self.storage, city)
        self.secrets: Mapping[str, secretsmanager.CfnSecret] = {name: self._secret(city, name) for name in SECRETS}
        self._export()

    def _export(self) -> None:
        """Export all of them, used or not.

        By itself the CDK exports what another stack uses. What that ceases to use would then be missing in this stack, which
        is deployed first, while it is in use: CloudFormation refuses that.
        """
        stack = cdk.Stack.of(self)
        for key in (self.hmac, self.field, self.files, self.storage):
            stack.export_value(key.key_arn)
        for secret in self.secrets.values():
            stack.export_value(secret.ref)

    def _key(self, name: str, alias: str, description: str, *, generates_macs: bool = False) -> kms.Key:
        key = kms.Key(
            self,
            name,
            description=description,
            key_spec=kms.KeySpec.HMAC_256 if generates_macs else kms.KeySpec.SYMMETRIC_DEFAULT,
            key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC if generates_macs else kms.KeyUsage.ENCRYPT_DECRYPT,
            enable_key_rotation=not generates_macs,  # KMS rotates no HMAC key, and ids must stay what they are
            pending_window=cdk.Duration.days(WAIT_DAYS),
            removal_policy=KEPT,
        )
        # kept too, so that a city can't come back with another key under the same name and find nobody by it
        kms.Alias(self, f"{name}Alias", alias_name=alias, target_key=key, removal_policy=KEPT)
        return key

    def _secret(self, city: str, name: str) -> secretsmanager.CfnSecret:
        secret = secretsmanager.CfnSecret(
            self,
            logical(name),
            name=secret_name(city, name),
            description=f"Gatebook {city}: {name}",
            kms_key_id=self.storage.key_arn,
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=SECRET_CHARACTERS, exclude_punctuation=True, include_space=False
            ),
        )
        secret.apply_removal_policy(KEPT)
        return secret


def _let_services_use(key: kms.Key, city: str) -> None:
    """Let CloudWatch write the city's log groups and its alarms, and nobody else's, under the key."""
    stack = cdk.Stack.of(key)
    groups = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"/gatebook/{city}/*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="LogGroupsOfTheCity",
            # CloudWatch Logs is the one service whose principal carries region and domain
            principals=[iam.ServicePrincipal(service_host("logs", stack.region))],
            actions=["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"],
            resources=["*"],  # in a key's policy: the key itself
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsOfTheAccount",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )
