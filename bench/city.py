"""The city that is measured: in this process, on an emulator of its own that ends with it."""

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.local.emulator import Emulator
from infra.local.ports import free_port
from infra.local.provision import provision
from infra.local.pump import Pump
from infra.process import working_for
from infra.wiring import Wiring
from tests.support.city import InProcess, RecordedSms, TestCity
from tests.support.client import Client


@contextmanager
def bench_city() -> Iterator[TestCity]:
    """An empty demo city until the block ends. What it says in its event log goes nowhere."""
    with TemporaryDirectory(prefix="gatebook-bench-") as name:
        folder = Path(name)
        emulator = Emulator(free_port(), folder / "state", folder / "emulator.log")
        with emulator, working_for("demo", emulator.url), redirect_stdout(StringIO()):
            import app

            sms = RecordedSms()
            provision()
            app.services.replace(app.compose(sms=sms))
            functions = {name: getattr(app, name) for name in Wiring().functions}
            yield TestCity(Client(InProcess(app.app)), sms, Pump(folder / "positions.json", functions))
