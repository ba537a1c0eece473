"""Clients of AWS services: region from the city file, short waits, few retries.

The region never comes from the environment, so that an operator's shell can't point a city at another one's tables.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

CONNECT_SECONDS = 1.0
READ_SECONDS = 3.0
RETRIES = 2
"""At most two retries within three seconds each, then 503 with Retry-After (R-01); botocore's defaults wait for minutes."""

LOCAL_CREDENTIALS = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "test"}
"""What an emulator on loopback is given; a key of twelve digits is its account number."""


def error_code(error: "ClientError") -> str:
    """What AWS calls an error; nothing if its answer was none."""
    return error.response.get("Error", {}).get("Code", "")


def credentials() -> dict[str, str]:
    """Credentials to pass explicitly: the local ones on an emulator, none where the role's own apply."""
    return LOCAL_CREDENTIALS if settings().is_local else {}


@cache
def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1 + RETRIES},
        max_pool_connections=50,
        signature_version="s3v4"
        if service == "s3"
        else None,  # S3 signs links so only where a region knows nothing else
    )
    session = boto3.Session(region_name=settings().city.region, **credentials())  # type: ignore[arg-type]
    return session.client(service, endpoint_url=settings().endpoint_url, config=config)  # type: ignore[call-overload]


def kms() -> "KMSClient":
    """The key management client of this process."""
    client: KMSClient = _client("kms")
    return client


def secrets() -> "SecretsManagerClient":
    """The Secrets Manager client of this process."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def sns() -> "SNSClient":
    """The SNS client of this process."""
    client: SNSClient = _client("sns")
    return client


def sqs() -> "SQSClient":
    """The queue client of this process."""
    client: SQSClient = _client("sqs")
    return client


def s3() -> "S3Client":
    """The client of files of this process."""
    client: S3Client = _client("s3")
    return client


def sts() -> "STSClient":
    """The client of this process that says in which account it is."""
    client: STSClient = _client("sts")
    return client


def forget_clients() -> None:
    """Drop cached clients, after the settings of the process were changed."""
    _client.cache_clear()
