"""Names of what is deployed beside what `chalicelib.core.names` names. A city's name stands in each of them."""

from chalicelib.core.names import resource_name

ACCOUNT_STACK = "gatebook-account"
"""The one stack that the cities of an account and region share: who may write API Gateway's logs."""


def city_stack(city: str) -> str:
    """The stack that serves a city."""
    return f"gatebook-{city}"


def kept_stack(city: str) -> str:
    """The stack of what a city keeps when the other one is destroyed: tables, keys, secrets, logs."""
    return f"gatebook-{city}-data"


def resource(city: str, *words: str) -> str:
    """A function, queue, role or topic of a city: `gatebook-linyi-ledger-stream`."""
    return resource_name(city, "-".join(words)).rstrip("-")


def log_group(city: str, source: str) -> str:
    """The log group of a function, or of the gateway's access log."""
    return f"/gatebook/{city}/{source.replace('_', '-')}"


def logical(*words: str) -> str:
    """A CloudFormation logical id: `ledger_stream` becomes `LedgerStream`."""
    return "".join(part.capitalize() for word in words for part in word.replace("-", "_").split("_"))


def function_id(function: str) -> str:
    """The logical id that Chalice gives a function of `app.py`."""
    return "APIHandler" if function == "api_handler" else logical(function)


def partition(region: str) -> str:
    """The partition that a region belongs to."""
    return "aws-cn" if region.startswith("cn-") else "aws"


def service_host(service: str, region: str) -> str:
    """A service of a region by the name that policies call it, `dynamodb.cn-north-1.amazonaws.com.cn`."""
    return f"{service}.{region}.amazonaws.com{'.cn' if partition(region) == 'aws-cn' else ''}"
