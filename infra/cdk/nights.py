"""What the jobs of each day did, as metrics: read from their own lines in the log."""

from chalicelib.core.log import Event
from chalicelib.groups.service.reminding import PURPOSE
from infra.cdk.counts import Count

COUNTS = {
    "People synced": Count(
        "jobs.people_synced",
        ("sync", "sync_worker"),
        f'{{ $.event = "{Event.SYNC_DONE.value}" }}',
        "$.count",
    ),
    "Reminders sent": Count(
        "jobs.reminders_sent",
        ("reminders_worker",),
        f'{{ $.event = "{Event.SMS_SENT.value}" && $.purpose = "{PURPOSE}" }}',
    ),
    "Rows removed": Count(
        "jobs.rows_removed",
        ("retention", "visits_sweep"),
        f'{{ $.event = "{Event.JOB_DONE.value}" }}',
        "$.count",
    ),
}
"""What charts show of the jobs, a day at a time: one that falls to nothing is a job that did nothing."""
