"""A city with every kind of event source, so that each mechanism is proved whether or not a feature uses it yet."""

from dataclasses import replace

from infra.wiring import QueueSource, Schedule, Wiring

_OWN = Wiring()

WIRED = replace(
    _OWN,
    queues=(*_OWN.queues, QueueSource("errands", "registry_stream", batch_size=1)),
    schedules=(*_OWN.schedules, Schedule("midnight", "ledger_stream", "cron(0 0 * * ? *)")),
)
"""What the service wires, and a queue and a schedule beside it."""
