"""What `cdk deploy` does, on an emulator: assets into the bucket, then one stack after the other through CloudFormation."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.core.aws import LOCAL_CREDENTIALS
from infra.rehearsal.unsupported import Template, adapted

STACKS = ("Account", "Data", "City")
"""In the order in which they stand on each other."""

ACCOUNT = LOCAL_CREDENTIALS["aws_access_key_id"]
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
DONE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
UNCHANGED = "No updates are to be performed"
PROBE = "gatebook-probe"
UNKNOWN = "resource type"
"""In the words in which the emulator refuses a type, "Unrecognized resource types" or "Unsupported resource type"."""

SECONDS = 120.0
POLL_SECONDS = 0.1


class DeploymentFailed(Exception):
    """A stack was not made; the text names it, its status and what failed in it."""


@dataclass(frozen=True)
class Synthesised:
    """A city's folder of `cdk.out`."""

    folder: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """What the CDK says of each stack."""
        found: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text())["artifacts"]
        return found

    def region(self, stack: str) -> str:
        """The region that a stack belongs to."""
        return str(self.manifest[stack]["environment"].rpartition("/")[2])

    def name(self, stack: str) -> str:
        """What CloudFormation calls a stack."""
        return str(self.manifest[stack]["properties"]["stackName"])

    def template(self, stack: str) -> Template:
        """A stack's template."""
        found: Template = json.loads((self.folder / f"{stack}.template.json").read_text())
        return found

    def assets(self, stack: str) -> Iterator[tuple[Path, str, str]]:
        """What a stack needs in the bucket: each file with its bucket and key."""
        listed = json.loads((self.folder / f"{stack}.assets.json").read_text())["files"]
        for asset in listed.values():
            for place in asset["destinations"].values():
                bucket = place["bucketName"].replace("${AWS::AccountId}", ACCOUNT)
                bucket = bucket.replace("${AWS::Region}", self.region(stack))
                yield self.folder / asset["source"]["path"], bucket, place["objectKey"]


class Deployment:
    """One city's stacks on the emulator at an address."""

    def __init__(self, synthesised: Synthesised, endpoint_url: str) -> None:
        """Take what to deploy and where."""
        self.synthesised = synthesised
        self.endpoint_url = endpoint_url

    def deploy(self) -> str:
        """Create or update every stack. Returns the address of the API. Raises DeploymentFailed."""
        for stack in STACKS:
            self._upload(stack)
            self._bring(stack)
        return self.url

    def delete(self, stack: str) -> None:
        """Delete one stack and wait until it is gone. Raises DeploymentFailed."""
        formation, name = self.client("cloudformation"), self.synthesised.name(stack)
        formation.delete_stack(StackName=name)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                status = self._described(stack)["StackStatus"]
            except ClientError:
                return
            if status == "DELETE_COMPLETE":
                return
            if not status.endswith("IN_PROGRESS"):
                raise DeploymentFailed(f"{stack}: {status}\n" + "\n".join(self._failures(stack)))
            time.sleep(POLL_SECONDS)
        raise DeploymentFailed(f"{stack} was not gone after {SECONDS:.0f} s")

    @property
    def url(self) -> str:
        """The API's address as the emulator serves it."""
        outputs = {one["OutputKey"]: one["OutputValue"] for one in self._described("City")["Outputs"]}
        stage = outputs["EndpointURL"].rstrip("/").rpartition("/")[2]
        return f"{self.endpoint_url}/restapis/{outputs['RestAPIId']}/{stage}/_user_request_"

    def client(self, service: str) -> Any:
        """A client of one of the emulator's services, in the city's region."""
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint_url,
            region_name=self.synthesised.region("City"),
            config=Config(s3={"addressing_style": "path"}),
            **LOCAL_CREDENTIALS,
        )

    @staticmethod
    def knows(formation: Any, kind: str) -> bool:
        """Whether the emulator takes a template with a resource of this type; some say so at once, some while they make it."""
        template = json.dumps({"Resources": {"One": {"Type": kind, "Properties": {}}}})
        try:
            formation.create_stack(StackName=PROBE, TemplateBody=template)
        except ClientError as error:
            return UNKNOWN not in str(error)
        deadline = time.monotonic() + SECONDS
        while formation.describe_stacks(StackName=PROBE)["Stacks"][0]["StackStatus"].endswith("IN_PROGRESS"):
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        events = formation.describe_stack_events(StackName=PROBE)["StackEvents"]
        formation.delete_stack(StackName=PROBE)
        return not any(UNKNOWN in event.get("ResourceStatusReason", "") for event in events)

    def _upload(self, stack: str) -> None:
        s3 = self.client("s3")
        for file, bucket, key in self.synthesised.assets(stack):
            self._make_bucket(s3, bucket)
            is_template = file.name.endswith(".template.json")
            body = json.dumps(adapted(json.loads(file.read_text()))).encode() if is_template else file.read_bytes()
            s3.put_object(Bucket=bucket, Key=key, Body=body)

    def _make_bucket(self, s3: Any, bucket: str) -> None:
        """Stand in for `cdk bootstrap`, which makes it once per account and region."""
        try:
            s3.head_bucket(Bucket=bucket)
        except ClientError:
            place = {"LocationConstraint": self.synthesised.region("City")}
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)

    def _bring(self, stack: str) -> None:
        """Create a stack, or update it if it is there."""
        formation, name = self.client("cloudformation"), self.synthesised.name(stack)
        request = {"StackName": name, "TemplateURL": self._template_url(stack), "Capabilities": CAPABILITIES}
        try:
            formation.create_stack(**request)
        except formation.exceptions.AlreadyExistsException:
            try:
                formation.update_stack(**request)
            except ClientError as error:
                if UNCHANGED not in str(error):
                    raise
                return
        except ClientError as error:
            raise DeploymentFailed(f"{name}: {error.response['Error']['Message']}") from error
        self._wait(stack)

    def _template_url(self, stack: str) -> str:
        for file, bucket, key in self.synthesised.assets(stack):
            if file.name == f"{stack}.template.json":
                return f"{self.endpoint_url}/{bucket}/{key}"
        raise DeploymentFailed(f"{stack} has no template among its assets")

    def _wait(self, stack: str) -> None:
        deadline = time.monotonic() + SECONDS
        while (status := self._described(stack)["StackStatus"]).endswith("IN_PROGRESS"):
            if time.monotonic() > deadline:
                raise DeploymentFailed(f"{stack} took longer than {SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)
        if status not in DONE:
            raise DeploymentFailed(f"{stack}: {status}\n" + "\n".join(self._failures(stack)))

    def _described(self, stack: str) -> dict[str, Any]:
        answer = self.client("cloudformation").describe_stacks(StackName=self.synthesised.name(stack))
        found: dict[str, Any] = answer["Stacks"][0]
        return found

    def _failures(self, stack: str) -> Iterator[str]:
        events = self.client("cloudformation").describe_stack_events(StackName=self.synthesised.name(stack))
        for event in events["StackEvents"]:
            if "FAILED" in event["ResourceStatus"]:
                yield f"  {event['LogicalResourceId']} {event['ResourceType']}: {event.get('ResourceStatusReason')}"
