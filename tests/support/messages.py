"""What lies in the queues of the city that this process works for."""

import json
from typing import Any

from chalicelib.core import aws
from chalicelib.core.names import parking_name, resource_name
from chalicelib.core.settings import settings
from infra.local.queued import lambda_record


def take(queue: str) -> list[dict[str, Any]]:
    """Every message of a work queue, as Lambda hands it over, and off the queue."""
    return _taken(resource_name(settings().city_name, queue))


def take_parked(source: str) -> list[dict[str, Any]]:
    """Every message that a queue or a function gave up on, off the queue where it lay."""
    return _taken(parking_name(settings().city_name, source))


def keys(records: list[dict[str, Any]]) -> list[Any]:
    """The rows' keys in messages of a queue of retries."""
    return [json.loads(one["body"])["keys"] for one in records]


def hurry(queue: str) -> None:
    """Let what fails come again at once."""
    url = aws.sqs().get_queue_url(QueueName=resource_name(settings().city_name, queue))["QueueUrl"]
    aws.sqs().set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})


def _taken(name: str) -> list[dict[str, Any]]:
    url = aws.sqs().get_queue_url(QueueName=name)["QueueUrl"]
    taken: list[dict[str, Any]] = []
    while messages := aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken += map(lambda_record, messages)
    return taken
