"""The command `rotate-keys`: new versions of secrets, at once or in two steps."""

from typing import Annotated

import typer
from botocore.exceptions import ClientError

from chalicelib.core import aws, clock
from chalicelib.core.city_secrets import CURRENT, HELD_SECONDS, PENDING, SESSION_KEY, SMS_GATEWAY_KEY
from chalicelib.core.names import secret_name
from chalicelib.core.rotation import present_version, put_version
from infra.cli.operating import NOT_STARTED, answer, fail, operating

KEYS = (SESSION_KEY, SMS_GATEWAY_KEY)


def rotate_keys(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help=f"Which key: {' or '.join(KEYS)}.")],
    finish: Annotated[bool, typer.Option("--finish", help="Go over to what was prepared and handed over.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Give a key of the city a new version.

    session-key changes at once. Sessions that began before its present version was made end. After a leak do it twice: then
    all sessions end, within a quarter of an hour. (Once in 30 days it changes by itself, and no session ends.)

    sms-gateway-key is shared with the gateway's owner, so it changes in two steps: this command prepares a version, you hand
    it over, the gateway accepts both, and --finish goes over to it.

    Exit codes: 0 done; 1 AWS refused, or nothing was prepared; 2 nothing was begun.
    """
    if key not in KEYS or (finish and key == SESSION_KEY):
        fail(f"Keys are {' and '.join(KEYS)}; --finish is for {SMS_GATEWAY_KEY}.", NOT_STARTED)
    with operating(context) as city:
        said = _rotated(city, key, finish=finish, yes=yes)
    answer(context, {"city": city, "key": key, "done": True}, [said])


def _rotated(city: str, key: str, *, finish: bool, yes: bool) -> str:
    if key == SESSION_KEY:
        return _renew(city, yes=yes)
    return _finish(city, yes=yes) if finish else _prepare(city)


def _renew(city: str, *, yes: bool) -> str:
    version, made_at = present_version(SESSION_KEY)
    _ask(f"End the sessions of {city} that began before {clock.iso(made_at)}?", yes=yes)
    put_version(SESSION_KEY, version, CURRENT)
    return f"{city} seals sessions under a new key; no process goes by the old ones in {HELD_SECONDS // 60} minutes."


def _prepare(city: str) -> str:
    secret_id = secret_name(city, SMS_GATEWAY_KEY)
    if _prepared(secret_id) is None:
        version, _ = present_version(SMS_GATEWAY_KEY)
        put_version(SMS_GATEWAY_KEY, version, PENDING)
    return (
        f"A new version of {secret_id} lies in Secrets Manager, labelled {PENDING}. Hand its text to the gateway's owner by a "
        "way that is safe; once the gateway accepts both, run this again with --finish."
    )


def _finish(city: str, *, yes: bool) -> str:
    secret_id = secret_name(city, SMS_GATEWAY_KEY)
    if (prepared := _prepared(secret_id)) is None:
        fail("Nothing was prepared: run this without --finish first.")
    _ask(f"Does the gateway of {city} accept the new version already?", yes=yes)
    present, _ = present_version(SMS_GATEWAY_KEY)
    client = aws.secrets()
    client.update_secret_version_stage(
        SecretId=secret_id, VersionStage=CURRENT, MoveToVersionId=prepared, RemoveFromVersionId=present
    )
    client.update_secret_version_stage(SecretId=secret_id, VersionStage=PENDING, RemoveFromVersionId=prepared)
    return f"{city} signs by the new version; until {HELD_SECONDS // 60} minutes from now the gateway must accept both."


def _prepared(secret_id: str) -> str | None:
    """The id of the version that was prepared, if there is one."""
    try:
        return aws.secrets().get_secret_value(SecretId=secret_id, VersionStage=PENDING)["VersionId"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None


def _ask(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True)
