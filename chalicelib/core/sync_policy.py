"""The part of a city's policy that says how the nightly sync goes, and when it stops before it writes anything (R1.3, T-36)."""

from typing import Annotated

from pydantic import Field

from chalicelib.core.policy import Count, Policy

BrakeShare = Annotated[float, Field(gt=0, le=0.5)]


class Sync(Policy):
    """How the nightly sync goes."""

    abnormal_share: BrakeShare
    """The part of the city's people whom one night may turn abnormal; beyond it the run waits for an officer and an operator
    (T-36: 0.05)."""
    normal_share: Annotated[float, Field(gt=0, le=1)]
    """The part of those who are abnormal whom one night may turn normal; beyond it the run waits as well: a source that lost
    what it knew looks like one in which everybody is well (decision 33)."""
    garbage_share: BrakeShare
    """The part of what a source reports that may be unusable; beyond it the run waits as well (R-19: 0.01)."""
    least: Count
    """People, or unusable reports, up to which no share says anything: in a small city one person is a large share."""
    whole_days: Annotated[int, Field(ge=1, le=28)]
    """Days after which a source that offers changes is read whole again, so that what a change lost is found."""
    late_hours: Annotated[int, Field(ge=1, le=20)]
    """Hours after its begin at which a run that is not complete is told to the operators."""
