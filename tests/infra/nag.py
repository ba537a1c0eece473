"""cdk-nag's AwsSolutions over plain templates: `python -m tests.infra.nag FOLDER` prints findings as JSON.

A process of its own, since the CDK keeps one Node for each that imports it.
"""

import json
import sys
from pathlib import Path

import infra.cdk  # noqa: F401  finds Node


def findings(folder: Path) -> list[tuple[str, str]]:
    """Rule and logical id of everything that AwsSolutions finds in the templates of a folder."""
    import aws_cdk as cdk
    from aws_cdk import cloudformation_include
    from cdk_nag import AwsSolutionsChecks

    out = folder.with_name(f"{folder.name}-nag")  # beside the templates, which other checkers look through
    cdk_app = cdk.App(outdir=str(out), analytics_reporting=False)
    for template in sorted(folder.glob("*.json")):
        stack = cdk.Stack(cdk_app, template.stem)
        cloudformation_include.CfnInclude(stack, "Plain", template_file=str(template))
    cdk.Validations.of(cdk_app).add_plugins(AwsSolutionsChecks(cdk_app))
    try:
        cdk_app.synth()
    except RuntimeError as error:  # findings are reported as a failed validation
        if "ValidationFailed" not in str(error) and "Validation failed" not in str(error):
            raise
    return _reported(json.loads((out / "validation-report.json").read_text()))


def _reported(report: dict[str, list[dict[str, list[dict[str, object]]]]]) -> list[tuple[str, str]]:
    found = []
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"]:
            rule = str(violation["ruleName"])
            if rule.startswith("AwsSolutions-"):
                found += [(rule, path.rpartition("/")[2]) for path in _paths(violation)]
    return found


def _paths(violation: dict[str, object]) -> list[str]:
    constructs = violation.get("violatingConstructs") or violation.get("violatingResources") or []
    assert isinstance(constructs, list)
    return [str(one.get("constructPath") or one.get("resourceLogicalId")) for one in constructs]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(findings(Path(sys.argv[1]))))
