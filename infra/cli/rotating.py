"""The command `rotate-keys`: new versions of secrets, at once or in two steps."""

from typing import Annotated

import typer

from chalicelib.core import clock
from chalicelib.core.city_secrets import (
    CURRENT,
    HEALTH_SOURCE_KEY,
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

SHARED = {SMS_GATEWAY_KEY: "gateway", HEALTH_SOURCE_KEY: "source"}
"""Keys that somebody outside holds as well, and what they run."""

SOMEBODY_ELSE = "Somebody else, or the nightly job, changed {} at this moment. Look at it, then run this again."


def rotate_keys(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help=f"Which key: {' or '.join(SECRETS)}.")],
    leaked: Annotated[bool, typer.Option("--leaked", help="Forget what is held and what was prepared.")] = False,
    finish: Annotated[bool, typer.Option("--finish", help="Go over to the shared key that was handed over.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Give a key of the city a new version.

    session-key changes at once, and sessions that began before its present version was made end. With --leaked all sessions
    end, within a quarter of an hour. (About once in 30 days it changes by itself, and no session ends.)

    pass-key changes at once too, and is signed by from a day later. With --leaked what the leaked key signed is refused within a
    quarter of an hour, and people's phones fetch new passes. (Every 30 days it changes by itself.)

    sms-gateway-key is shared with the gateway's owner, and health-source-key with the source's, so they change in two steps:
    this command prepares a version, you hand it over, the other side accepts both, and --finish goes over to it. With --leaked
    another one is prepared.

    Exit codes: 0 done; 1 AWS refused, nothing was prepared, or somebody else did it at this moment; 2 nothing was begun.
    """
    if key not in SECRETS:
        fail(f"There is no key {key}; there are {' and '.join(SECRETS)}.", NOT_STARTED)
    if finish and (leaked or key not in SHARED):
        fail(f"--finish is for {' and '.join(SHARED)}, and goes alone.", NOT_STARTED)
    with operating(context) as city:
        if key in SHARED:
            _require_sharing(city, key)
            said = _finish(city, key, yes=yes) if finish else _prepare(city, key, leaked=leaked)
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


def _require_sharing(city: str, key: str) -> None:
    policy = settings().city
    if key == SMS_GATEWAY_KEY and policy.sms.sender != "http":
        fail(f"{city} sends its text messages over SNS; no gateway shares a key with it.", NOT_STARTED)
    if key == HEALTH_SOURCE_KEY and policy.health_source.kind != "http":
        fail(f"{city} asks no health source; nobody shares a key with it.", NOT_STARTED)


def _prepare(city: str, key: str, *, leaked: bool) -> str:
    leaked_version = prepared_version(key) if leaked else None
    if leaked_version is not None:
        discard(key)
    prepare(key, instead_of=leaked_version)
    return (
        f"A new version of {secret_name(city, key)} lies in Secrets Manager, labelled {PENDING}. Hand its text to the "
        f"{SHARED[key]}'s owner by a way that is safe; once the {SHARED[key]} accepts both, run this again with --finish."
    )


def _finish(city: str, key: str, *, yes: bool) -> str:
    if prepared_version(key) is None:
        fail("Nothing was prepared: run this without --finish first.")
    _ask(f"Does the {SHARED[key]} of {city} accept the new version already?", yes=yes)
    if not go_over(key):
        fail(SOMEBODY_ELSE.format(key))
    return f"{city} signs by the new version; until {MINUTES} minutes from now the {SHARED[key]} must accept both."


def _ask(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True)
