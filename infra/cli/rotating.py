"""The command `rotate-keys`: new versions of secrets, at once or in two steps."""

from typing import Annotated

import typer

from chalicelib.core import clock
from chalicelib.core.city_secrets import (
    CURRENT,
    HELD_SECONDS,
    PASS_KEY,
    PENDING,
    PREVIOUS,
    SECRETS,
    SESSION_KEY,
    SMS_GATEWAY_KEY,
)
from chalicelib.core.names import secret_name
from chalicelib.core.rotation import discard, go_over, prepare, prepared_version, renew_now, version_of
from chalicelib.core.settings import settings
from infra.cli.operating import NOT_STARTED, answer, fail, operating

MINUTES = HELD_SECONDS // 60
SOMEBODY_ELSE = "Somebody else, or the nightly job, changed {} at this moment. Look at it, then run this again."


def rotate_keys(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help=f"Which key: {' or '.join(SECRETS)}.")],
    leaked: Annotated[bool, typer.Option("--leaked", help="Forget what is held and what was prepared.")] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="Go over to the gateway's key that was handed over.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Give a key of the city a new version.

    session-key changes at once, and sessions that began before its present version was made end. With --leaked all sessions
    end, within a quarter of an hour. (About once in 30 days it changes by itself, and no session ends.)

    pass-key changes at once too, and is signed by from a day later. With --leaked what the leaked key signed is refused within a
    quarter of an hour, and people's phones fetch new passes. (Every 30 days it changes by itself.)

    sms-gateway-key is shared with the gateway's owner, so it changes in two steps: this command prepares a version, you hand
    it over, the gateway accepts both, and --finish goes over to it. With --leaked another one is prepared.

    Exit codes: 0 done; 1 AWS refused, nothing was prepared, or somebody else did it at this moment; 2 nothing was begun.
    """
    if key not in SECRETS:
        fail(f"There is no key {key}; there are {' and '.join(SECRETS)}.", NOT_STARTED)
    if finish and (leaked or key != SMS_GATEWAY_KEY):
        fail(f"--finish is for {SMS_GATEWAY_KEY}, and goes alone.", NOT_STARTED)
    with operating(context) as city:
        if key == SMS_GATEWAY_KEY:
            _require_gateway(city)
            said = _finish(city, yes=yes) if finish else _prepare(city, leaked=leaked)
        elif key == PASS_KEY:
            said = _forget_passes(city, yes=yes) if leaked else _renew_passes(city, yes=yes)
        else:
            said = _forget(city, yes=yes) if leaked else _renew(city, yes=yes)
    answer(context, {"city": city, "key": key, "done": True}, [said])


def _renew(city: str, *, yes: bool) -> str:
    present = version_of(SESSION_KEY, CURRENT)
    began = clock.iso(present.made_at) if present else "now"
    _ask(f"End the sessions of {city} that began before {began}?", yes=yes)
    _renew_once(SESSION_KEY)
    return f"{city} seals sessions under a new key. What was sealed since {began} opens still, until the next renewal."


def _forget(city: str, *, yes: bool) -> str:
    _ask(f"End all sessions of {city}?", yes=yes)
    _replace_all(SESSION_KEY)
    return f"{city} forgot its session keys: within {MINUTES} minutes everybody must log in again."


def _renew_passes(city: str, *, yes: bool) -> str:
    _ask(f"Make a new key for the passes of {city}?", yes=yes)
    _renew_once(PASS_KEY)
    return f"{city} publishes a new key of passes and signs by it in a day; the one before stays published for three days more."


def _forget_passes(city: str, *, yes: bool) -> str:
    _ask(f"Refuse every pass of {city} that was signed until now?", yes=yes)
    _replace_all(PASS_KEY)
    return f"{city} forgot its keys of passes: within {MINUTES} minutes what they signed is refused; verifiers fetch the new ones."


def _replace_all(key: str) -> None:
    """Renew twice, and look that nothing of what was held before is left: a leaked key counts as long as it is the one before."""
    before = {found for label in (CURRENT, PREVIOUS, PENDING) if (found := version_of(key, label))}
    discard(key)
    _renew_once(key)
    _renew_once(key)
    after = {version_of(key, label) for label in (CURRENT, PREVIOUS, PENDING)}
    if before & after:
        fail(SOMEBODY_ELSE.format(key))


def _renew_once(key: str) -> None:
    if not renew_now(key):
        fail(SOMEBODY_ELSE.format(key))


def _require_gateway(city: str) -> None:
    if settings().city.sms.sender != "http":
        fail(f"{city} sends its text messages over SNS; no gateway shares a key with it.", NOT_STARTED)


def _prepare(city: str, *, leaked: bool) -> str:
    leaked_version = prepared_version(SMS_GATEWAY_KEY) if leaked else None
    if leaked_version is not None:
        discard(SMS_GATEWAY_KEY)
    prepare(SMS_GATEWAY_KEY, instead_of=leaked_version)
    return (
        f"A new version of {secret_name(city, SMS_GATEWAY_KEY)} lies in Secrets Manager, labelled {PENDING}. Hand its text to the "
        "gateway's owner by a way that is safe; once the gateway accepts both, run this again with --finish."
    )


def _finish(city: str, *, yes: bool) -> str:
    if prepared_version(SMS_GATEWAY_KEY) is None:
        fail("Nothing was prepared: run this without --finish first.")
    _ask(f"Does the gateway of {city} accept the new version already?", yes=yes)
    if not go_over(SMS_GATEWAY_KEY):
        fail(SOMEBODY_ELSE.format(SMS_GATEWAY_KEY))
    return f"{city} signs by the new version; until {MINUTES} minutes from now the gateway must accept both."


def _ask(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True)
