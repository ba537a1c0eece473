"""The command `reminders report`: what became of the reminders of each day."""

from collections.abc import Mapping

import typer

from chalicelib.core import clock, store
from chalicelib.groups.tables import ReminderReport
from chalicelib.groups.tables.reminders import REPORTS
from infra.cli.operating import FAILED, answer, operating

SHOWN = 30
"""Days that are shown."""

COUNTED = ("sent", "failed", "unreachable", "waiting", "restood", "missed")

reminders = typer.Typer(
    help="Reminders of what is overdue.",
    epilog="Exit codes: 0 nobody was missed; 1 on the latest day somebody was not looked at; 2 nothing was begun.",
    no_args_is_help=True,
)


@reminders.callback()
def _group() -> None:
    """Let `report` be a command of its own, as the only one there is."""


@reminders.command("report")
def report(context: typer.Context) -> None:
    """Say how many were told and how many were not, newest day first. It shows nothing of anybody."""
    with operating(context):
        page = store.query(ReminderReport, REPORTS, limit=SHOWN, newest_first=True)
        rows = [row for row in page.rows if row.expires_at > clock.now()]
    data = [{"day": row.segment, **{name: int(getattr(row, name)) for name in COUNTED}} for row in rows]
    lines = [", ".join([f"{one['day']}: {one['sent']} sent", *_rest(one)]) for one in data]
    answer(context, data, lines or ["Nobody was overdue on any day yet."])
    if data and data[0]["missed"]:
        raise typer.Exit(FAILED)


def _rest(one: Mapping[str, object]) -> list[str]:
    return [f"{one[name]} {name}" for name in COUNTED[1:] if one[name]]
