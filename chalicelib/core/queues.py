"""Work queues (SQS). A message says where something lies and never what: a row's key, a cursor, an id."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from chalicelib.core import aws
from chalicelib.core.names import resource_name
from chalicelib.core.settings import settings

LONGEST_DELAY = 900
"""Seconds for which SQS can keep a message back (SQS quotas)."""


def send(queue: str, message: Mapping[str, Any], *, after: int = 0) -> None:
    """Put a message on a queue of the city, where it is seen `after` so many seconds, 900 at most.

    Raises what boto3 raises if the queue does not take it.
    """
    body, delay = json.dumps(message), max(0, min(after, LONGEST_DELAY))
    aws.sqs().send_message(QueueUrl=_url(queue), MessageBody=body, DelaySeconds=delay)


def forget_queues() -> None:
    """Drop what is known of queues, after the settings of the process were changed."""
    _url.cache_clear()


@cache
def _url(queue: str) -> str:
    return aws.sqs().get_queue_url(QueueName=resource_name(settings().city_name, queue))["QueueUrl"]
