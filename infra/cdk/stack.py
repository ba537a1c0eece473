"""The two stacks of a city: what it keeps, and what serves (decision 0010)."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from chalicelib.core.city import City
from chalicelib.core.names import CITY_TAG
from chalicelib.core.store import Row
from infra.cdk.account import AccountStack
from infra.cdk.alarms import Alarms
from infra.cdk.api import Api
from infra.cdk.dashboard import Dashboard
from infra.cdk.data import Data
from infra.cdk.events import Events
from infra.cdk.files import Files
from infra.cdk.functions import Functions
from infra.cdk.keys import Keys
from infra.cdk.logs import Logs
from infra.cdk.names import city_stack, kept_stack
from infra.cdk.queues import Queues
from infra.cdk.topics import Topics
from infra.grants import RIGHTS
from infra.wiring import Wiring


class KeptStack(cdk.Stack):
    """Keys, secrets, tables, queues, files, the topic and logs of a city. Nothing in the Makefile destroys it."""

    def __init__(self, scope: Construct, city: City, tables: list[type[Row]], wiring: Wiring) -> None:
        """Make it for a city."""
        super().__init__(
            scope, "Data", **_common(city, kept_stack(city.name), "what the city keeps"), termination_protection=True
        )
        self.keys = Keys(self, city.name)
        self.data = Data(self, city.name, tables, self.keys.storage)
        self.queues = Queues(self, city.name, wiring, self.keys.storage)
        self.files = Files(self, city.name, self.keys.files)
        self.topics = Topics(self, city.name, self.keys.storage)
        self.logs = Logs(self, city.name, RIGHTS, city.retention.event_log, self.keys.storage)


class CityStack(cdk.Stack):
    """What serves a city: functions, gateway, events, alarms. It may go and come back; it holds nothing (decision 13)."""

    def __init__(self, scope: Construct, city: City, account: AccountStack, kept: KeptStack, wiring: Wiring) -> None:
        """Make it for a city on what it keeps and what cities share."""
        super().__init__(scope, "City", **_common(city, city_stack(city.name), "what serves the city"))
        self.functions = Functions(self, city, kept.keys)
        self.api = Api(self, city, self.functions)
        self.events = Events(self, city, wiring, kept, self.functions)
        alarms = Alarms(self, city, kept, self.api, self.events)
        Dashboard(self, city, kept.queues, self.events, alarms)
        self.add_stack_dependency(account)  # a gateway that logs is refused before the region lets API Gateway log
        self.add_stack_dependency(kept)


def _common(city: City, name: str, what: str) -> dict[str, Any]:
    return {
        "stack_name": name,
        "env": cdk.Environment(region=city.region),
        "description": f"Gatebook {city.name}: {what}",
        "synthesizer": cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        "tags": {CITY_TAG: city.name},
    }
