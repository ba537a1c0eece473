"""The one place that adapts a template to the emulator: what it can't make is taken out before the stack is created.

A deployment on AWS keeps all of it. `tests/rehearsal/deploying.py` fails if an entry could go, or stands without a reason.
"""

import copy
from importlib.metadata import version
from typing import Any

Template = dict[str, Any]

_ALWAYS = {
    "AWS::WAFv2::WebACLAssociation": "ministack 1.5.33 makes web ACLs and refuses their association with a stage; "
    "tests/infra shows the rules and the association in the template",
}
_BEFORE_1_5 = {
    "AWS::Logs::MetricFilter": "ministack 1.4.21, the last for Python 3.11, does not know it; 1.5.33 makes them, and "
    "tests/infra shows the metrics and their alarms in the template",
}

IS_OLD = version("ministack").startswith("1.4.")
"""Whether the emulator is the last for Python 3.11. It also forgets the parking of queues that CloudFormation makes."""

UNSUPPORTED = _ALWAYS | (_BEFORE_1_5 if IS_OLD else {})
"""Types of resources that this machine's emulator refuses, each with the reason and what stands in for it."""


def adapted(template: Template) -> Template:
    """The template without what the emulator refuses. Nothing else refers to what is taken out, or creation fails."""
    known = copy.deepcopy(template)
    known["Resources"] = {
        name: resource for name, resource in template["Resources"].items() if resource["Type"] not in UNSUPPORTED
    }
    return known
