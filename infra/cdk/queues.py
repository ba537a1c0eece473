"""The queues of a city: what waits to be worked off, and where what failed for good waits for an operator."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from chalicelib.core.names import parking_name, resource_name
from infra.cdk.keys import KEPT
from infra.cdk.names import API, logical
from infra.grants import RIGHTS
from infra.wiring import SCHEDULER, QueueSource, Wiring

VISIBILITY_TIMES = 6
"""A message is hidden six times as long as its function may take, as AWS advises: retries within Lambda fit in (check 7)."""

FUNCTION_SECONDS = 120
"""The longest time that `.chalice/config.json` gives a function that is not the gateway's."""

PARKED_DAYS = 14
"""How long something waits for an operator; the most that SQS offers."""


class Queues(Construct):
    """Kept like tables, and reached by name as they are: what waits in a queue outlives what serves the city."""

    def __init__(self, scope: Construct, city: str, wiring: Wiring, key: kms.IKey) -> None:
        """Make a parking for each function, queue and the schedules, and the queues themselves."""
        super().__init__(scope, "Queues")
        self._city, self._key = city, key
        functions = [function for function in RIGHTS if function != API]
        self.parked = (*functions, *(source.queue for source in wiring.queues), SCHEDULER)
        parkings = {source: self._parking(source) for source in self.parked}
        for source in wiring.queues:
            self._work(source, parkings[source.queue])

    def _parking(self, source: str) -> sqs.Queue:
        """What lies in it points to rows and holds nobody's data."""
        return self._kept(
            sqs.Queue(
                Construct(self, logical(source, "parking")),
                "Queue",
                queue_name=parking_name(self._city, source),
                encryption=sqs.QueueEncryption.KMS,
                encryption_master_key=self._key,
                enforce_ssl=True,
                retention_period=cdk.Duration.days(PARKED_DAYS),
            )
        )

    def _work(self, source: QueueSource, parking: sqs.Queue) -> None:
        self._kept(
            sqs.Queue(
                self,
                logical(source.queue),
                queue_name=resource_name(self._city, source.queue),
                encryption=sqs.QueueEncryption.KMS,
                encryption_master_key=self._key,
                enforce_ssl=True,
                visibility_timeout=cdk.Duration.seconds(VISIBILITY_TIMES * FUNCTION_SECONDS),
                dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=source.attempts, queue=parking),
            )
        )

    @staticmethod
    def _kept(queue: sqs.Queue) -> sqs.Queue:
        """Keep a queue together with its policy, which refuses plain connections."""
        for part in queue.node.find_all():
            if isinstance(part, cdk.CfnResource):
                part.apply_removal_policy(KEPT)
        return queue
