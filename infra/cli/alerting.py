"""The commands `alerts held`, `alerts release` and `alerts drop`: what an operator decides when too many were due at once."""

import typer

from chalicelib.alerts.breaker import Decision, Hold, NothingHeld, OtherDecision, end, present
from chalicelib.core import clock
from infra.cli.operating import FAILED, answer, fail, operating

alerts = typer.Typer(
    help="Alerts that are held because more were due at once than the city file allows ([alerts], hold_above).",
    epilog="Exit codes: 0 nothing is held, or what was decided is done; 1 alerts are held, or there was nothing to decide; "
    "2 nothing was begun.",
    no_args_is_help=True,
)


@alerts.command("held")
def show_held(context: typer.Context) -> None:
    """Say how many alerts are held, since when, and of how many organizations. It shows nothing of anybody."""
    with operating(context):
        hold = present()
    if hold is None:
        answer(context, {"held": 0}, ["No alerts are held."])
        return
    answer(context, _data(hold), [_line(hold)])
    raise typer.Exit(FAILED)


@alerts.command("release")
def release(context: typer.Context) -> None:
    """Let all held alerts go out, and new ones with them. Stopped midway, the same command goes on."""
    _end(context, Decision.RELEASE, "go out now")


@alerts.command("drop")
def drop(
    context: typer.Context,
    yes: bool = typer.Option(False, "--yes", help="Don't ask."),
) -> None:
    """End all held alerts unsent; new ones go out again. Their organizations see that they were dropped."""
    if not yes:
        typer.confirm("Nobody will be told of these changes by an alert. Drop them?", abort=True)
    _end(context, Decision.DROP, "were dropped")


def _end(context: typer.Context, decision: Decision, what: str) -> None:
    with operating(context):
        try:
            done = end(decision)
        except NothingHeld:
            fail("No alerts are held.", FAILED)
        except OtherDecision:
            fail("These alerts are being dealt with by the other decision; let that command come to its end.", FAILED)
    answer(context, {"decision": decision.value, "alerts": done}, [f"{done} alerts {what}."])


def _data(hold: Hold) -> dict[str, object]:
    since = clock.iso(hold.since) if hold.since else None
    return {"held": hold.alerts, "organizations": hold.organizations, "since": since}


def _line(hold: Hold) -> str:
    since = f" since {clock.iso(hold.since)}" if hold.since else ""
    return f"{hold.alerts} alerts of {hold.organizations} organizations are held{since}. Decide: alerts release, or alerts drop."
