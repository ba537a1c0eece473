"""The part of a city's policy that says how alerts leave it, and when so many are due at once that somebody must look first."""

from typing import Annotated

from pydantic import Field

from chalicelib.core.policy import Count, Policy


class Alerts(Policy):
    """How alerts leave the city."""

    hold_above: Count
    """Alerts of one window that go out by themselves; those beyond wait for an operator (a wrong delivery of a source would
    otherwise frighten a city before anybody can stop it)."""
    window_minutes: Annotated[int, Field(ge=1, le=1_440)]
    """Length of that window in minutes, at most a day."""
    topics_max: Annotated[int, Field(ge=0, le=100_000)]
    """Organizations whose e-mail goes out by a topic of their own. An account has 100,000 topics (AWS: SNS quotas), which
    cities may share; organizations beyond it get their alerts as text messages."""
