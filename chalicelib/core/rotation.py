"""Making secrets anew (decisions 0011 and 0022). The session key and the key of passes change by themselves when they are old."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from chalicelib.core import aws, clock
from chalicelib.core.city_secrets import CURRENT, PASS_KEY, PENDING, SESSION_KEY, generated_secret
from chalicelib.core.names import secret_name
from chalicelib.core.settings import settings

TOKENS = uuid.UUID("6f1d2b1e-6c2f-4a53-9a0c-6f4d3c1f2a77")
"""The namespace of the ids by which Secrets Manager knows a version that is put twice."""

PREPARED_FOR = timedelta(days=1)
"""How long the next version lies ready before it is gone over to: longer than any process goes by what it read before."""

PASS_KEY_LIVES = timedelta(days=30)
"""How old the key of passes gets before the next one is made (design §7)."""


@dataclass(frozen=True)
class Version:
    """A version of a secret: its id, and when it was made (aware)."""

    version_id: str
    made_at: datetime


class Rotation:
    """Gives the city's session key and its key of passes new versions in time."""

    def renew_what_is_due(self) -> int:
        """Look at both keys, and return how many were renewed. May be done twice, and late."""
        return int(self.renew_session_key()) + int(self.renew_pass_key())

    def renew_session_key(self) -> bool:
        """Prepare the session key's next version once the present one is as old as the longest session, go over a day later.

        True if it went over. Every process knows the next version before anything is sealed under it, and the one before
        still opens what was sealed, so nobody is logged out.
        """
        age, prepared = _age(SESSION_KEY), prepared_version(SESSION_KEY)
        longest = timedelta(days=settings().city.sessions.days)
        if age < longest:
            return False
        if prepared is None:
            prepare(SESSION_KEY)
            return False
        return age >= longest + PREPARED_FOR and go_over(SESSION_KEY)

    def renew_pass_key(self) -> bool:
        """Make the next key of passes once the present one is 30 days old. By itself it is signed by a day later (`pass_keys`)."""
        return _age(PASS_KEY) >= PASS_KEY_LIVES and renew_now(PASS_KEY)


def _age(name: str) -> timedelta:
    """How long ago the present version of a secret was made; none at all if there is no such version."""
    present = version_of(name, CURRENT)
    return clock.now() - present.made_at if present else timedelta(0)


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
