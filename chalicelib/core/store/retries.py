"""How often, and how long apart, DynamoDB is asked again, and which of its errors another try can help."""

import random
import time

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from pynamodb.exceptions import PynamoDBException, TableDoesNotExist

from chalicelib.core.aws import error_code
from chalicelib.core.errors import Unavailable

STORAGE_ERRORS = (BotoCoreError, ClientError, PynamoDBException)
"""What a storage call may raise; for a user all of it means: try again in a moment."""

ROUNDS = 4
"""How often unprocessed keys and conflicting transactions are tried in all."""

PASSING_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Why a transaction may be cancelled that succeeds a moment later."""

_BUSY = {
    "InternalFailure",
    "InternalServerError",
    "InternalServerErrorException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
}
"""What AWS calls it when it is busy or in trouble itself (errors of DynamoDB's API and those common to all services)."""

_MISDEPLOYED = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""A right, a credential, a key or a table is missing: what a deployment lacks, and every record fails alike."""

_SERVER_ERRORS = 500
"""The first status that lays the fault on the other side (RFC 9110, 15.6)."""

_PASSING_STATUSES = (401, 403, 408, 429)
"""HTTP's own words for the same, for a code that is not listed here; so is every status from 500 on."""


def is_passing(error: BaseException) -> bool:
    """Whether a failure lies with storage or the deployment, so that the same work succeeds once that is well again.

    False for what the work itself brought about, such as a value that DynamoDB refuses: no wait helps it.
    """
    if isinstance(error, PynamoDBException):
        return isinstance(error, TableDoesNotExist) or (error.cause is not None and is_passing(error.cause))
    if isinstance(error, ClientError):
        return _is_answer_passing(error)
    return isinstance(error, (Unavailable, BotoCoreError)) and not isinstance(error, ParamValidationError)


def _is_answer_passing(error: ClientError) -> bool:
    code = error_code(error)
    if code == "TransactionCanceledException":
        return not PASSING_REASONS.isdisjoint(cancellation_reasons(error))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code in _BUSY | _MISDEPLOYED or status in _PASSING_STATUSES or status >= _SERVER_ERRORS


def cancellation_reasons(error: ClientError) -> list[str]:
    """Why a transaction was cancelled, part by part; `None` as a text where a part was not to blame."""
    reasons = getattr(error, "cancellation_reasons", [])
    return [reason.code if reason else "None" for reason in reasons]


def wait_before(attempt: int) -> None:
    """Sleep a little before trying again, longer and more spread out each time, so that clients don't return in step."""
    time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311  spreads retries, keeps no secret
