"""Making secrets anew (decision 0011). The session key changes by itself once it is older than the longest session."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from chalicelib.core import aws, clock
from chalicelib.core.city_secrets import CURRENT, PENDING, SESSION_KEY, generated_secret
from chalicelib.core.names import secret_name
from chalicelib.core.settings import settings

TOKENS = uuid.UUID("6f1d2b1e-6c2f-4a53-9a0c-6f4d3c1f2a77")
"""The namespace of the ids by which Secrets Manager knows a version that is put twice."""

PREPARED_FOR = timedelta(days=1)
"""How long the next version lies ready before it is gone over to: longer than any process goes by what it read before."""


@dataclass(frozen=True)
class Version:
    """A version of a secret: its id, and when it was made (aware)."""

    version_id: str
    made_at: datetime


class Rotation:
    """Gives the city's session key a new version in time."""

    def renew_what_is_due(self) -> int:
        """Prepare the session key's next version once the present one is as old as the longest session, go over a day later.

        Returns how many secrets were renewed. Every process knows the next version before anything is sealed under it, and
        the one before still opens what was sealed, so nobody is logged out. May be done twice, and late.
        """
        present, prepared = version_of(SESSION_KEY, CURRENT), prepared_version(SESSION_KEY)
        age = clock.now() - (present.made_at if present else clock.now())
        longest = timedelta(days=settings().city.sessions.days)
        if present is None or age < longest:
            return 0
        if prepared is None:
            prepare(SESSION_KEY)
            return 0
        return int(age >= longest + PREPARED_FOR and go_over(SESSION_KEY))


def version_of(name: str, label: str) -> Version | None:
    """The version of a secret that has a label, if there is one."""
    try:
        found = aws.secrets().get_secret_value(SecretId=secret_name(settings().city_name, name), VersionStage=label)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException" or label == CURRENT:
            raise
        return None
    return Version(found["VersionId"], found["CreatedDate"])


def prepared_version(name: str) -> Version | None:
    """The version that lies ready to be gone over to. The label stays on a version for a while after that, and counts no more."""
    pending = version_of(name, PENDING)
    present = version_of(name, CURRENT)
    return None if pending is None or pending == present else pending


def prepare(name: str, instead_of: Version | None = None) -> None:
    """Make the next version of a secret, and go on with the present one. What lies ready already stays.

    `instead_of` is a version that was discarded, for the next one must have another id than that.
    """
    if prepared_version(name) is None:
        discard(name)
        _put(name, PENDING, instead_of)


def discard(name: str) -> None:
    """Forget the version that lies ready, if one does; take the label off a version that was gone over to."""
    if (pending := version_of(name, PENDING)) is not None:
        _label(name, PENDING, taken_from=pending)


def go_over(name: str) -> bool:
    """Go over to the version that lies ready. False if none does, or somebody else just did."""
    prepared, present = prepared_version(name), version_of(name, CURRENT)
    if prepared is None or present is None:
        return False
    try:
        _label(name, CURRENT, taken_from=present, given_to=prepared)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidParameterException":
            raise
        return False
    return True


def renew_now(name: str) -> bool:
    """Put a new version in the place of the present one at once. False if somebody else just did."""
    return _put(name, CURRENT)


def _put(name: str, label: str, instead_of: Version | None = None) -> bool:
    """Put a new version with a label. Its id is made of those that it follows, so two runs at once make one version."""
    follows = [found.version_id for found in (version_of(name, CURRENT), instead_of) if found is not None]
    token = uuid.uuid5(TOKENS, "/".join([*follows, label]))
    try:
        aws.secrets().put_secret_value(
            SecretId=secret_name(settings().city_name, name),
            ClientRequestToken=str(token),
            SecretString=generated_secret(),
            VersionStages=[label],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceExistsException":
            raise
        return False
    return True


def _label(name: str, label: str, taken_from: Version, given_to: Version | None = None) -> None:
    given = {} if given_to is None else {"MoveToVersionId": given_to.version_id}
    aws.secrets().update_secret_version_stage(
        SecretId=secret_name(settings().city_name, name),
        VersionStage=label,
        RemoveFromVersionId=taken_from.version_id,
        **given,
    )
