"""The part of a city's policy that says what it takes of an AWS account."""

from typing import Annotated

from pydantic import Field

from chalicelib.core.policy import Count, Policy


class Concurrency(Policy):
    """How many copies of each function run at a time, reserved: no other city's function can take them, nor get more.

    A function that works off a stream needs a copy for each shard, four of a new table, and for each of its queues as many
    as the queue calls at a time, two unless its wiring says more. With fewer, calls are refused, and a message whose call
    was refused five times is parked though nothing is wrong with it.
    """

    api_handler: Count
    """All routes. Each copy answers 20 to 50 requests a second."""
    checkins_stream: Count
    """Check-ins into numbers and early warnings; a copy per shard is all that ever runs."""
    ledger_stream: Count
    """Disclosures into access logs, and sweeps; a copy per shard and two for retries are all that ever run."""
    members_stream: Count
    """Changes of members into numbers; a copy per shard is all that ever runs."""
    people_stream: Count
    """Changes of status into history, snapshots and alerts; a copy per shard and two for retries are all that ever run."""
    registry_stream: Count
    """Facts into snapshots; a copy per shard and two for retries are all that ever run."""
    worker: Count
    """Long work, slice by slice; two copies are all that the queue `work` calls."""
    review: Count
    """The nightly look at statuses whose window closed; one copy is all that ever runs."""
    sync: Count
    """What begins the nightly sync and sees that it ends; one copy is all that ever runs."""
    sync_worker: Count
    """Pieces of the nightly sync; eight copies are all that the queue `sync_pieces` calls."""
    visits_sweep: Count
    """The nightly removal of check-ins that are over; one copy is all that ever runs."""
    retention: Count
    """The nightly removal of what else is past its time; one copy is all that ever runs."""
    alerts_sender: Count
    """Alerts to whom they concern; two copies are all that the queue `alerts` calls."""
    rotate_keys: Count
    """The nightly look at the session key; one copy is all that ever runs."""
    reminders: Count
    """The look at who is to be reminded; one copy is all that ever runs."""
    reminders_worker: Count
    """Reminders, member by member; two copies are all that the queue `due_members` calls."""


class Capacity(Policy):
    """What the city takes of an account that it may share with others (threats, fact 10: quotas are per account)."""

    requests_per_second: Count
    """Requests that API Gateway lets through in the long run; beyond them it answers 429 with Retry-After."""
    burst: Count
    """Requests that may come at once on top (a token bucket's size)."""
    address_requests: Annotated[int, Field(ge=100, le=2_000_000_000)]
    """Requests of one network address in five minutes, where the region has a firewall. Carriers put thousands of phones
    behind one address, so this stops floods, not people."""
    concurrency: Concurrency
