"""When the jobs of a city are due: EventBridge Scheduler's expressions, read in the city's own time zone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aws_croniter import AwsCroniter

from infra.wiring import Schedule


def next_run(schedule: Schedule, zone: str, after: datetime) -> datetime:
    """The first moment behind `after` at which a schedule fires, in UTC.

    The expression is matched against wall-clock time, as Scheduler does; a time that a clock change skips fires at the
    same distance from midnight. Raises ValueError for an expression that never fires again.
    """
    expression = schedule.cron.removeprefix("cron(").removesuffix(")")
    wall = after.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    found: datetime | None = AwsCroniter(expression).get_next(wall)[0]
    if found is None:
        raise ValueError(f"{schedule.name} is never due again")
    return found.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


class Timetable:
    """Which jobs have come due since somebody last asked."""

    def __init__(self, schedules: Sequence[Schedule], zone: str, since: datetime) -> None:
        """Take the schedules, the city's time zone, and the moment from which on jobs are due."""
        self._schedules, self._zone, self._since = schedules, zone, since

    def due(self, now: datetime) -> list[Schedule]:
        """The jobs that fired since the last call, each once, however often it would have fired."""
        due = [job for job in self._schedules if next_run(job, self._zone, self._since) <= now]
        self._since = max(self._since, now)
        return due
