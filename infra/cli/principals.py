"""Who the operator is: AWS says it, and on one machine the option `--as`."""

import re
from typing import Any

from chalicelib.core.settings import settings
from infra.cli.options import UnusableTarget

LOCAL_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
"""What may stand for a principal on one machine; of the form of a role session's name (STS AssumeRole), and no ARN."""

ROOT = ":root"
"""The end of the ARN of an account's root user."""


def principal(acts_as: str | None) -> str:
    """The operator's principal, as AWS spells it; on one machine the name given with `--as`. Raises UnusableTarget.

    Raises botocore's errors (STORAGE_ERRORS) if AWS does not say who calls.
    """
    if settings().is_local:
        if acts_as is None or LOCAL_NAME.fullmatch(acts_as) is None:
            raise UnusableTarget(
                "Who are you? On one machine --as NAME says so, 1 to 64 of the characters A-Za-z0-9._@-."
            )
        return acts_as
    if acts_as is not None:
        raise UnusableTarget("--as is for a city on this machine. In AWS your credentials say who you are.")
    arn = _caller()
    if arn.endswith(ROOT):
        raise UnusableTarget("The root user is no person. Use credentials of your own.")
    return arn


def _caller() -> str:
    """The ARN of whoever calls; of a role, with the session's name. Asked of AWS, whatever other address is configured."""
    import boto3
    from botocore.config import Config

    session = boto3.Session(region_name=settings().city.region)
    only_aws: Any = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg]  # its stubs don't know it
    client: Any = session.client("sts", config=only_aws)
    return str(client.get_caller_identity()["Arn"])
