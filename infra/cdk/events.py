"""What calls the functions beside the gateway, made from `infra.wiring`: streams, queues, schedules."""

import json
from collections.abc import Iterable
from typing import Protocol

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from chalicelib.core.city import City
from infra.cdk.data import Data
from infra.cdk.functions import Functions
from infra.cdk.keys import Keys
from infra.cdk.names import logical, resource, stream_parameter
from infra.cdk.queues import Queues
from infra.cdk.roles import Arns, allow
from infra.wiring import SCHEDULER, QueueSource, Schedule, StreamSource, Wiring

RETRY_SECONDS = 3600
"""How long a schedule tries to reach its function."""

REPORTED = ["ReportBatchItemFailures"]


class Kept(Protocol):
    """What a city keeps, as far as events need it."""

    keys: Keys
    data: Data
    queues: Queues


class Events(Construct):
    """Every event source of a city. What fails for good is parked, never dropped."""

    def __init__(self, scope: Construct, city: City, wiring: Wiring, kept: Kept, functions: Functions) -> None:
        """Wire the functions of a city to the streams and queues that it keeps."""
        super().__init__(scope, "Events")
        self._city, self._functions, self._storage = city, functions, kept.keys.storage
        self._arns = Arns(cdk.Stack.of(self), city.name)
        self.streams, self.queues, self.schedules = wiring.streams, wiring.queues, wiring.schedules
        for stream in wiring.streams:
            self._stream(stream)
        for queue in wiring.queues:
            self._queue(queue)
        self._schedules(wiring.schedules)

    def _stream(self, source: StreamSource) -> None:
        arn = self._stream_arn(source.table)
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
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=self._arns.parking(source.function)
                )
            ),
        )
        mapping.node.add_dependency(role)  # Lambda checks the role's rights when the mapping is made

    def _stream_arn(self, table: str) -> str:
        """What the parameter says when the stack is deployed (decision 13)."""
        parameter = cdk.CfnParameter(
            self,
            logical(table, "stream", "arn"),
            type="AWS::SSM::Parameter::Value<String>",
            default=stream_parameter(self._city.name, table),
        )
        return str(parameter.value_as_string)

    def _queue(self, source: QueueSource) -> None:
        queue = self._arns.queue(source.queue)
        actions = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"]
        role = self._functions.roles[source.function]
        role.add_to_policy(allow(logical("work", source.queue), [f"sqs:{a}" for a in actions], [queue]))
        mapping = lambda_.CfnEventSourceMapping(
            self,
            logical(source.queue, "messages"),
            function_name=self._functions.resource(source.function).ref,
            event_source_arn=queue,
            batch_size=source.batch_size,
            function_response_types=REPORTED,
            # without it SQS calls more copies than there are, and a call that is refused counts as a try
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=source.concurrency),
        )
        mapping.node.add_dependency(role)

    def _schedules(self, schedules: Iterable[Schedule]) -> None:
        """A group of its own, so that an operator sees a city's jobs together. EventBridge rules know no time zones."""
        group = scheduler.CfnScheduleGroup(self, "Schedules", name=resource(self._city.name))
        jobs = tuple(schedules)
        if not jobs:
            return
        role = self._schedule_role(sorted({job.function for job in jobs}))
        for job in jobs:
            schedule = self._schedule(job, role)
            schedule.group_name = group.ref
            schedule.node.add_dependency(role.node.find_child("DefaultPolicy"))  # the role itself is named in it

    def _schedule(self, job: Schedule, role: iam.Role) -> scheduler.CfnSchedule:
        properties = scheduler.CfnSchedule
        return scheduler.CfnSchedule(
            self,
            logical(job.name, "schedule"),
            name=resource(self._city.name, job.name),
            schedule_expression=job.cron,
            schedule_expression_timezone=self._city.time_zone,
            flexible_time_window=properties.FlexibleTimeWindowProperty(mode="OFF"),
            kms_key_arn=self._storage.key_arn,
            target=properties.TargetProperty(
                arn=self._functions.arn(job.function),
                role_arn=role.role_arn,
                input=json.dumps({"job": job.name}),  # says in the parking which job could not be called
                dead_letter_config=properties.DeadLetterConfigProperty(arn=self._arns.parking(SCHEDULER)),
                retry_policy=properties.RetryPolicyProperty(
                    maximum_event_age_in_seconds=RETRY_SECONDS, maximum_retry_attempts=10
                ),
            ),
        )

    def _schedule_role(self, functions: Iterable[str]) -> iam.Role:
        role = iam.Role(
            self,
            "ScheduleRole",
            role_name=resource(self._city.name, "schedules"),
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},  # nobody else's schedules
            ),
        )
        called = [self._functions.arn(function) for function in functions]
        role.add_to_policy(allow("CallJobs", ["lambda:InvokeFunction"], called))
        role.add_to_policy(allow("Park", ["sqs:SendMessage"], [self._arns.parking(SCHEDULER)]))
        storage = [self._storage.key_arn]
        role.add_to_policy(allow("StorageKey", ["kms:Decrypt", "kms:GenerateDataKey"], storage))
        return role
