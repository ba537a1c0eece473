"""What was synthesised, and the questions that tests ask of it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

Resource = dict[str, Any]
Template = dict[str, Any]


@dataclass
class Synthesised:
    """A city's templates in the folder where they were written."""

    folder: Path

    @property
    def name(self) -> str:
        """The city's name."""
        return self.folder.name

    def template(self, stack: str) -> Template:
        """The template of `City`, `Data` or `Account`."""
        found: Template = json.loads((self.folder / f"{stack}.template.json").read_text())
        return found

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the CDK says of each stack."""
        found: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text())["artifacts"]
        return found

    @cached_property
    def serving(self) -> Template:
        """What serves."""
        return self.template("City")

    @cached_property
    def kept(self) -> Template:
        """What is kept."""
        return self.template("Data")

    @cached_property
    def text(self) -> str:
        """Both as text."""
        return json.dumps([self.serving, self.kept], ensure_ascii=False)

    @cached_property
    def package(self) -> Path:
        """The zip that Lambda runs."""
        return next(self.folder.glob("asset.*.zip"))

    def all(self, kind: str) -> dict[str, Resource]:
        """The resources of a type in both stacks, by logical id."""
        both = {**self.kept["Resources"], **self.serving["Resources"]}
        return {name: resource for name, resource in both.items() if resource["Type"] == kind}

    def properties(self, kind: str) -> list[Resource]:
        """Their properties."""
        return [resource["Properties"] for resource in self.all(kind).values()]

    def statements(self) -> Iterator[tuple[str, Resource]]:
        """Each statement of each function's or schedule's role, with the role's logical id.

        What a role's own policy has no room for, the CDK puts into a managed one of that role.
        """
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for policy in self.properties(kind):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield policy["Roles"][0]["Ref"], statement

    def of_role(self, word: str) -> list[Resource]:
        """The statements of the one role whose logical id has this word."""
        return [statement for role, statement in self.statements() if word in role]


def listed(value: Any) -> list[Any]:
    """A value that CloudFormation lets stand alone or in a list."""
    return value if isinstance(value, list) else [value]


def said(value: Any) -> str:
    """A value with intrinsic functions, as text to search in."""
    return json.dumps(value, ensure_ascii=False)


def names(template: Template) -> set[str]:
    """Every physical name in a template, but for those that count within their metric, role or gateway alone."""
    found = set()
    for resource in template["Resources"].values():
        for key, value in resource.get("Properties", {}).items():
            if key.endswith("Name") and isinstance(value, str) and key not in {"MetricName", "PolicyName", "StageName"}:
                found.add(value)
    return found


def words(metric_filter: Resource) -> list[str]:
    """The words that the lines of a metric filter may have, in its order."""
    return re.findall(r'\$\.event = "([^"]+)"', metric_filter["FilterPattern"])
