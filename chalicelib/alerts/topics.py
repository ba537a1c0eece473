"""The city's own topic, to which operators' systems subscribe: what is said there says nothing about a person."""

import json
from collections.abc import Mapping
from functools import cache

from chalicelib.core import aws
from chalicelib.core.names import city_topic
from chalicelib.core.settings import settings


def tell_city(message: Mapping[str, str]) -> None:
    """Publish ids and words of the code's own as JSON. Raises what boto3 raises."""
    aws.sns().publish(TopicArn=topic_arn(city_topic(settings().city_name)), Message=json.dumps(message))


def topic_arn(name: str) -> str:
    """The ARN of a topic of this account in the city's region."""
    region = settings().city.region
    partition = "aws-cn" if region.startswith("cn-") else "aws"
    return f"arn:{partition}:sns:{region}:{_account()}:{name}"


def forget_account() -> None:
    """Drop what is known of the account, after the settings of the process were changed."""
    _account.cache_clear()


@cache
def _account() -> str:
    """The account's number, which AWS says once a process."""
    return aws.sts().get_caller_identity()["Account"]
