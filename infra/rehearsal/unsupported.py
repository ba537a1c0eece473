"""The one place that adapts a template to the emulator: what it can't make is taken out before the stack is created.

A deployment on AWS keeps all of it. `tests/rehearsal/deploying.py` fails if an entry could go, or stands without a reason.
"""

import copy
from typing import Any

Template = dict[str, Any]

UNSUPPORTED = {
    "AWS::WAFv2::WebACLAssociation": "ministack 1.5.33 makes web ACLs and refuses their association with a stage; "
    "tests/infra shows the rules and the association in the template",
}
"""Types of resources that the emulator refuses, each with the reason and what stands in for it."""


def adapted(template: Template) -> Template:
    """The template without what the emulator refuses. Nothing else refers to what is taken out, or creation fails."""
    known = copy.deepcopy(template)
    known["Resources"] = {
        name: resource for name, resource in template["Resources"].items() if resource["Type"] not in UNSUPPORTED
    }
    return known
