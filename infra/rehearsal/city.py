"""A deployed city on an emulator, with the gateway of a carrier that its text messages go to."""

import hashlib
import re
import shutil
import zipfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from chalice.app import Chalice

from chalicelib.core.city import parse_city
from chalicelib.core.city_secrets import SMS_GATEWAY_KEY, key_of
from chalicelib.core.names import secret_name
from infra.local.gateway import Gateway
from infra.local.outbox import Outbox, SmsGateway
from infra.local.server import OUTBOX_PATH, SMS_GATEWAY_PATH, CityServer
from infra.rehearsal.deployment import Deployment, Synthesised

GATEWAY_URL = re.compile(r'^gateway_url = "[^"]*"', re.MULTILINE)


class RehearsedCity:
    """One city, deployed from its package: `with RehearsedCity("linyi", folder, emulator_url, state) as city: … city.url`.

    Its package differs from the one that an operator deploys in one value of the city file: the SMS gateway is this machine.
    """

    def __init__(self, name: str, synthesised: Path, endpoint_url: str, state: Path) -> None:
        """Take the city's name, its folder of `cdk.out`, the emulator's address, and a folder for what is made here."""
        self.name = name
        self.aws_url = endpoint_url
        self._state = state
        self._original = synthesised
        self._end = ExitStack()
        self._carrier = CityServer(0)
        self.deployment = Deployment(Synthesised(state / name), endpoint_url)

    def __enter__(self) -> Self:
        """Deploy it. Raises DeploymentFailed."""
        self._end.callback(self._carrier.close)
        try:
            self.redeploy()
        except BaseException:
            self._end.close()
            raise
        self._state.mkdir(exist_ok=True)
        outbox = Outbox(self._state / f"{self.name}.jsonl", dict)
        self._carrier.open(Gateway(Chalice("carrier"), "127.0.0.1"), outbox, SmsGateway(outbox, self._gateway_key))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the carrier; the stacks end with the emulator."""
        self._end.close()

    @property
    def url(self) -> str:
        """Where API Gateway serves the city."""
        return self.deployment.url

    @property
    def outbox_url(self) -> str:
        """Where the messages that the carrier took can be read."""
        return self._carrier.url + OUTBOX_PATH

    def destroy(self) -> None:
        """Stop serving the city as `make destroy` does. What it keeps stays."""
        self.deployment.delete("City")

    def redeploy(self, **changes: str) -> None:
        """Deploy the package again with lines of the city file changed: `redeploy(days="days = 7")`, by the line's field."""
        folder = self.deployment.synthesised.folder
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._original, folder)
        (package,) = folder.glob("asset.*.zip")
        whole = package.with_name(f"{package.stem}.whole")
        package.rename(whole)
        with zipfile.ZipFile(whole) as before, zipfile.ZipFile(package, "w", zipfile.ZIP_STORED) as after:
            for entry in before.infolist():
                content = before.read(entry)
                if entry.filename == f"chalicelib/cities/{self.name}.toml":
                    content = self._told(content.decode(), changes).encode()
                after.writestr(entry, content)
        whole.unlink()
        _rename(package)
        self.deployment.deploy()

    def _told(self, toml: str, changes: dict[str, str]) -> str:
        """The city file with this machine as SMS gateway, and with lines changed. Raises CityFileError."""
        told = GATEWAY_URL.sub(f'gateway_url = "{self._carrier.url}{SMS_GATEWAY_PATH}"', toml)
        for field, line in changes.items():
            told = re.sub(rf"^{field} = .*$", line, told, flags=re.MULTILINE)
        parse_city(self.name, told)
        return told

    def _gateway_key(self) -> bytes:
        secrets = self.deployment.client("secretsmanager")
        return key_of(secrets.get_secret_value(SecretId=secret_name(self.name, SMS_GATEWAY_KEY))["SecretString"])


def _rename(package: Path) -> None:
    """Name a package by what it holds now, wherever the CDK named it: CloudFormation updates only what has another name."""
    before = package.name.split(".")[1]
    after = hashlib.sha256(package.read_bytes()).hexdigest()
    package.rename(package.with_name(f"asset.{after}.zip"))
    for file in package.parent.glob("*.json"):
        file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
