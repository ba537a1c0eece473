"""How often, and how long apart, DynamoDB is asked again."""

import random
import time

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

STORAGE_ERRORS = (BotoCoreError, ClientError, PynamoDBException)
"""What a storage call may raise; for a user all of it means: try again in a moment."""

ROUNDS = 4
"""How often unprocessed keys and conflicting transactions are tried in all."""


def wait_before(attempt: int) -> None:
    """Sleep a little before trying again, longer and more spread out each time, so that clients don't return in step."""
    time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311  spreads retries, keeps no secret
