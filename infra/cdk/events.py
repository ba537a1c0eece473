"""What calls the functions beside the gateway, made from `infra.wiring`: streams, queues, schedules."""

import json
from collections.abc import Iterable
from typing import Protocol

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from chalicelib.core.city import City
from chalicelib.core.names import resource_name
from infra.cdk.data import Data
from infra.cdk.functions import Functions, Parking
from infra.cdk.keys import Keys
from infra.cdk.names import logical, resource
from infra.cdk.roles import allow
from infra.wiring import QueueSource, Schedule, StreamSource, Wiring

VISIBILITY_TIMES = 6
"""A message is hidden six times as long as its function may take, as AWS advises: retries within Lambda fit in (check 7)."""

FUNCTION_SECONDS = 120
"""The longest time that `.chalice/config.json` gives a function that is not the gateway's."""

RETRY_SECONDS = 3600
"""How long a schedule tries to reach its function."""

REPORTED = ["ReportBatchItemFailures"]


class Kept(Protocol):
    """What a city keeps, as far as events need it."""

    keys: Keys
    data: Data


class Events(Construct):
    """Every event source of a city. What fails for good is parked, never dropped."""

    def __init__(self, scope: Construct, city: City, wiring: Wiring, kept: Kept, functions: Functions) -> None:
        """Wire the functions of a city to the streams that it keeps."""
        super().__init__(scope, "Events")
        self._city, self._kept, self._functions = city, kept, functions
        self.parkings = dict(functions.parked)
        self.streams, self.queues, self.schedules = wiring.streams, wiring.queues, wiring.schedules
        for stream in wiring.streams:
            self._stream(stream)
        for queue in wiring.queues:
            self._queue(queue)
        self._schedules(wiring.schedules)

    def _stream(self, source: StreamSource) -> None:
        arn, parking = self._kept.data.stream_arn(source.table), self.parkings[source.function]
        actions = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]
        role = self._functions.roles[source.function]
        role.add_to_policy(allow("ReadStream", [f"dynamodb:{action}" for action in actions], [arn]))
        mapping = lambda_.CfnEventSourceMapping(
            self,
            logical(source.table, "stream"),
            function_name=self._functions.resource(source.function).ref,
            event_source_arn=arn,
            starting_position="TRIM_HORIZON",
            batch_size=source.batch_size,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=-1,  # poison goes to the queue of retries; what fails here is storage
            maximum_record_age_in_seconds=source.hours * 3600,
            function_response_types=REPORTED,
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=parking.queue.queue_arn)
            ),
        )
        mapping.node.add_dependency(role)  # Lambda checks the role's rights when the mapping is made

    def _queue(self, source: QueueSource) -> None:
        parking = self.parkings[source.queue] = Parking(self, self._city.name, source.queue, self._kept.keys.storage)
        queue = sqs.Queue(
            self,
            logical(source.queue),
            queue_name=resource_name(self._city.name, source.queue),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._kept.keys.storage,
            enforce_ssl=True,
            visibility_timeout=cdk.Duration.seconds(VISIBILITY_TIMES * FUNCTION_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=source.attempts, queue=parking.queue),
        )
        actions = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"]
        role = self._functions.roles[source.function]
        role.add_to_policy(allow(logical("work", source.queue), [f"sqs:{a}" for a in actions], [queue.queue_arn]))
        mapping = lambda_.CfnEventSourceMapping(
            self,
            logical(source.queue, "messages"),
            function_name=self._functions.resource(source.function).ref,
            event_source_arn=queue.queue_arn,
            batch_size=source.batch_size,
            function_response_types=REPORTED,
        )
        mapping.node.add_dependency(role)

    def _schedules(self, schedules: Iterable[Schedule]) -> None:
        """A group of its own, so that an operator sees a city's jobs together. EventBridge rules know no time zones."""
        group = scheduler.CfnScheduleGroup(self, "Schedules", name=resource(self._city.name))
        jobs = tuple(schedules)
        if not jobs:
            return
        parking = self.parkings["schedules"] = Parking(self, self._city.name, "schedules", self._kept.keys.storage)
        role = self._schedule_role(sorted({job.function for job in jobs}), parking)
        for job in jobs:
            schedule = self._schedule(job, role, parking)
            schedule.group_name = group.ref
            schedule.node.add_dependency(role.node.find_child("DefaultPolicy"))  # the role itself is named in it

    def _schedule(self, job: Schedule, role: iam.Role, parking: Parking) -> scheduler.CfnSchedule:
        properties = scheduler.CfnSchedule
        return scheduler.CfnSchedule(
            self,
            logical(job.name, "schedule"),
            name=resource(self._city.name, job.name),
            schedule_expression=job.cron,
            schedule_expression_timezone=self._city.time_zone,
            flexible_time_window=properties.FlexibleTimeWindowProperty(mode="OFF"),
            kms_key_arn=self._kept.keys.storage.key_arn,
            target=properties.TargetProperty(
                arn=self._functions.arn(job.function),
                role_arn=role.role_arn,
                input=json.dumps({"job": job.name}),  # says in the parking which job could not be called
                dead_letter_config=properties.DeadLetterConfigProperty(arn=parking.queue.queue_arn),
                retry_policy=properties.RetryPolicyProperty(
                    maximum_event_age_in_seconds=RETRY_SECONDS, maximum_retry_attempts=10
                ),
            ),
        )

    def _schedule_role(self, functions: Iterable[str], parking: Parking) -> iam.Role:
        role = iam.Role(
            self,
            "ScheduleRole",
            role_name=resource(self._city.name, "schedules"),
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
        )
        called = [self._functions.arn(function) for function in functions]
        role.add_to_policy(allow("CallJobs", ["lambda:InvokeFunction"], called))
        role.add_to_policy(allow("Park", ["sqs:SendMessage"], [parking.queue.queue_arn]))
        storage = [self._kept.keys.storage.key_arn]
        role.add_to_policy(allow("StorageKey", ["kms:Decrypt", "kms:GenerateDataKey"], storage))
        return role
