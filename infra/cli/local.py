"""What commands for a city on this machine have in common: whether it is one, and why it did not answer."""

from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.core import aws
from infra.cli.options import Target


def is_emulator() -> bool:
    """Whether what answers knows how AWS is spoken to. Any other server has no list of keys, or an error of its own."""
    try:
        return "Keys" in aws.kms().list_keys(Limit=1)
    except ClientError as error:
        if error.response["Error"]["Code"].isdigit():  # no error of AWS: all that could be told is the HTTP status
            return False
        raise


def reason(target: Target, error: BaseException) -> str:
    """Why an import stopped, in words. The error's own text is left out: it may quote a row."""
    chain = [error, *filter(None, (error.__cause__, error.__context__))]
    codes = {getattr(one, "response", {}).get("Error", {}).get("Code") for one in chain}
    if codes & {"ResourceNotFoundException", "NotFoundException"}:
        return f"There is no city {target.city} at {target.endpoint_url}. `make run CITY={target.city}` starts one."
    if any(isinstance(one, EndpointConnectionError) for one in chain):
        return f"Nothing answers at {target.endpoint_url}. `make run` starts a city and prints its address."
    return f"{target.city} stopped answering ({type(error).__name__}). The same command goes on from where it was."
