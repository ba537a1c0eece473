"""Each function of `app.py` is known by the same name wherever something is said about it, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import app
from chalicelib.core.capacity import Concurrency
from infra.grants import RIGHTS
from infra.wiring import Wiring

CONFIG: dict[str, Any] = json.loads(Path(".chalice/config.json").read_text(encoding="utf-8"))
FUNCTIONS = {one.name: one.handler_string.rpartition(".")[2] for one in app.app.pure_lambda_functions}
"""By the name that Chalice's configuration uses, that of the Python function."""


def test_chalice_s_configuration_says_something_of_each_function_and_of_no_other() -> None:
    assert CONFIG["lambda_functions"].keys() == FUNCTIONS.keys()
    assert [function.replace("_", "-") for function in FUNCTIONS.values()] == list(FUNCTIONS)


def test_each_function_has_rights_and_a_reserved_share_and_nothing_else_has() -> None:
    assert RIGHTS.keys() == Concurrency.model_fields.keys() == {"api_handler", *FUNCTIONS.values()}


def test_what_is_wired_calls_functions_that_there_are() -> None:
    wiring = Wiring()
    callers = [caller.function for kind in (wiring.streams, wiring.queues, wiring.schedules) for caller in kind]
    assert callers
    assert set(callers) <= set(FUNCTIONS.values())


def test_nothing_is_set_where_chalice_would_pass_over_it() -> None:
    """Inside a stage, memory and time of single functions are ignored, and flat ones win over them."""
    assert "stages" not in CONFIG
    assert (CONFIG["autogen_policy"], CONFIG["manage_iam_role"]) == (False, False)
    for settings in CONFIG["lambda_functions"].values():
        assert settings.keys() <= {"lambda_timeout", "lambda_memory_size"}
