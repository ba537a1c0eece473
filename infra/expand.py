"""What CloudFormation makes of a template with SAM's transform, for checkers that look at plain resources only."""

from copy import deepcopy
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

Template = dict[str, Any]

STUB = "s3://bucket/package.zip"
"""SAM's translator wants to read where the code lies, which it does not look at."""


def expanded(template: Template, region: str) -> Template:
    """The template, for a region, without `AWS::Serverless::…`. The one that is given stays as it is."""
    plain = deepcopy(template)
    for resource in plain["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = STUB
    # no managed policies: our templates name none, and SAM would ask AWS for them
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=region))
    found: Template = translator.translate(plain, {})
    return found
