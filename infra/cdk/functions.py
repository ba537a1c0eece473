"""The functions of a city: Chalice packages them, and what it can't say is laid over its template here."""

import contextlib
import fcntl
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from chalice.cdk import Chalice
from constructs import Construct

from chalicelib.core.city import City
from infra.cdk.keys import Keys
from infra.cdk.names import API, function_id, log_group, logical, resource
from infra.cdk.roles import Arns, FunctionRole, allow
from infra.grants import RIGHTS
from infra.package import INCOMPLETE, slim

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / ".cache" / "packaging.lock"


class PackagingError(Exception):
    """The package would not run."""


class Functions(Construct):
    """One function for all routes and one for each `@app.lambda_function`, each with its own role, limits and log."""

    def __init__(self, scope: Construct, city: City, keys: Keys) -> None:
        """Package the code and make the functions of a city."""
        super().__init__(scope, "Functions")
        with _elsewhere():
            self.chalice = _Packaged(
                cdk.Stack.of(self), "Code", str(ROOT), {"environment_variables": {"CITY": city.name}}
            )
        self.roles = {name: FunctionRole(self, city, name, rights, keys) for name, rights in RIGHTS.items()}
        for name, role in self.roles.items():
            for field, value in _own_properties(city, name, role).items():
                self.resource(name).add_property_override(field, value)
        for name in self.roles:
            if name != API:
                self._park_failures(name, Arns(cdk.Stack.of(self), city.name).parking(name))

    def resource(self, function: str) -> cdk.CfnResource:
        """A function in Chalice's template."""
        found: cdk.CfnResource = self.chalice.get_resource(function_id(function))
        return found

    def arn(self, function: str) -> str:
        """A function's ARN."""
        return str(self.resource(function).get_att("Arn").to_string())

    def _park_failures(self, function: str, parking: str) -> None:
        """Where a call goes that nobody waits for and that failed three times."""
        self.roles[function].add_to_policy(allow("Park", ["sqs:SendMessage"], [parking]))
        invocation = lambda_.CfnEventInvokeConfig(
            self,
            logical(function, "failures"),
            function_name=self.resource(function).ref,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=parking)
            ),
        )
        invocation.node.add_dependency(self.roles[function])  # Lambda checks the role's right to park when it is made


def _own_properties(city: City, function: str, role: FunctionRole) -> Mapping[str, Any]:
    return {
        "FunctionName": resource(city.name, function),
        "Role": role.role_arn,
        "ReservedConcurrentExecutions": getattr(city.capacity.concurrency, function),
        "LoggingConfig": {
            "LogGroup": log_group(city.name, function),
            "LogFormat": "Text",
        },  # the lines are JSON already
    }


class _Packaged(Chalice):  # type: ignore[misc]  # Chalice's construct has no types
    """Chalice's construct, with a package that holds what is needed and is the same whenever its sources are."""

    def _package_app(self) -> None:
        told = io.StringIO()
        with _alone(), contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            super()._package_app()
        if INCOMPLETE in told.getvalue():
            raise PackagingError(told.getvalue())
        slim(Path(self._sam_package_dir, "deployment.zip"))


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Package while no other process does: Chalice keeps what it built in one place, and takes a file half written for whole."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """Work in a folder that is gone afterwards: Chalice leaves its packages in the one it was started in (trap 18)."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
