"""Delivers the messages of one queue to its function as Lambda does: some at a time, what failed again after a moment."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.core import aws
from chalicelib.core.names import resource_name
from chalicelib.core.settings import settings
from infra.local.delivery import Context, LambdaFunction
from infra.wiring import QueueSource

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

RECEIVE_AT_MOST = 10
"""Messages that one ReceiveMessage may hand out (SQS quotas)."""


@dataclass
class Queued:
    """One queue of this process's city. The queue itself counts tries and parks what fails for good."""

    source: QueueSource
    function: LambdaFunction

    def advance(self) -> bool:
        """Deliver one batch. False if there was nothing that could be done."""
        url = self._url()
        most = min(self.source.batch_size, RECEIVE_AT_MOST)
        messages = aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=most).get("Messages", [])
        failed = self._failed(messages) if messages else set()
        done = [message for message in messages if message["MessageId"] not in failed]
        for message in done:
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bool(done)

    def skip(self) -> None:
        """Take everything off the queue, undone."""
        aws.sqs().purge_queue(QueueUrl=self._url())

    def _url(self) -> str:
        return aws.sqs().get_queue_url(QueueName=resource_name(settings().city_name, self.source.queue))["QueueUrl"]

    def _failed(self, messages: "list[MessageTypeDef]") -> set[str]:
        """The ids of the messages that the function did not do; all of them if it raised or named a foreign one."""
        ids = {message["MessageId"] for message in messages}
        try:
            answer = self.function({"Records": [lambda_record(one) for one in messages]}, Context(self.source.function))
        except Exception as error:  # noqa: BLE001  Lambda takes whatever a function raises for a failed batch
            print(json.dumps({"function": self.source.function, "error": type(error).__name__}))
            return ids
        failed = {failure["itemIdentifier"] for failure in (answer or {}).get("batchItemFailures", [])}
        return failed if failed.issubset(ids) else ids


def lambda_record(message: "MessageTypeDef") -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }
