"""A local city as a whole: started, used and ended as one thing, by `make run` and by tests alike."""

import importlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

from chalicelib.alerts.sms import HttpSmsSender, SnsSmsSender
from chalicelib.core.city_secrets import HEALTH_SOURCE_KEY, SMS_GATEWAY_KEY, secret
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.fields import FieldCipher
from chalicelib.core.ports import SmsSender
from chalicelib.core.settings import settings
from chalicelib.health.origin import source_at
from infra.local.demo import demo_register, load_demo, renew_freshness
from infra.local.emulator import Emulator
from infra.local.gateway import Gateway
from infra.local.outbox import Outbox, SmsGateway
from infra.local.ports import free_port
from infra.local.provision import provision
from infra.local.pump import Pump
from infra.local.server import SMS_GATEWAY_PATH, CityServer
from infra.local.state import StateFolder
from infra.process import working_for
from infra.source.server import ReferenceSource
from infra.wiring import Wiring

Say = Callable[[str], None]


def _silent(_: str) -> None:
    """Say nothing."""


class LocalCity:
    """One city on this machine: `with LocalCity("demo", state=folder) as city: … city.url`.

    Within the block this process works for the city, so services and tables may be used directly as well.
    """

    pump: Pump
    outbox: Outbox
    emulator: Emulator
    source: ReferenceSource | None = None

    def __init__(  # noqa: PLR0913  what `make run` and tests choose
        self,
        city: str = "demo",
        *,
        state: Path,
        port: int = 0,
        aws_port: int = 0,
        demo_people: bool = False,
        asks_source: bool = False,
        deliver_twice: int | None = None,
        say: Say = _silent,
    ) -> None:
        """Take the city's name and the folder in which all local cities lie; a port of 0 is any free one.

        With `asks_source` the demo's people are known to a reference source beside the city, and not to its registry.
        `deliver_twice` is a seed with which each batch of a stream comes a second time, out of order.
        """
        self.name = city
        self.files = StateFolder(state / city)
        self._ports = port, aws_port
        self._demo_people, self._asks_source = demo_people, asks_source
        self._deliver_twice = deliver_twice
        self._say = say
        self._end = ExitStack()

    @property
    def url(self) -> str:
        """Where the city answers."""
        return self._server.url

    @property
    def aws_url(self) -> str:
        """Where its emulator answers."""
        return self.emulator.url

    def __enter__(self) -> Self:
        """Start everything. What was started is ended again if this fails or is interrupted."""
        try:
            self._start()
        except BaseException:
            self._end.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything, last started first: no more requests, then no more changes to carry, then the emulator."""
        self._end.close()

    def _start(self) -> None:
        port, aws_port = self._ports
        self._server = CityServer(port)
        self._end.callback(self._server.close)
        self._end.enter_context(self.files.locked())
        self.emulator = Emulator(aws_port or free_port(), self.files.emulator, self.files.emulator_log)
        self._end.enter_context(working_for(self.name, self.emulator.url))
        app = importlib.import_module("app")  # only now: it may read the settings of the process it is imported in
        if aside := self.files.prepare():
            self._say(f"The stored city was made by another version; it lies in {aside} and a new one is made.")
        self._end.enter_context(self.emulator)
        is_new = provision()
        if self._asks_source:
            self.source = self._end.enter_context(ReferenceSource(_source_key, demo_register(self.files.demo)))
        self._open(app)
        if self._demo_people and self.source is None:
            load_demo(self.files.demo, is_new=is_new, say=self._say)
        if is_new and self.source is None:
            renew_freshness()
        else:
            app.sync({}, None)  # the night that the machine slept through; its pieces go on beside what is done here
        self._server.open(Gateway(app.app, f"127.0.0.1:{self._server.port}"), self.outbox, self._sms_gateway)
        self._end.callback(self._server.close)

    def _open(self, app: ModuleType) -> None:
        keeps_sms = self.emulator.keeps_sms()
        self.outbox = Outbox(self.files.outbox, lambda: self.emulator.sms(settings().city.region) if keeps_sms else {})
        self._sms_gateway = SmsGateway(self.outbox, _gateway_key)
        self._end.callback(vars(app.services).update, dict(vars(app.services)))  # this process may have others later
        source = None if self.source is None else source_at(self.source.url, IdentityMacs(), FieldCipher())
        app.services.replace(app.compose(sms=self._sender(keeps_sms=keeps_sms), source=source))
        functions = {name: getattr(app, name) for name in Wiring().functions}
        self.pump = Pump(self.files.positions, functions, deliver_twice=self._deliver_twice)
        self.pump.start(also=self.outbox.refresh)
        self._end.callback(self.pump.stop)
        self._server.changed = self.pump.wake

    def _sender(self, *, keeps_sms: bool) -> SmsSender:
        """The sender that the city names; its gateway is this machine, and so it is where the emulator keeps no SMS."""
        if settings().city.sms.sender == "sns" and keeps_sms:
            return SnsSmsSender()
        return HttpSmsSender(self._server.url + SMS_GATEWAY_PATH, _gateway_key)


def _source_key() -> bytes:
    return secret(HEALTH_SOURCE_KEY)


def _gateway_key() -> bytes:
    return secret(SMS_GATEWAY_KEY)
