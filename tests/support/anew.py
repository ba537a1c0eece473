"""Tables without rows: each file of tests begins with such, so that none of them depends on what another left or left out."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import app
from chalicelib.core import aws, crypto, runs, store
from chalicelib.core.settings import settings
from infra.local.provision import provision
from infra.local.pump import Pump
from infra.wiring import Wiring
from tests.support.canaries import Canaries, dump_tables
from tests.support.tracing import untraced

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.support.city import TestCity


def pump_of(positions: Path, seed: int) -> Pump:
    """A pump that calls the functions of this process, each batch twice."""
    functions = {name: getattr(app, name) for name in Wiring().functions}
    return Pump(positions, functions, deliver_twice=seed)


def search_and_drop(canaries: Canaries) -> None:
    """Remove the tables at hand, with their streams; before that they are searched for every person of the run."""
    with untraced():
        leaks = canaries.leaks(dump_tables())
        client = cast("DynamoDBClient", store.connection().client)
        for table in store.tables():
            client.delete_table(TableName=table.physical_name())
    assert leaks == []


def newest_stream(table: str) -> str:
    """The stream of a table: those of one that was removed are listed for another day."""
    client = cast("DynamoDBClient", store.connection().client)
    return client.describe_table(TableName=settings().table(table))["Table"]["LatestStreamArn"]


def begin_anew(city: "TestCity", positions: Path) -> None:
    """Give a city new tables, empty queues, and a process that holds nothing of what was in them."""
    with untraced():
        search_and_drop(city.canaries)
        provision()
        for url in aws.sqs().list_queues().get("QueueUrls", []):
            aws.sqs().purge_queue(QueueUrl=url)
        crypto.forget_keys()
        runs.forget_freshness()
        app.services.replace(app.compose(sms=city.sms))
        city.forget()
        city.pump = pump_of(positions, seed=7)
