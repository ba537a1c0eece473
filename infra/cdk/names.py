"""Names of what is deployed beside what `chalicelib.core.names` names. A city's name stands in each of them."""

from chalicelib.core.names import resource_name

API = "api_handler"
"""The function that Chalice makes of all routes; its callers wait for it, so nothing of it is parked."""

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


def stream_parameter(city: str, table: str) -> str:
    """The parameter of Systems Manager under which the ARN of a table's stream stands."""
    return f"/gatebook/{city}/streams/{table.replace('_', '-')}"


def log_group(city: str, source: str) -> str:
    """The log group of a function, or of the gateway's access log."""
    return f"/gatebook/{city}/{source.replace('_', '-')}"


def logical(*words: str) -> str:
    """A CloudFormation logical id: `ledger_stream` becomes `LedgerStream`."""
    return "".join(part.capitalize() for word in words for part in word.replace("-", "_").split("_"))


def function_id(function: str) -> str:
    """The logical id that Chalice gives a function of `app.py`."""
    return "APIHandler" if function == API else logical(function)


def partition(region: str) -> str:
    """The partition that a region belongs to."""
    return "aws-cn" if region.startswith("cn-") else "aws"


def via_services(service: str, region: str) -> list[str]:
    """What `kms:ViaService` may say of a service of a region.

    AWS documents `service.region.amazonaws.com` alone; in China services call themselves by `.com.cn` as well. A wrong
    name would lock every table, and both names belong to AWS, so both stand there.
    """
    return sorted({f"{service}.{region}.amazonaws.com", service_host(service, region)})


def service_host(service: str, region: str) -> str:
    """A service of a region by the name of its endpoint, `logs.cn-north-1.amazonaws.com.cn`."""
    return f"{service}.{region}.amazonaws.com{'.cn' if partition(region) == 'aws-cn' else ''}"
