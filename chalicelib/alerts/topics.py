"""Topics: the city's own, to which operators' systems subscribe, and one of each organization that sends e-mail.

What is said on the city's says nothing about a person. An organization's is made with its first subscriber and removed with
its last; each subscription has a filter, so that a message reaches whom it is for and nobody else.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.core import aws
from chalicelib.core.names import CITY_TAG, city_topic, organization_topic, storage_key_alias
from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef, TagTypeDef

TO = "to"
"""The attribute of a message that says for whom it is, by which subscriptions filter."""


def tell_city(message: Mapping[str, str]) -> None:
    """Publish ids and words of the code's own as JSON. Raises what boto3 raises."""
    aws.sns().publish(TopicArn=topic_arn(city_topic(settings().city_name)), Message=json.dumps(message))


def make_topic(org_id: str) -> str:
    """Make an organization's topic, or find it, and return its ARN. What lies in it is under the city's storage key."""
    city = settings().city_name
    tags: list[TagTypeDef] = [{"Key": CITY_TAG, "Value": city}]
    attributes = {"KmsMasterKeyId": storage_key_alias(city)}
    made = aws.sns().create_topic(Name=organization_topic(city, org_id), Attributes=attributes, Tags=tags)
    return made["TopicArn"]


def subscribe(topic: str, to: str, address: str) -> str | None:
    """Subscribe an address, which SNS asks to confirm, and return the subscription's ARN. It gets what is for `to`.

    None if SNS does not take it: an address subscribes to a topic once, with one filter.
    """
    attributes = {"FilterPolicy": json.dumps({TO: [to]})}
    try:
        made = aws.sns().subscribe(
            TopicArn=topic, Protocol="email", Endpoint=address, Attributes=attributes, ReturnSubscriptionArn=True
        )
    except aws.sns().exceptions.InvalidParameterException:
        return None
    return made["SubscriptionArn"]


def confirmed(topic: str) -> set[str]:
    """The ARNs of the subscriptions of a topic that were confirmed; SNS names no others."""
    pages = aws.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    return {one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]}


def unsubscribe(subscription: str) -> None:
    """End a subscription. One that was never confirmed can't be ended: SNS forgets it by itself after two days."""
    with suppress(aws.sns().exceptions.InvalidParameterException, aws.sns().exceptions.NotFoundException):
        aws.sns().unsubscribe(SubscriptionArn=subscription)


def remove_topic(topic: str) -> None:
    """Remove a topic with all its subscriptions; none left is no error."""
    aws.sns().delete_topic(TopicArn=topic)


def send_email(topic: str, to: str, subject: str, text: str) -> None:
    """Send an e-mail to the subscriber of a topic whom it is for. Raises what boto3 raises."""
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        TO: {"DataType": "String.Array", "StringValue": json.dumps([to])}
    }
    aws.sns().publish(TopicArn=topic, Subject=subject, Message=text, MessageAttributes=attributes)


def topic_arn(name: str) -> str:
    """The ARN of a topic of this account in the city's region."""
    partition, account = _caller()
    return f"arn:{partition}:sns:{settings().city.region}:{account}:{name}"


def forget_account() -> None:
    """Drop what is known of the account, after the settings of the process were changed."""
    _caller.cache_clear()


@cache
def _caller() -> tuple[str, str]:
    """The partition (China has its own) and the number of the account, which AWS says once a process."""
    said = aws.sts().get_caller_identity()
    return said["Arn"].split(":")[1], said["Account"]
