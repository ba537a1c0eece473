"""Making secrets anew (decision 0011). The session key changes by itself once it is as old as the longest session."""

import uuid
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from chalicelib.core import aws, clock
from chalicelib.core.city_secrets import CURRENT, SESSION_KEY, generated_secret
from chalicelib.core.names import secret_name
from chalicelib.core.settings import settings

TOKENS = uuid.UUID("6f1d2b1e-6c2f-4a53-9a0c-6f4d3c1f2a77")
"""The namespace of the ids by which Secrets Manager knows a version that is put twice."""


class Rotation:
    """Gives the city's session key a new version in time."""

    def renew_what_is_due(self) -> int:
        """Renew the session key if it is as old as the longest session. The number of secrets renewed.

        What was sealed under the version before opens until the next renewal, so nobody is logged out.
        """
        version, made_at = present_version(SESSION_KEY)
        longest = timedelta(days=settings().city.sessions.days)
        return int(clock.now() - made_at >= longest and put_version(SESSION_KEY, version, CURRENT))


def present_version(name: str) -> tuple[str, datetime]:
    """The id of a secret's present version, and when it was made."""
    answer = aws.secrets().get_secret_value(SecretId=secret_name(settings().city_name, name))
    return answer["VersionId"], answer["CreatedDate"]


def put_version(name: str, after: str, label: str) -> bool:
    """Put the version that follows the version `after` and give it a label. False if somebody else just did.

    The new version's id is made of the one that it follows, so two runs at once make one version, not two.
    """
    try:
        aws.secrets().put_secret_value(
            SecretId=secret_name(settings().city_name, name),
            ClientRequestToken=str(uuid.uuid5(TOKENS, f"{after}/{label}")),
            SecretString=generated_secret(),
            VersionStages=[label],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceExistsException":
            raise
        return False
    return True
